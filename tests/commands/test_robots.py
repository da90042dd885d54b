"""Robots from the command line: what each returns, to the letter (C-09, S-170 to S-178)."""

from __future__ import annotations

import pytest

from tests.commands.conftest import Program, Shell

pytestmark = pytest.mark.usefixtures("bound")


@pytest.mark.req("S-172", part="phones and chat ids by comma and semicolon, each once")
@pytest.mark.req("S-175", part="from the command line")
def test_everybody_gets_the_message_once_and_the_result_names_each_as_the_form_says(
    chatapp: Shell, program: Program
) -> None:
    said = chatapp.run(
        "robot", "run", "send-message", "--phone", "8 (900) 000-00-01; +79000000002, 79000000001", "--message", "Готово"
    )
    assert (said.code, said.err) == (0, "")
    assert said.rows == [["status", "Y"], ["detail", "79000000001:Y; 79000000002:Y"], ["timeout", "1"]]
    assert program.heard == []

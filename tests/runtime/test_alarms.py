"""How people are told of alarms."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chatapp_cli.domain.text import T
from chatapp_cli.runtime import alarms


def test_the_command_gets_the_words_on_its_input_and_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATAPP_SECRET_KEY", "hush")
    said = tmp_path / "said"
    assert alarms.shout(f"sh -c 'cat > {said}; env >> {said}'", T("The disk of {name} is full.", name="shop"))
    words = said.read_text()
    assert words.startswith("The disk of shop is full.\n")
    assert f"PATH={os.environ['PATH']}" in words
    assert "hush" not in words


@pytest.mark.parametrize("command", ["", "false", "/nowhere/at-all", "'unfinished"])
def test_a_command_that_fails_is_said_and_raises_nothing(command: str) -> None:
    assert not alarms.shout(command, T("The disk is full."))

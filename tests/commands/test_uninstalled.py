"""A channel whose package was uninstalled is named with the next step, and stops no other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands.conftest import Shell, Write

WHY = "The package of this kind of channel is not installed."
STEP = "Install it again and restart the daemon, or unbind the channel."


@pytest.fixture
def uninstalled(chatapp: Shell, home: Path, client_writes: Write) -> None:
    """A dialog in a channel of a kind that nobody knows any more."""
    client_writes("Здравствуйте")
    with closing(sqlite3.connect(home / "main" / "chatapp.db")) as connection:
        connection.execute("UPDATE channel SET kind = 'pigeon', health = 'ok'")
        connection.commit()


@pytest.mark.usefixtures("uninstalled")
def test_line_show_and_doctor_call_it_unhealthy_and_say_what_to_do(chatapp: Shell) -> None:
    said = chatapp("line", "show").out
    assert f"{WHY} (pigeon)" in said
    assert STEP in said
    (channel,) = chatapp("line", "show", "--json").json["channels"]
    assert (channel["health"], channel["health_code"], channel["source_id"]) == ("misconfigured", "not_installed", 0)
    found = chatapp.run("doctor", "--json").json
    (finding,) = [one for one in found if one["name"].startswith("channel ")]
    assert (finding["ok"], finding["next_step"]) == (False, STEP)
    assert WHY in finding["what"]


@pytest.mark.usefixtures("uninstalled")
@pytest.mark.parametrize("to", ["client-7", "+79160000001"])
def test_what_is_sent_to_it_is_refused_with_the_reason(chatapp: Shell, to: str) -> None:
    said = chatapp.run("send", to, "--channel", "pigeon", "--text", "Да")
    assert (said.code, said.out) == (1, "")
    assert said.err == f"{WHY}\n→ {STEP}\n"


@pytest.mark.usefixtures("uninstalled")
def test_its_dialogs_are_still_read_and_it_may_be_unbound(chatapp: Shell) -> None:
    assert "Здравствуйте" in chatapp("dialog", "list").out
    assert "Здравствуйте" in chatapp("dialog", "show", "1").out
    chatapp("line", "unbind", "1", "--force")
    assert chatapp("line", "show", "--json").json["channels"] == []

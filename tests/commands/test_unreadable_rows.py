"""Rows of the journal that cannot be read hide no other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands.conftest import Shell, Write


@pytest.mark.parametrize("data", ["null", "{", '{"until": "soon", "name": 5, "to": []}', '{"state": []}'])
def test_rows_that_cannot_be_read_are_shown_as_stored_and_hide_no_other(
    chatapp: Shell, home: Path, client_writes: Write, data: str
) -> None:
    client_writes("Здравствуйте")
    with closing(sqlite3.connect(home / "main" / "chatapp.db")) as connection:
        columns = "at, topic, actor, channel_id, dialog_id, message_id, data"
        for topic in ("channel.paused", "dialog.changed", "message.state", "message.out"):
            connection.execute(
                f"INSERT INTO journal ({columns}) VALUES (1, ?, '', 1, 1, 1, ?)",
                (topic, data),
            )
        connection.commit()
    for said in (chatapp("tail", "--after", 0), chatapp("trace", 1)):
        assert said.out.count("1970-01-01") == 4
    assert chatapp("tail", "--after", 0, "--json").out.count('"message.out"') == 1

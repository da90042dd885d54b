"""A store, settings, keys and a login of the version before: revision 0005, when the journal was written as strings."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from chatapp_cli.store import migrate
from chatapp_cli.store.database import driver_for
from tests.commands.conftest import Shell
from tests.commands.process import PROGRAM

JOURNAL = [line.split("\t") for line in Path(__file__).with_name("older_journal.tsv").read_text("utf-8").splitlines()]
"""Every row that it wrote: topic, what it is about (channel, dialog, message), data, and the words for it today."""

SETTINGS: Mapping[str, str | int] = {
    "company": "main",
    "company_name": "Лавка",
    "database_url": "",
    "secret_key": "",
    "lang": "en",
    "operator": "Ольга",
    "theme": "contrast",
    "keymap": "plain",
    "plain": "on",
    "notify": "both",
    "notify_text": "on",
    "quiet": "22:00-08:00",
    "spelling": "off",
    "pictures": "halfcells",
    "joined": "on",
    "undo_send": 7,
    "http_host": "127.0.0.1",
    "http_port": 0,
    "web": "on",
    "web_windows": 3,
    "web_idle": 30,
    "view": "unread",
    "log_level": "debug",
    "transcribe_command": "cat {file}",
    "transcribe_seconds": 99,
    "support": "Пётр, +7 900 000-00-00",
}
"""Every setting that it knew, apart from ``home``."""

KEYS = """
"inbox.deed('pin')" = "ctrl+b"
"transcript.message('edit')" = "f24"
"app.page('operators')" = ["g a", "f23"]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "main"
    folder.mkdir(parents=True)
    migrate.upgrade(driver_for(f"sqlite:///{folder}/chatapp.db"), "0005")
    with closing(sqlite3.connect(folder / "chatapp.db")) as connection:
        connection.executescript(Path(__file__).with_name("older_store.sql").read_text("utf-8"))
        connection.executemany(
            "INSERT INTO journal (at, topic, actor, channel_id, dialog_id, message_id, data)"
            " VALUES (1795943000000, ?, 'Ольга', ?, ?, ?, ?)",
            [(topic, *_numbers(about), data) for topic, about, data, _told in JOURNAL],
        )
        connection.commit()
    return tmp_path / "home"


def _numbers(about: str) -> tuple[int | None, int | None, int | None]:
    """The channel, the dialog and the message of a row."""
    return 1 if "c" in about else None, 1 if "d" in about else None, 2 if "m" in about else None


def test_tail_tells_every_row_in_words_and_prints_it_as_it_was_written(chatapp: Shell) -> None:
    target = chatapp("tail", "--after", 0)
    assert [line.split("\t")[1][len("2026-11-29 09:03 ") :] for line in target.out.splitlines()] == [
        f"{'[1] ' if 'd' in about else ''}{told} (Ольга)" for _topic, about, _data, told in JOURNAL
    ]
    entries = [json.loads(line) for line in chatapp("tail", "--after", 0, "--json").out.splitlines()]
    assert [(one["topic"], one["channel"], one["dialog"], one["message"], one["data"]) for one in entries] == [
        (topic, *_numbers(about), json.loads(data or "{}")) for topic, about, data, _told in JOURNAL
    ]


def test_whoever_opens_it_first_is_told_how_far_the_migration_is_and_nobody_afterwards(chatapp: Shell) -> None:
    steps = int(migrate.HEAD) - 5
    assert chatapp("whoami").err.splitlines() == [
        "The store is brought up to date; it stays locked meanwhile.",
        *(f"Step {n} of {steps} is done." for n in range(1, steps + 1)),
    ]
    assert chatapp("whoami").err == ""


def test_an_older_store_that_may_only_be_read_is_not_said_to_be_brought_up_to_date(
    env: Mapping[str, str], home: Path
) -> None:
    store = home / "main" / "chatapp.db"
    store.chmod(0o444)
    bound = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    words = [*bound, *PROGRAM, "whoami"]
    said = subprocess.run(words, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert "brought up to date" not in said.stderr
    assert said.stderr.count("→") == 1, said.stderr


def test_trace_tells_the_rows_of_a_message_among_its_attempts(chatapp: Shell) -> None:
    lines = [line[len("2026-11-29 09:03  ") :] for line in chatapp("trace", 2).out.splitlines()]
    told = [told for _topic, about, _data, told in JOURNAL if "m" in about]
    assert lines[-len(told) - 2 :] == [
        "Attempt 1: sending began",
        *(f"{one} Ольга" for one in told),
        "Attempt 1: done <2@shop.example.org>",
    ]
    news = chatapp("trace", 2, "--json").json["news"]
    assert [(one["topic"], one["data"]) for one in news] == [(one[0], one[2]) for one in JOURNAL if "m" in one[1]]


def test_a_stored_reason_is_said_in_the_language_of_whoever_reads_it(chatapp: Shell) -> None:
    assert "VK Notify передаёт только одобренные шаблоны." in chatapp("trace", 2, CHATAPP_LANG="ru").out


def test_what_was_put_off_waits_on_and_can_be_changed(chatapp: Shell) -> None:
    (snoozed,) = chatapp("dialog", "list", "--snoozed", "--json").json
    assert (snoozed["name"], snoozed["snoozed_until"]) == ("Анна Белова", "2100-01-01T00:00:00.000Z")
    (waiting,) = chatapp("outbox", "list", "--json").json
    assert (waiting["message"], waiting["goes_at"]) == (3, "2100-01-01T00:00:00.000Z")
    chatapp("outbox", "edit", 3, "--at", "now")
    assert chatapp("message", "show", 3, "--json").json["state"] == "queued"
    assert chatapp("reply", 1, "--text", "Отложила серый.", "--wait", 0).rows == [["4"]]


def test_options_of_a_channel_are_read_as_before(chatapp: Shell) -> None:
    (channel,) = chatapp("line", "show", "--json").json["channels"]
    assert channel["settings"] == {
        "service": "custom",
        "address": "desk@shop.example.org",
        "sender_name": "Ёлочный базар",
        "group_by_subject": "on",
    }


def test_who_had_logged_in_still_is_and_has_no_further_rights(chatapp: Shell, tmp_path: Path) -> None:
    (tmp_path / "session-main").write_text("token", "utf-8")
    known = chatapp("whoami", "--json").json
    told = {key: known[key] for key in ("name", "account", "lines", "only_own", "owner")}
    assert told == {"name": "Пётр", "account": True, "lines": ["Розница"], "only_own": False, "owner": False}
    assert known["attendance"]["state"] == "there"
    assert chatapp.run("line", "add", "Опт").err.startswith("Пётр may not add, rename and remove lines.\n")


def test_every_setting_is_read_from_the_file(env: Mapping[str, str], tmp_path: Path) -> None:
    written = {"home": env["CHATAPP_HOME"], **SETTINGS}
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in written.items()]
    Path(env["CHATAPP_CONFIG"]).write_text("\n".join(lines), "utf-8")
    found = Shell({"CHATAPP_CONFIG": env["CHATAPP_CONFIG"]})("config", "list", "--json").json
    assert {name: found[name]["value"] for name in written} == written
    assert {found[name]["source"] for name in written} == {"file"}


def test_keys_of_ones_own_are_understood(chatapp: Shell, tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text(KEYS, "utf-8")
    assert chatapp("keys", "check", "--json").json["faults"] == []
    found = {one["action"]: one["keys"] for one in chatapp("keys", "list", "--json").json}
    assert [found[one] for one in ("inbox.deed('pin')", "transcript.message('edit')", "app.page('operators')")] == [
        ["ctrl+b"],
        ["f24"],
        ["g a", "f23"],
    ]

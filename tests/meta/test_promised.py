"""Strings that stored rows, programs, monitors and people's own files know stay as they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.journal.base import Unknown
from chatapp_cli.domain.journal.reading import read
from chatapp_cli.settings import load
from chatapp_cli.tui.keys.remapping import keymap
from scripts import promised
from tests.meta.prose import slip

RENAMED: Sequence[tuple[str, str, str]] = (
    ("command", "chatapp rule test --known", "chatapp rule test --wrote-before"),
)
"""Kind, old and new spelling of what was renamed and is understood in both for one version."""


def test_every_string_that_leaves_the_process_is_as_it_was_written_down() -> None:
    now = promised.strings()
    assert promised.recorded() == sorted(promised.recorded())
    assert promised.difference(promised.recorded(), now) == [], "run: make promised, if it was meant"


@pytest.mark.parametrize(
    "one",
    [
        "action inbox.deed('pin')",
        "channel email field imap_host",
        "code blocked",
        "column outbox not_before",
        "command chatapp send --to-file",
        "environment CHATAPP_SECRET_KEY",
        "errand create_group title members",
        "event message.state code state",
        "crm amocrm field client_secret",
        "exit 4 NeedsRebind",
        "file secret.key",
        "finding daemon",
        "group chatapp.connectors",
        "log daemon.started http store",
        "manifest capabilities max_text",
        "metric chatapp_worker_up{worker}",
        "option line undo_send",
        "setting theme=contrast",
        "sheet column keywords",
        "stored MessageEdited at by ext_id from_us peer_key text",
        "stored object answers bcc buttons called cc edits files reply_to subject text",
        "values in|out",
        "web route /healthz",
        "worker relay",
    ],
)
def test_each_kind_of_string_is_among_them(one: str) -> None:
    assert one in promised.recorded()


def test_what_vanished_and_what_appeared_is_named() -> None:
    found = promised.difference(["action inbox.pin", "file secret.key"], ["action inbox.stick", "file secret.key"])
    assert found == ["vanished: action inbox.pin", "appeared: action inbox.stick"]


def _same_action(old: str, new: str, tmp_path: Path) -> bool:
    file = tmp_path / "keys.toml"
    file.write_text(f"\"{old}\" = 'f24'", "utf-8")
    found = keymap("vim", file)
    return not found.faults and [a.id for g in found.groups for a in g.actions if list(a.keys) == ["f24"]] == [new]


def _same_command(old: str, new: str, tmp_path: Path) -> bool:
    return not slip(old.split()[1:]) and not slip(new.split()[1:])


def _same_setting(old: str, new: str, tmp_path: Path) -> bool:
    file = tmp_path / "config.toml"
    file.write_text(f'{old} = "7"', "utf-8")
    try:
        return str(getattr(load(env={"CHATAPP_CONFIG": str(file)}).settings, new)) == "7"
    except UsageError:
        return False


def _same_variable(old: str, new: str, tmp_path: Path) -> bool:
    settings = load(env={"CHATAPP_CONFIG": str(tmp_path / "none"), old: "7"}).settings
    return str(getattr(settings, new.removeprefix("CHATAPP_").lower())) == "7"


def _same_event(old: str, new: str, tmp_path: Path) -> bool:
    topic, *keys = old.split()
    event = read(topic, None, None, None, json.dumps(dict.fromkeys(keys, 1)))
    return not isinstance(event, Unknown) and event.topic == new.partition(" ")[0]


UNDERSTOOD: Mapping[str, Callable[[str, str, Path], bool]] = {
    "action": _same_action,
    "command": _same_command,
    "environment": _same_variable,
    "event": _same_event,
    "setting": _same_setting,
}


def test_what_was_renamed_is_understood_in_both_spellings(tmp_path: Path) -> None:
    assert [one for one in RENAMED if not UNDERSTOOD[one[0]](*one[1:], tmp_path)] == []
    assert not {f"{kind} {old}" for kind, old, _new in RENAMED} & set(promised.recorded())


@pytest.mark.parametrize(
    ("kind", "spelling"),
    [
        ("action", "inbox.deed('pin')"),
        ("command", "chatapp send --to-file"),
        ("environment", "CHATAPP_UNDO_SEND"),
        ("event", "line.added name"),
        ("setting", "undo_send"),
    ],
)
def test_a_spelling_that_is_not_understood_is_found_out(kind: str, spelling: str, tmp_path: Path) -> None:
    assert UNDERSTOOD[kind](spelling, spelling, tmp_path)
    strange = spelling.replace("in", "on").replace("send", "sent").replace("UNDO", "UNDID")
    assert not UNDERSTOOD[kind](strange, spelling, tmp_path)

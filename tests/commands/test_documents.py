"""Documents have one schema, whoever prints them."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from chatapp_cli import documents
from tests.commands import recording

SCHEMA = json.loads(Path(documents.__file__).with_name("schema.json").read_text("utf-8"))
SHOWN: Mapping[str, str] = {
    "alarm list": "channels.alarm",
    "application list": "channels.application",
    "application show": "channels.filled_in",
    "autoreply list": "automation.rule",
    "calendar show": "calendars.hours",
    "company configure": "operators.options",
    "config list": "operators.setting",
    "contact chain": "people.contact",
    "contact find": "people.answer",
    "contact reach": "people.outlook",
    "contact show": "people.person",
    "contact suggestions": "people.suggestion",
    "crm deadletter list": "crm.dead_letter",
    "crm history list": "crm.history",
    "crm list": "crm.link",
    "crm outbox list": "crm.entry",
    "crm outbox show": "crm.entry",
    "crm configure": "crm.pairing",
    "crm rules list": "crm_rules.rule",
    "crm rules test": "crm_rules.trial",
    "crm show": "crm.link",
    "robot list": "robots.robot",
    "robot read": "robots.verdict",
    "rule list": "automation.rule",
    "rule log": "automation.act",
    "rule show": "automation.rule",
    "rule test": "automation.tried",
    "rule test.last": "automation.replayed",
    "robot runs": "robots.run",
    "deadletter list": "channels.dead_letter",
    "deadletter show": "channels.raw_letter",
    "dialog draft": "dialogs.unsent",
    "dialog list": "dialogs.hit",
    "dialog mentions": "dialogs.note",
    "dialog notes": "dialogs.note",
    "dialog show": "messages.conversation",
    "dialog viewers": "dialogs.viewer",
    "group add": "channels.group",
    "group create": "channels.group",
    "group remove": "channels.group",
    "line channels": "channels.kind",
    "line configure": "operators.options",
    "line invite": "channels.invitation",
    "line list": "channels.line",
    "line show": "channels.bound_to",
    "message forward": "messages.forwarded",
    "message history": "messages.revision",
    "message show": "messages.message",
    "message transcribe": "messages.file",
    "outbox undelivered": "sending.undelivered",
    "quick import": "replies.taken",
    "quick list": "replies.reply",
    "quick sections": "replies.section",
    "quick show": "replies.whole",
    "reply": "messages.verdict",
    "search": "messages.found",
    "send": "messages.verdict",
    "send.dry": "sending.mailing",
    "send.many": "sending.mailing",
    "tail": "operators.news",
    "template list": "channels.template",
    "template show": "channels.template",
    "trace": "messages.life",
    "line operators": "operators.attendance",
    "user list": "operators.account",
    "user rights": "operators.rights",
    "user ways": "operators.identity",
    "view list": "operators.view",
    "view show": "dialogs.row",
    "whoami": "operators.acting",
}
"""Which document each record is, or is a list of."""
OTHERWISE = {
    "chat follow": "what the messenger's session answered",
    "chat list": "what the messenger's session answered",
    "chat read-back": "what the messenger's session answered",
    "contact list": "what the messenger's session answered",
    "dialog show.person": "a client beside their messages",
    "keys check": "the window's own",
    "keys list": "the window's own",
    "outbox list": "what waits, then what is troubled",
}
INSIDE = {
    "crm.access",
    "crm_rules.option",
    "crm_rules.value",
    "channels.channel",
    "channels.finding",
    "channels.standing",
    "crm.card",
    "crm.cards",
    "crm.employee",
    "crm.letter",
    "crm.pairing",
    "crm.place",
    "crm.put_off",
    "crm_robots.robot",
    "crm_rules.draft",
    "crm_rules.field",
    "dialogs.card",
    "messages.in_thread",
    "messages.outbox",
    "operators.waste",
    "robots.outcome",
    "sending.troubled",
    "sending.waiting",
}
"""Documents that stand only inside of others, or in what is recorded nowhere."""


def _functions() -> Iterator[str]:
    for found in pkgutil.iter_modules(documents.__path__):
        module = importlib.import_module(f"{documents.__name__}.{found.name}")
        for name, one in vars(module).items():
            if inspect.isfunction(one) and one.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{found.name}.{name}"


def _valid(name: str, value: Any) -> None:
    jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", **SCHEMA}).validate(value)


def test_every_document_is_in_the_schema_and_nothing_else_is() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["$defs"]) == set(_functions())
    assert {*SHOWN.values(), *INSIDE} == set(_functions())


@pytest.mark.parametrize("name", [name for name, _words in recording.everything()])
def test_what_a_command_prints_fits_the_schema(name: str) -> None:
    document = SHOWN.get(name) or SHOWN.get(name.partition(".")[0])
    text = (recording.KEPT / f"{name}.json").read_text("utf-8")
    if name == "outbox list":
        for one in json.loads(text):
            _valid("sending.waiting" if "goes_at" in one else "sending.troubled", one)
    elif name == "dialog show.person":
        found = json.loads(text)
        _valid("people.person", found["person"])
        for one in found["messages"]:
            _valid("messages.in_thread", one)
    elif name not in OTHERWISE:
        assert document
        for one in _all(name, text):
            _valid(document, one)


def _all(name: str, text: str) -> list[Any]:
    if name == "tail":
        return [json.loads(line) for line in text.splitlines()]
    value = json.loads(text)
    if name == "config list":
        return list(value.values())
    return value if isinstance(value, list) else [value]


def test_the_schema_refuses_a_key_that_nobody_promised() -> None:
    shown = json.loads((recording.KEPT / "message show.json").read_text("utf-8"))
    with pytest.raises(jsonschema.ValidationError, match="'secret' was unexpected"):
        _valid("messages.message", {**shown, "secret": 1})

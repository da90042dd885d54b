"""Every type of event is written as it always was, read back as itself, said in words, and names who may hear it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import chatapp_cli
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal import channels, company, dialogs, messages, presence
from chatapp_cli.domain.journal.base import JournalEvent, Unknown, stored, topic
from chatapp_cli.domain.journal.reading import JournalEntry, kinds_by_topic, live_topics, read
from chatapp_cli.services.journal_words import sentence

KINDS = [kind for kinds in kinds_by_topic().values() for kind in kinds]
NOUNS = {
    "arrived": messages.ArrivalEvent,
    "channel": channels.ChannelEvent,
    "dialog": dialogs.DialogEvent,
    "draft": presence.DraftEvent,
    "file": messages.FileEvent,
    "message": messages.MessageEvent,
    "presence": presence.PresenceEvent,
}
CHANNEL, DIALOG, MESSAGE = ChannelId(3), DialogId(5), MessageId(7)
CODE = Path(chatapp_cli.__file__).parent
WRITERS = {"domain", "store"}


def sample(kind: type[JournalEvent]) -> JournalEvent:
    """One event of a type, with a value in each field."""
    words: dict[str, Any] = {"changed": ["pool"], "why": {"msgid": "No.", "params": {}}, "state": "queued"}
    numbers = {"until", "at", "note", "into", "seconds", "file", "errand", "arrived", "contact", "kept", "other"}
    values = {field: 1 if field in numbers else words.get(field, f"{field}!") for field in kind.keys}
    if kind is company.TemplateUnannounced:
        values["why"] = "No."
    if issubclass(kind, company.AlarmEvent):
        values["what"] = words["why"]
    return kind(channel=CHANNEL, dialog=DIALOG, message=MESSAGE, **values)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_stored_event_is_read_back_as_it_was(kind: type[JournalEvent]) -> None:
    event = sample(kind)
    assert read(topic(event), event.channel, event.dialog, event.message, stored(event)) == event


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_has_its_words(kind: type[JournalEvent]) -> None:
    said = str(sentence(JournalEntry(1, 0, "Ольга", sample(kind))))
    assert said not in {"", kind.topic}
    assert "{" not in said


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_types_that_share_a_topic_or_a_noun_are_of_one_kind(kind: type[JournalEvent]) -> None:
    same = kinds_by_topic()[kind.topic]
    assert {(one.live, one.audience) for one in same} == {(kind.live, kind.audience)}
    noun = NOUNS.get(kind.topic.partition(".")[0])
    assert noun is None or issubclass(kind, noun)


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (messages.MessageReceived(channel=CHANNEL, dialog=DIALOG, message=MESSAGE), ""),
        (
            messages.MessageWritten(channel=CHANNEL, dialog=DIALOG, message=MESSAGE, state="queued"),
            '{"state": "queued"}',
        ),
        (messages.MessageStateChanged(dialog=DIALOG, message=MESSAGE, state="queued"), '{"state": "queued"}'),
        (
            messages.MessageStateChanged(dialog=DIALOG, message=MESSAGE, state="sent", code=""),
            '{"state": "sent", "code": ""}',
        ),
        (dialogs.Assigned(dialog=DIALOG, name="Ольга"), '{"assignee": "Ольга"}'),
        (dialogs.Returned(dialog=DIALOG), '{"snoozed": false}'),
        (dialogs.Snoozed(dialog=DIALOG, until=5), '{"snoozed": 5}'),
        (channels.HealthChanged(channel=CHANNEL, health="ok"), '{"health": "ok", "code": "", "detail": ""}'),
    ],
    ids=repr,
)
def test_rows_are_written_as_they_always_were(event: JournalEvent, data: str) -> None:
    assert stored(event) == data


@pytest.mark.parametrize(
    ("name", "data", "event"),
    [
        ("dialog.moved", "", dialogs.DialogMoved(dialog=DIALOG, message=MESSAGE)),
        (
            "message.state",
            '{"state": "sent"}',
            messages.MessageStateChanged(dialog=DIALOG, message=MESSAGE, state="sent"),
        ),
        (
            "message.refused",
            '{"action": "edit", "tries": 3}',
            messages.ChangeRefused(dialog=DIALOG, message=MESSAGE, action="edit"),
        ),
        ("message.out", "", Unknown(dialog=DIALOG, message=MESSAGE, name="message.out", values={})),
        *(
            ("message.out", data, Unknown(dialog=DIALOG, message=MESSAGE, name="message.out", values={"data": data}))
            for data in ("null", "{", "[1]", "7", "[" * 100_000)
        ),
        ("star.risen", '{"n": 1}', Unknown(dialog=DIALOG, message=MESSAGE, name="star.risen", values={"n": 1})),
    ],
)
def test_what_another_version_wrote_is_read_as_far_as_it_goes(name: str, data: str, event: JournalEvent) -> None:
    found = read(name, None, DIALOG, MESSAGE, data)
    assert found == event
    assert topic(found) == name


def test_what_is_unknown_is_said_by_its_topic() -> None:
    event = Unknown(name="star.risen", values={"n": 1})
    assert str(sentence(JournalEntry(1, 0, "", event))) == "star.risen"


def test_only_what_passes_is_live() -> None:
    passing = [
        "dialog.client_typing",
        "dialog.typing",
        "draft.dropped",
        "draft.kept",
        "presence.moved",
        "presence.typing",
        "rule.clock",
        "rule.due",
    ]
    assert live_topics() == passing


def test_an_event_does_not_change_and_lacks_nothing() -> None:
    event = dialogs.Tagged(dialog=DIALOG, tag="опт")
    with pytest.raises(AttributeError):
        event.tag = "розница"  # type: ignore[misc]
    with pytest.raises(TypeError, match="tag"):
        dialogs.Tagged(dialog=DIALOG)  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        dialogs.Tagged(dialog=DIALOG, tag="опт", color="red")  # type: ignore[call-arg]
    assert repr(event) == "Tagged(dialog=5, tag='опт')"


def spied(path: Path) -> Iterator[str]:
    """Where code compares topics or looks into the stored JSON instead of asking for a type and its fields."""
    topics = set(kinds_by_topic()) | {f"{name.partition('.')[0]}." for name in kinds_by_topic()}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        where = f"{path.relative_to(CODE)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Attribute) and node.attr == "topic":
            yield where
        if isinstance(node, ast.Compare) and topics & {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}:
            yield where
        if isinstance(node, ast.ImportFrom) and node.module == "chatapp_cli.domain.journal.base":
            yield from (where for alias in node.names if alias.name in {"document", "stored", "topic"})


def test_no_consumer_matches_on_a_string_or_looks_into_the_stored_json() -> None:
    """Only what prints an entry asks for its topic and its values."""
    consumers = [path for path in CODE.rglob("*.py") if path.relative_to(CODE).parts[0] not in WRITERS]
    found = {place.partition(":")[0] for path in consumers for place in spied(path)}
    assert found == {"documents/messages.py", "documents/operators.py", "services/journal_words.py"}


def test_a_consumer_that_matches_on_a_string_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = tmp_path / "consumer.py"
    code.write_text("if row.topic == 'message.in':\n    wake()\n", "utf-8")
    monkeypatch.setitem(globals(), "CODE", tmp_path)
    assert set(spied(code)) == {"consumer.py:1"}

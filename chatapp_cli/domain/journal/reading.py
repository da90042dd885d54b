"""Reads stored rows of any version back into events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.journal import (
    automation,
    chains,
    channels,
    company,
    contacts,
    dialogs,
    lines,
    links,
    messages,
    operators,
    presence,
    robots,
)
from chatapp_cli.domain.journal.base import Audience, JournalEvent, Unknown

_MODULES = (
    automation, chains, channels, company, contacts, dialogs, lines, links, messages, operators, presence, robots,
)  # fmt: skip


class JournalEntry(NamedTuple):
    """An event as it stands in the journal."""

    id: int
    at: Millis
    actor: str
    """Who caused it; empty for the daemon and for clients."""
    event: JournalEvent


def entry(
    number: int,
    at: Millis,
    topic: str,
    actor: str,
    channel: ChannelId | None,
    dialog: DialogId | None,
    message: MessageId | None,
    data: str,
) -> JournalEntry:
    """Make an entry from a stored row."""
    return JournalEntry(number, at, actor, read(topic, channel, dialog, message, data))


def read(
    topic: str, channel: ChannelId | None, dialog: DialogId | None, message: MessageId | None, data: str
) -> JournalEvent:
    """The event of a stored row; ``Unknown`` if no type has the topic, or its data lack a field or are no object."""
    values = _values(data)
    subjects = {"channel": channel, "dialog": dialog, "message": message}
    given = {name: number for name, number in subjects.items() if number is not None}
    if values is None:
        return Unknown(channel=channel, dialog=dialog, message=message, name=topic, values={"data": data})
    for kind in kinds_by_topic().get(topic, ()):
        if (found := _fields(kind, values)) is not None and kind.required <= found.keys() | given.keys():
            return kind(**found, **given)
    return Unknown(channel=channel, dialog=dialog, message=message, name=topic, values=values)


def _values(data: str) -> Mapping[str, Any] | None:
    """The stored object; ``None`` if it is none."""
    try:
        values = json.loads(data) if data else {}
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _fields(kind: type[JournalEvent], values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The stored values that are fields of this type; ``None`` if they belong to another type."""
    if any(values.get(key) is not value for key, value in kind.fixed.items()):
        return None
    return {field: values[key] for field, key in kind.keys.items() if key in values}


@cache
def kinds_by_topic() -> Mapping[str, tuple[type[JournalEvent], ...]]:
    """Every type of event by its topic; of those that share one, the most specific first."""
    found: dict[str, list[type[JournalEvent]]] = {}
    for kind in _kinds():
        found.setdefault(kind.topic, []).append(kind)
    return {
        topic: tuple(sorted(kinds, key=lambda kind: (len(kind.fixed), len(kind.required)), reverse=True))
        for topic, kinds in found.items()
    }


def live_topics() -> list[str]:
    """The topics of live events."""
    return sorted(topic for topic, kinds in kinds_by_topic().items() if kinds[0].live)


def topics_for(audience: Audience) -> list[str]:
    """The topics of events for this audience."""
    return sorted(topic for topic, kinds in kinds_by_topic().items() if kinds[0].audience is audience)


def _kinds() -> Iterator[type[JournalEvent]]:
    """The concrete types: a common base has no topic or has subclasses."""
    for module in _MODULES:
        for kind in vars(module).values():
            ours = isinstance(kind, type) and issubclass(kind, JournalEvent) and kind.__module__ == module.__name__
            if ours and kind.topic and not kind.__subclasses__():
                yield kind

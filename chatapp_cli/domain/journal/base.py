"""The base of journal events: topic, words, references, values, lifetime and visibility."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

from chatapp_cli.domain.text import Text

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId

REFERENCES = ("channel", "dialog", "message")
"""The fields with their own columns; the others are stored as JSON, in the order of their declaration."""


class Audience(Enum):
    """Who may see an event, among operators who do not see every line."""

    LINE = "line"
    """Operators who see the channel, dialog and message that it names; nobody if it names none."""
    LINE_OR_EVERYBODY = "everybody"
    """The same, or everybody if it names none."""
    APPLICATION = "application"
    """Operators who see the line of the application that it names first."""
    OWN = "own"
    """The operator whom it names first, and the one who caused it."""
    ALL_LINES = "whole"
    """Only people who see every line, as they see everything else."""


class _Key(str):
    """A field's key in the stored JSON."""

    __slots__ = ()


def keyed(key: str) -> Any:
    """Declare a field whose key in the stored JSON differs from its name."""
    return _Key(key)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(keyed,))
class EventMeta(type):
    """The metaclass of events: like a frozen dataclass with slots, but made ten times as fast at every start."""

    keys: dict[str, str]
    """Each field other than the references, with its key in the stored JSON."""
    defaults: dict[str, Any]
    required: frozenset[str]
    size: int
    """The number of fields."""
    spelled: tuple[tuple[str, str], ...]
    """Each of ``keys`` as it is written in JSON before its value."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> EventMeta:
        """Turn annotations into slots; every event has one base."""
        above = bases[0] if bases and isinstance(bases[0], EventMeta) else None
        notes: Mapping[str, str] = namespace.get("__annotations__", {})
        own = {field: namespace.pop(field, ...) for field, kind in notes.items() if not kind.startswith("ClassVar")}
        keys = {field: default if isinstance(default, _Key) else field for field, default in own.items()}
        set_by_default = {field: value for field, value in own.items() if value is not ... and keys[field] is not value}
        before = {*above.required, *above.defaults} if above else set()
        made = super().__new__(mcs, name, bases, {**namespace, "__slots__": tuple(own.keys() - before)})
        made.keys = {**(above.keys if above else {}), **{f: str(key) for f, key in keys.items() if f not in REFERENCES}}
        made.defaults = {**(above.defaults if above else {}), **set_by_default}
        for field in own.keys() - set_by_default.keys():
            made.defaults.pop(field, None)
        made.required = frozenset((above.required if above else frozenset()) | own.keys()) - made.defaults.keys()
        made.size = len(made.defaults) + len(made.required)
        made.spelled = tuple((field, f'"{key}": ') for field, key in made.keys.items())
        return made


class JournalEvent(metaclass=EventMeta):
    """One thing that happened.

    A field that is ``None`` is not stored; a field that an older row lacks is ``None``.
    """

    topic: ClassVar[str] = ""
    words: ClassVar[Text] = Text("")
    """The sentence for people; ``{field}`` is a value of the event, ``{actor}`` who caused it.

    Empty if ``services/journal_words.py`` makes the sentence.
    """
    live: ClassVar[bool] = False
    """Whether it matters only at the moment; such events are deleted after a day."""
    audience: ClassVar[Audience] = Audience.LINE
    fixed: ClassVar[Mapping[str, bool]] = MappingProxyType({})
    """Values that are stored with every event of this type."""

    channel: ChannelId | None = None
    dialog: DialogId | None = None
    message: MessageId | None = None

    def __init__(self, **values: Any) -> None:
        """Set each field by its name."""
        kind, put = type(self), object.__setattr__
        for field, value in values.items():
            put(self, field, value)
        lacking = kind.size - len(values)
        if lacking:
            for field, default in kind.defaults.items():
                if field not in values:
                    put(self, field, default)
                    lacking -= 1
            if lacking:
                raise TypeError(f"{kind.__name__} needs {sorted(kind.required - values.keys())}")

    def __setattr__(self, field: str, value: object) -> None:
        """Refuse, because events are immutable. Raises AttributeError."""
        raise AttributeError(f"{type(self).__name__}.{field} cannot be set")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash((type(self), self.channel, self.dialog, self.message))

    def __repr__(self) -> str:
        fields = ", ".join(f"{field}={value!r}" for field, value in _values(self).items() if value is not None)
        return f"{type(self).__name__}({fields})"


def _values(event: JournalEvent) -> dict[str, Any]:
    return {field: getattr(event, field) for field in (*REFERENCES, *type(event).keys)}


class Unknown(JournalEvent):
    """A row written by a newer or much older version; it is shown as stored."""

    name: str
    """Its topic."""
    values: Mapping[str, Any]


def topic(event: JournalEvent) -> str:
    """The word under which it is stored and printed."""
    return event.name if isinstance(event, Unknown) else event.topic


def in_words(event: JournalEvent) -> Text:
    """Its class's sentence with its values."""
    return Text(event.words.msgid, _values(event))


def document(event: JournalEvent) -> Mapping[str, Any]:
    """Its values as the stored JSON object, without the references."""
    if isinstance(event, Unknown):
        return event.values
    kind = type(event)
    found = {key: value for field, key in kind.keys.items() if (value := getattr(event, field)) is not None}
    return {**found, **kind.fixed} if kind.fixed else found


def stored(event: JournalEvent) -> str:
    """Its values as stored, in the format of ``json.dumps``; empty if there are none."""
    kind = type(event)
    if not kind.spelled and not kind.fixed:
        return ""
    encode = _encoder()
    if isinstance(event, Unknown) or kind.fixed:
        values = document(event)
        return encode(values) if values else ""
    parts = [key + encode(value) for field, key in kind.spelled if (value := getattr(event, field)) is not None]
    return f"{{{', '.join(parts)}}}" if parts else ""


@cache
def _encoder() -> Callable[[object], str]:
    """A function that encodes one value; strings and ``True`` ten times as fast as ``json.dumps``."""
    from json import JSONEncoder  # a start that writes no event does without it
    from json.encoder import encode_basestring

    whole = JSONEncoder(ensure_ascii=False).encode

    def encode(value: object) -> str:
        if value is True:
            return "true"
        return encode_basestring(value) if isinstance(value, str) else whole(value)

    return encode

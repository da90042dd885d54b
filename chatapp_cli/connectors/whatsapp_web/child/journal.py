"""The messages received and sent in the last month.

Nothing is lost before the desk has stored it, and old messages can be quoted, reacted to and downloaded. WhatsApp
counts a message as delivered as soon as the library has it, so every event is written to disk before it is sent to the
desk. One JSON line each; acknowledgements and read positions of chats are lines too. A device that replaces another one
continues its journal.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

_MONTH: Final = 30 * 24 * 3600 * 1000
_HOUR: Final = 3600 * 1000
_LINKED: Final = "Linked"
GAP: Final = 1_000_000
"""Numbers skipped when a device replaces another one, which may still be running and counting."""


UNDECRYPTABLE: Final = "UndecryptableMessage"
"""The type of a placeholder for a message."""


class Entry(msgspec.Struct, omit_defaults=True):
    """A line: a numbered event; without a number, ``ack`` or a message that we sent."""

    n: int = 0
    ack: int = 0
    type: str = ""
    id: str = ""
    chat: str = ""
    """The address as WhatsApp gave it."""
    key: str = ""
    """The id of the chat, whatever the address: the phone's digits if known."""
    sender: str = ""
    us: bool = False
    at: int = 0
    shown: bool = False
    """Whether it is shown as a message; internal messages, reactions and changes are not."""
    late: bool = False
    """Whether it is an undecryptable message that WhatsApp's own apps hide: reported if it is not resent."""
    read: int = 0
    """The chat ``key`` is marked as read up to this number."""
    lid: str = ""
    """The sender's hidden address, if known."""
    phone: str = ""
    """The digits of the sender's phone, if known."""
    unnamed: int = 0
    """The author of the event with this number was reported as ``key``, which later ones may not be."""
    since: int = 0
    """The time up to which the replaced device knew everything."""
    last: int = 0
    """Numbers continue after this one."""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Place:
    """The position of an entry in the file, with its most used fields."""

    offset: int
    n: int
    key: str
    sender: str
    shown: bool
    real: bool


_decode = msgspec.json.Decoder(Entry).decode


class Journal:
    """The file, with an index in memory."""

    def __init__(self, path: Path, now: int) -> None:
        self._path = path
        self.acknowledged = 0
        self.last = 0
        self._numbered: dict[int, int] = {}
        self._named: dict[str, Place] = {}
        self._marks: dict[str, int] = {}
        self._told: dict[int, str] = {}
        self._stood: dict[str, int] = {}
        self.phones: dict[str, str] = {}
        """Phone digits by LID, from messages."""
        self.late: dict[str, int] = {}
        """Numbers of undecryptable messages not reported yet, by id."""
        self.since = 0
        """Since when this device needs the messages from before it was linked; 0 for none."""
        self._latest = self._linked = 0
        _thin(path, now - _MONTH)
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        self._load()

    def _load(self) -> None:
        self._end = 0
        for line in self._file:
            self._index(_decode(line), self._end)
            self._end += len(line)

    def _index(self, entry: Entry, offset: int) -> None:
        self.acknowledged = max(self.acknowledged, entry.ack)
        self.last = max(self.last, entry.n, entry.ack, entry.last)
        if entry.n:
            self._numbered[entry.n] = offset
        if entry.id:
            self._name(entry, offset)
        elif entry.read:
            self._marks[entry.key] = max(entry.read, self._marks.get(entry.key, 0))
        elif entry.unnamed:
            self._told[entry.unnamed] = entry.key
        elif entry.type == _LINKED:
            self.since, self._linked = entry.since, self._linked or entry.at

    def _name(self, entry: Entry, offset: int) -> None:
        """Index an entry; a placeholder never hides the message itself, whichever came first."""
        real = entry.type != UNDECRYPTABLE
        if not real:
            self._stood[entry.id] = entry.n
        if entry.lid and entry.phone:
            self.phones[entry.lid] = entry.phone
        if entry.late:
            self.late[entry.id] = entry.n
        else:
            self.late.pop(entry.id, None)
        if real or not self.has(entry.id):
            shown = entry.shown and not entry.us
            self._named[entry.id] = Place(offset, entry.n, entry.key, entry.sender, shown, real)
        self._latest = max(self._latest, entry.at)

    def record(self, entry: Entry) -> int:
        """Store an event durably and return its number."""
        entry.n = self.last + 1
        self._write(entry)
        os.fdatasync(self._file.fileno())
        return entry.n

    def remember(self, entry: Entry) -> None:
        """Store a message that we sent."""
        self._write(entry)

    def acknowledge(self, n: int) -> None:
        """Record that the desk has everything up to this number; losing this line only causes repeats."""
        if n > self.acknowledged:
            self._write(Entry(ack=min(n, self.last)))

    def linked(self, now: int) -> None:
        """Record that this device is new; with a previous journal it continues where that device ended."""
        since = max(self._latest - _HOUR, self._linked) if self._linked or self._latest else 0
        self._write(Entry(type=_LINKED, at=now, since=since, last=self.last + GAP if since else 0))

    def mark_read(self, message_id: str) -> None:
        """Record that its chat is read up to this message."""
        place = self._named.get(message_id)
        if place and place.n > self._marks.get(place.key, 0):
            entry = self._at(place.offset)
            self._write(Entry(read=place.n, key=place.key, at=entry.at if entry else 0))

    def told_as(self, n: int, name: str) -> None:
        """Record under which id the desk knows the author of a message, if that is not the phone."""
        entry = self.numbered(n)
        if entry and self._told.get(n) != name:
            self._write(Entry(key=name, unnamed=n, at=entry.at))

    def author(self, entry: Entry) -> str:
        """The id under which the desk knows the author of a message, if recorded."""
        return self._told.get(entry.n, "")

    def stood(self, message_id: str) -> Entry | None:
        """The placeholder for a message, also after the message arrived."""
        return self.numbered(self._stood.get(message_id, 0))

    def has(self, message_id: str) -> bool:
        """Whether the message itself was received or sent, not only a placeholder."""
        place = self._named.get(message_id)
        return place is not None and place.real

    def close(self) -> None:
        """Close the file; everything is on disk already."""
        self._file.close()

    def _write(self, entry: Entry) -> None:
        line = msgspec.json.encode(entry) + b"\n"
        self._file.seek(self._end)
        self._file.write(line)
        self._file.flush()
        self._index(entry, self._end)
        self._end += len(line)

    def waiting(self) -> Sequence[int]:
        """Numbers that the desk has not acknowledged, in order."""
        return sorted(n for n in self._numbered if n > self.acknowledged)

    def numbered(self, n: int) -> Entry | None:
        """An event by its number."""
        return self._at(self._numbered.get(n))

    def find(self, message_id: str) -> Entry | None:
        """A message by its id."""
        place = self._named.get(message_id)
        return self._at(place.offset if place else None)

    def _at(self, offset: int | None) -> Entry | None:
        if offset is None:
            return None
        self._file.seek(offset)
        return _read(self._file.readline())

    def unread_up_to(self, message_id: str) -> Sequence[tuple[str, str]]:
        """Id and sender of the other side's unread messages in a chat, up to this one."""
        until = self._named.get(message_id)
        if until is None:
            return ()
        marked = self._marks.get(until.key, 0)
        found = [
            (place.n, one, place.sender)
            for one, place in self._named.items()
            if place.key == until.key and place.shown and place.n > marked and place.offset <= until.offset
        ]
        return [(one, sender) for _, one, sender in sorted(found)]


def carry_over(before: Path, path: Path) -> None:
    """Copy the journal of another device unless there is one here; that device may still be writing."""
    if before.is_file() and not path.exists():
        draft = path.with_suffix(".carried")
        shutil.copyfile(before, draft)
        draft.replace(path)


def _read(line: bytes) -> Entry | None:
    try:
        return _decode(line)
    except msgspec.MsgspecError:
        return None


def _thin(path: Path, since: int) -> None:
    """Remove old acknowledged entries and half-written ones; the last number is kept."""
    if not path.exists():
        return
    acknowledged = max((entry.ack for _, entry in _lines(path)), default=0)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        for line, entry in _lines(path):
            if not entry.ack and (entry.n > acknowledged or entry.at >= since or entry.type == _LINKED):
                out.write(line)
        out.write(msgspec.json.encode(Entry(ack=acknowledged)) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)


def _lines(path: Path) -> Iterator[tuple[bytes, Entry]]:
    """Read lines one by one: a month may not fit into memory."""
    with path.open("rb") as lines:
        for line in lines:
            entry = _read(line) if line.endswith(b"\n") else None
            if entry:
                yield line, entry

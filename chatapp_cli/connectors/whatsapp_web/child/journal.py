"""What arrived and what went out in the last month.

Nothing is lost before the desk has it, and old messages can be quoted, reacted to and downloaded. WhatsApp takes a
message for delivered as soon as the library has it, so every event is on the disk before it is told. One JSON line
each; an acknowledgement is a line too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

_MONTH: Final = 30 * 24 * 3600 * 1000


class Entry(msgspec.Struct, omit_defaults=True):
    """A line: an event has a number; without it, ``ack`` or a message that we sent."""

    n: int = 0
    ack: int = 0
    type: str = ""
    id: str = ""
    chat: str = ""
    """As WhatsApp addressed it."""
    key: str = ""
    """The same chat under whichever address: the phone's digits where they are known."""
    sender: str = ""
    us: bool = False
    at: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file something is, and what is asked of it most."""

    offset: int
    key: str
    sender: str
    us: bool


_decode = msgspec.json.Decoder(Entry).decode


class Journal:
    """The file, and in memory only where in it things are."""

    def __init__(self, path: Path, now: int) -> None:
        self._path = path
        self.acknowledged = 0
        self.last = 0
        self._numbered: dict[int, int] = {}
        self._named: dict[str, Place] = {}
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
        self.last = max(self.last, entry.n, entry.ack)
        if entry.n:
            self._numbered[entry.n] = offset
        if entry.id:
            self._named[entry.id] = Place(offset, entry.key, entry.sender, entry.us)

    def record(self, entry: Entry) -> int:
        """Keep an event, durably once this returns, and give it its number."""
        entry.n = self.last + 1
        self._write(entry)
        os.fdatasync(self._file.fileno())
        return entry.n

    def remember(self, entry: Entry) -> None:
        """Keep what we sent."""
        self._write(entry)

    def acknowledge(self, n: int) -> None:
        """The desk has everything up to this number; losing this line only repeats them."""
        if n > self.acknowledged:
            self._write(Entry(ack=min(n, self.last)))

    def close(self) -> None:
        """Everything is on the disk already."""
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

    def theirs_up_to(self, message_id: str, most: int) -> Sequence[tuple[str, str]]:
        """Id and sender of the other side's latest messages in a chat, up to this one."""
        until = self._named.get(message_id)
        if until is None:
            return ()
        found = [
            (one, place.sender)
            for one, place in self._named.items()
            if place.key == until.key and not place.us and place.offset <= until.offset
        ]
        return found[-most:]


def _read(line: bytes) -> Entry | None:
    try:
        return _decode(line)
    except msgspec.MsgspecError:
        return None


def _thin(path: Path, since: int) -> None:
    """Leave out what is old and acknowledged, and what a crash left half-written; the last number stays."""
    if not path.exists():
        return
    acknowledged = max((entry.ack for _, entry in _lines(path)), default=0)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        for line, entry in _lines(path):
            if not entry.ack and (entry.n > acknowledged or entry.at >= since):
                out.write(line)
        out.write(msgspec.json.encode(Entry(ack=acknowledged)) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)


def _lines(path: Path) -> Iterator[tuple[bytes, Entry]]:
    """One by one: a month may not fit into memory."""
    with path.open("rb") as lines:
        for line in lines:
            entry = _read(line) if line.endswith(b"\n") else None
            if entry:
                yield line, entry

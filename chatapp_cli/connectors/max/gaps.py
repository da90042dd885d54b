"""Messages missed while MAX had no webhook address of ours: read back from the chats that the desk knows.

MAX gives a bot no list of its chats, so the chats seen are stored in the binding's memory.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from typing import Final

import msgspec

from chatapp_cli.connectors.max import convert
from chatapp_cli.connectors.max.api import MaxApi
from chatapp_cli.domain.arrival import Arrival, MessageArrived, PeerChanged
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.lenient import Int, read_as
from chatapp_cli.kit.slices import items
from chatapp_cli.kit.understanding import dead
from chatapp_cli.ports.memory import Memory

PAGE: Final = 100
OVERLAP: Final = 15 * 60_000
"""Milliseconds by which reading goes back; duplicates are skipped by id."""
_CHAT: Final = "chat:"
_SEEN: Final = "seen:"


class Head(msgspec.Struct, frozen=True):
    """The time of a message."""

    timestamp: Int = 0


class Told(msgspec.Struct, frozen=True):
    """A message from the history, in the form of an update."""

    update_type: str
    timestamp: int
    message: msgspec.Raw


def cursor_at(now: Millis) -> str:
    """The cursor of a webhook channel: until this time MAX had our address."""
    return f"{_SEEN}{now}"


def seen_at(cursor: str | None) -> Millis | None:
    """The last time at which MAX had our address; ``None`` if unknown."""
    return int(cursor.removeprefix(_SEEN)) if cursor and cursor.startswith(_SEEN) else None


class Chats:
    """The known chats."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._fresh: set[str] = set()
        self._kept: set[str] = set()

    def notice(self, arrivals: Iterable[Arrival]) -> bool:
        """Record the chats of these arrivals; true if one is new."""
        events = (event for one in arrivals for event in one.events)
        keys = {event.peer.key for event in events if isinstance(event, MessageArrived | PeerChanged)}
        self._fresh |= keys - self._kept - {convert.UNTOLD}
        return bool(self._fresh)

    async def keep(self) -> None:
        """Store the recorded chats."""
        if fresh := self._fresh - self._kept:
            await self._memory.save({_CHAT + key: "1" for key in fresh})
            self._kept |= fresh
        self._fresh.clear()

    async def known(self) -> Sequence[str]:
        """All of them."""
        self._kept |= {name.removeprefix(_CHAT) for name in await self._memory.known(_CHAT)}
        return sorted(self._kept)


async def note_chats(memory: Memory, arrivals: Iterable[Arrival]) -> None:
    """Record and store the chats of these arrivals."""
    chats = Chats(memory)
    await chats.known()
    chats.notice(arrivals)
    await chats.keep()


async def missed(
    api: MaxApi, chats: Chats, ears: convert.Ears, since: Millis
) -> AsyncGenerator[Sequence[Arrival], None]:
    """Yield the messages of every known chat since then, oldest first; inaccessible chats are skipped."""
    for key in await chats.known():
        try:
            page = await api.body("/messages", chat_id=key, count=PAGE)
        except Rejected:
            continue
        if found := list(_later(page, ears, since - OVERLAP)):
            yield found


def _later(page: bytes, ears: convert.Ears, since: Millis) -> Iterator[Arrival]:
    """Messages written since then, oldest first; may include messages with an unreadable time."""
    try:
        messages = items(page, "messages")
    except ValueError as error:
        yield dead(page, str(error))
        return
    for raw in reversed(messages):
        at = _written(raw)
        if not at or at >= since:
            yield convert.arrival(_as_told(raw, at), ears)


def _written(raw: bytes) -> Millis:
    try:
        return read_as(raw, Head, lax=True).timestamp
    except ValueError:
        return 0


def _as_told(raw: bytes, at: Millis) -> bytes:
    return msgspec.json.encode(Told(update_type="message_created", timestamp=at, message=msgspec.Raw(raw)))

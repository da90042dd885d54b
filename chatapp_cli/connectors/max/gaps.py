"""What was said while MAX had forgotten our address: read back from the chats that the desk knows.

MAX gives a bot no list of its chats, so those that were seen are kept in the binding's memory.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from typing import Final

import msgspec

from chatapp_cli.connectors.max import convert
from chatapp_cli.connectors.max.api import MaxApi
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.event import Arrival, MessageArrived, PeerChanged
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.lenient import Int, read_as
from chatapp_cli.kit.slices import items
from chatapp_cli.kit.understanding import dead
from chatapp_cli.ports.memory import Memory

PAGE: Final = 100
OVERLAP: Final = 15 * 60_000
"""Milliseconds by which the look goes back; what is known already is stepped over by its id."""
_CHAT: Final = "chat:"
_SEEN: Final = "seen:"


class Head(msgspec.Struct, frozen=True):
    """When a message was written."""

    timestamp: Int = 0


class Told(msgspec.Struct, frozen=True):
    """A message of the history in the shape in which MAX would have told it."""

    update_type: str
    timestamp: int
    message: msgspec.Raw


def cursor_at(now: Millis) -> str:
    """The cursor of a channel that is called: until then MAX had our address."""
    return f"{_SEEN}{now}"


def seen_at(cursor: str | None) -> Millis | None:
    """When MAX had our address for the last time; ``None`` if that was never seen."""
    return int(cursor.removeprefix(_SEEN)) if cursor and cursor.startswith(_SEEN) else None


class Chats:
    """The chats in which something happened."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._fresh: set[str] = set()
        self._kept: set[str] = set()

    def notice(self, arrivals: Iterable[Arrival]) -> bool:
        """Note down where these happened; tell whether a chat is new."""
        events = (event for one in arrivals for event in one.events)
        keys = {event.peer.key for event in events if isinstance(event, MessageArrived | PeerChanged)}
        self._fresh |= keys - self._kept - {convert.UNTOLD}
        return bool(self._fresh)

    async def keep(self) -> None:
        """Make what was noted durable."""
        if fresh := self._fresh - self._kept:
            await self._memory.keep({_CHAT + key: "1" for key in fresh})
            self._kept |= fresh
        self._fresh.clear()

    async def known(self) -> Sequence[str]:
        """All of them."""
        self._kept |= {name.removeprefix(_CHAT) for name in await self._memory.known(_CHAT)}
        return sorted(self._kept)


async def note_chats(memory: Memory, arrivals: Iterable[Arrival]) -> None:
    """Note down durably where these happened."""
    chats = Chats(memory)
    await chats.known()
    chats.notice(arrivals)
    await chats.keep()


async def missed(api: MaxApi, chats: Chats, bot: str, since: Millis) -> AsyncGenerator[Sequence[Arrival], None]:
    """Yield what was said in every known chat since then, oldest first; a chat that is closed to us is passed over."""
    for key in await chats.known():
        try:
            page = await api.body("/messages", chat_id=key, count=PAGE)
        except Rejected:
            continue
        if found := list(_later(page, bot, since - OVERLAP)):
            yield found


def _later(page: bytes, bot: str, since: Millis) -> Iterator[Arrival]:
    """What was written since then, oldest first; a message whose time cannot be read may be among it."""
    try:
        messages = items(page, "messages")
    except ValueError as error:
        yield dead(page, str(error))
        return
    for raw in reversed(messages):
        at = _written(raw)
        if not at or at >= since:
            yield convert.arrival(_as_told(raw, at), bot)


def _written(raw: bytes) -> Millis:
    try:
        return read_as(raw, Head, lax=True).timestamp
    except ValueError:
        return 0


def _as_told(raw: bytes, at: Millis) -> bytes:
    return msgspec.json.encode(Told(update_type="message_created", timestamp=at, message=msgspec.Raw(raw)))

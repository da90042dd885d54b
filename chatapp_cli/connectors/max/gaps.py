"""What was said while MAX had forgotten our address: read back from the chats that the desk knows.

MAX gives a bot no list of its chats, so those that were seen are kept in the binding's memory.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Final

import msgspec

from chatapp_cli.connectors.max import convert
from chatapp_cli.connectors.max.api import MaxApi
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.event import Arrival, MessageArrived, PeerChanged
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.memory import Memory

PAGE: Final = 100
OVERLAP: Final = 15 * 60_000
"""Milliseconds by which the look goes back; what is known already is stepped over by its id."""
_CHAT: Final = "chat:"
_SEEN: Final = "seen:"


class Page(msgspec.Struct, frozen=True):
    """A chat's messages, newest first, each still raw."""

    messages: list[msgspec.Raw] = []


class Head(msgspec.Struct, frozen=True):
    """When a message was written."""

    timestamp: int = 0


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
        self._fresh |= keys - self._kept
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


async def missed(api: MaxApi, chats: Chats, bot: str, since: Millis) -> AsyncGenerator[Sequence[Arrival], None]:
    """Yield what was said in every known chat since then, oldest first; a chat that is closed to us is passed over."""
    for key in await chats.known():
        try:
            page = await api.get("/messages", Page, chat_id=key, count=PAGE)
        except Rejected:
            continue
        later = [raw for raw in reversed(page.messages) if _written(raw) >= since - OVERLAP]
        if later:
            yield [convert.arrival(_as_told(raw), bot) for raw in later]


def _written(raw: msgspec.Raw) -> Millis:
    try:
        return msgspec.json.decode(raw, type=Head).timestamp
    except msgspec.MsgspecError:
        return 0


def _as_told(raw: msgspec.Raw) -> bytes:
    return msgspec.json.encode(Told(update_type="message_created", timestamp=_written(raw), message=raw))

"""How far an account was read: the counters of https://core.telegram.org/api/updates, as durable as the messages.

Private chats and basic groups share one counter, every supergroup and channel has its own. An update follows if the
counter before it is ours; whatever lies between us and it is asked for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

import msgspec
from telethon.tl import types as tl

Box: TypeAlias = int
"""A channel's number, or ``OWN`` for all that shares the account's counter."""
OWN: Final = 0

Turn: TypeAlias = Literal["next", "known", "gap"]


class Reach(msgspec.Struct, array_like=True):
    """How far a channel was read: its counter and the last message."""

    pts: int
    last: int = 0


class Position(msgspec.Struct):
    """How far an account was read; this is a batch's cursor."""

    pts: int
    qts: int
    date: int
    """Seconds since 1970 at Telegram."""
    channels: dict[int, Reach] = {}

    @classmethod
    def of(cls, cursor: str) -> Position:
        """Read a cursor."""
        return msgspec.json.decode(cursor, type=cls)

    def cursor(self) -> str:
        """Write a cursor."""
        return msgspec.json.encode(self).decode()

    def take(self, state: Any) -> None:
        """Go to where Telegram says that the account's counters are."""
        self.pts, self.qts, self.date = state.pts, state.qts, int(state.date.timestamp())

    @property
    def when(self) -> datetime:
        """The date as Telegram's requests want it."""
        return datetime.fromtimestamp(self.date, UTC)

    def turn(self, box: Box, pts: int, count: int) -> Turn:
        """Tell whether an update with this counter is the next one; a channel begins with its first."""
        here = self._counter(box)
        if here is None:
            return "next" if pts else "gap"
        if not pts or here + count < pts:
            return "gap"
        return "known" if here + count > pts else "next"

    def _counter(self, box: Box) -> int | None:
        if box == OWN:
            return self.pts
        reach = self.channels.get(box)
        return reach.pts if reach else None

    def move(self, box: Box, pts: int, last: int = 0) -> None:
        """Stand behind an update, and behind a message."""
        if box == OWN:
            self.pts = pts
            return
        reach = self.channels.setdefault(box, Reach(pts))
        reach.pts, reach.last = pts, max(reach.last, last)


def box_of(update: Any) -> Box:
    """Whose counter an update moves."""
    message = getattr(update, "message", None)
    peer = getattr(message, "peer_id", None)
    if isinstance(peer, tl.PeerChannel):
        return int(peer.channel_id)
    return int(getattr(update, "channel_id", None) or OWN)

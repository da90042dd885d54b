"""The read position of an account: the counters of https://core.telegram.org/api/updates, stored with the messages.

Private chats and basic groups share one counter, every supergroup and channel has its own. An update is next in order
if the counter before it equals ours; otherwise the gap is requested.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.durable import Findings
from chatapp_cli.kit.understanding import digest

Box: TypeAlias = int
"""A channel's number, or ``OWN`` for all chats that share the account's counter."""
OWN: Final = 0

Turn: TypeAlias = Literal["next", "known", "gap"]


Counter: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]
"""A counter with Telegram's range."""


class ChannelPosition(msgspec.Struct, array_like=True):
    """The read position of a channel: its counter and the last message."""

    pts: Counter
    last: Counter = 0


class Position(msgspec.Struct):
    """The read position of an account; the cursor of a batch."""

    pts: Counter
    qts: Counter
    date: Counter
    """Seconds since 1970 at Telegram."""
    channels: dict[int, ChannelPosition] = {}

    @classmethod
    def of(cls, cursor: str, findings: Findings | None = None) -> Position:
        """Read a cursor; unreadable channel positions are skipped. Raises msgspec.ValidationError."""
        kept = msgspec.json.decode(cursor, type=_Kept)
        position = cls(pts=kept.pts, qts=kept.qts, date=kept.date)
        for channel, place in kept.channels.items():
            try:
                position.channels[int(channel)] = msgspec.json.decode(place, type=ChannelPosition)
            except (msgspec.MsgspecError, ValueError) as error:
                (findings or Findings()).add(f"place:{channel}:{digest(bytes(place))}", error)
        return position

    def cursor(self) -> str:
        """Write a cursor."""
        return msgspec.json.encode(self).decode()

    def take(self, state: Any) -> None:
        """Set the account's counters to Telegram's state."""
        self.pts, self.qts, self.date = state.pts, state.qts, max(0, int(state.date.timestamp()))

    @property
    def when(self) -> datetime:
        """The date in the form of Telegram's requests."""
        return datetime.fromtimestamp(self.date, UTC)

    def turn(self, box: Box, pts: int, count: int) -> Turn:
        """Whether an update with this counter is the next one; the first update of a channel always is."""
        here = self._counter(box)
        if here is None:
            return "next" if pts else "gap"
        if not pts or here + count < pts:
            return "gap"
        return "known" if here + count > pts else "next"

    def _counter(self, box: Box) -> int | None:
        if box == OWN:
            return self.pts
        place = self.channels.get(box)
        return place.pts if place else None

    def move(self, box: Box, pts: int | None, last: int = 0) -> None:
        """Advance past an update and a message; without a counter the position stays."""
        if pts is None:
            return
        if box == OWN:
            self.pts = pts
            return
        place = self.channels.setdefault(box, ChannelPosition(pts))
        place.pts, place.last = pts, max(place.last, last)


class _Kept(msgspec.Struct):
    """A cursor whose channels are not decoded yet."""

    pts: Counter
    qts: Counter
    date: Counter
    channels: dict[str, msgspec.Raw] = {}


def box_of(update: Any) -> Box:
    """The box whose counter an update moves."""
    message = getattr(update, "message", None)
    peer = getattr(message, "peer_id", None)
    if isinstance(peer, tl.PeerChannel):
        return int(peer.channel_id)
    return int(getattr(update, "channel_id", None) or OWN)

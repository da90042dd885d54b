"""How far an account was read: the counters of https://core.telegram.org/api/updates, as durable as the messages.

Private chats and basic groups share one counter, every supergroup and channel has its own. An update follows if the
counter before it is ours; whatever lies between us and it is asked for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.durable import Findings
from chatapp_cli.kit.understanding import digest

Box: TypeAlias = int
"""A channel's number, or ``OWN`` for all that shares the account's counter."""
OWN: Final = 0

Turn: TypeAlias = Literal["next", "known", "gap"]


Counter: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]
"""As Telegram's counters travel."""


class Reach(msgspec.Struct, array_like=True):
    """How far a channel was read: its counter and the last message."""

    pts: Counter
    last: Counter = 0


class Position(msgspec.Struct):
    """How far an account was read; this is a batch's cursor."""

    pts: Counter
    qts: Counter
    date: Counter
    """Seconds since 1970 at Telegram."""
    channels: dict[int, Reach] = {}

    @classmethod
    def of(cls, cursor: str, findings: Findings | None = None) -> Position:
        """Read a cursor; a channel's place that cannot be read is passed over. Raises msgspec.ValidationError."""
        kept = msgspec.json.decode(cursor, type=_Kept)
        position = cls(pts=kept.pts, qts=kept.qts, date=kept.date)
        for channel, reach in kept.channels.items():
            try:
                position.channels[int(channel)] = msgspec.json.decode(reach, type=Reach)
            except (msgspec.MsgspecError, ValueError) as error:
                (findings or Findings()).add(f"place:{channel}:{digest(bytes(reach))}", error)
        return position

    def cursor(self) -> str:
        """Write a cursor."""
        return msgspec.json.encode(self).decode()

    def take(self, state: Any) -> None:
        """Go to where Telegram says that the account's counters are."""
        self.pts, self.qts, self.date = state.pts, state.qts, max(0, int(state.date.timestamp()))

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

    def move(self, box: Box, pts: int | None, last: int = 0) -> None:
        """Stand behind an update, and behind a message; where no counter is told we stay where we are."""
        if pts is None:
            return
        if box == OWN:
            self.pts = pts
            return
        reach = self.channels.setdefault(box, Reach(pts))
        reach.pts, reach.last = pts, max(reach.last, last)


class _Kept(msgspec.Struct):
    """A cursor before every channel in it was looked at."""

    pts: Counter
    qts: Counter
    date: Counter
    channels: dict[str, msgspec.Raw] = {}


def box_of(update: Any) -> Box:
    """Whose counter an update moves."""
    message = getattr(update, "message", None)
    peer = getattr(message, "peer_id", None)
    if isinstance(peer, tl.PeerChannel):
        return int(peer.channel_id)
    return int(getattr(update, "channel_id", None) or OWN)

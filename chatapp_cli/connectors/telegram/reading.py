"""Apply the account's updates in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.convert import arrival
from chatapp_cli.connectors.telegram.errors import NotUnderstood
from chatapp_cli.connectors.telegram.follows import Follows
from chatapp_cli.connectors.telegram.history import posts
from chatapp_cli.connectors.telegram.names import View, named
from chatapp_cli.connectors.telegram.peers import Peers, marked, number_of, seen
from chatapp_cli.connectors.telegram.position import OWN, Box, ChannelPosition, Position, box_of
from chatapp_cli.connectors.telegram.short import in_full
from chatapp_cli.connectors.telegram.unread import lost
from chatapp_cli.connectors.telegram.wire import told
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.ports.world import Clock

log = structlog.get_logger()


class Reading:
    """Applies updates in order; one out of order marks its box as doubtful."""

    def __init__(self, *, me: int, max_download: int, peers: Peers, follows: Follows, clock: Clock) -> None:
        self.peers = peers
        self.clock = clock
        self.at = Position(pts=0, qts=0, date=0)
        self.doubts: dict[Box, None] = {}
        """Boxes to ask for their difference, in order."""
        self.me = me
        self._max_download = max_download
        self._follows = follows

    def resume(self, position: Position) -> None:
        """Start at a position, with all boxes doubtful, since updates may have been missed."""
        self.at = position
        for channel, place in self._follows.begun.items():
            self.begin(channel, place)
        self.doubt_all()

    def begin(self, channel: int, place: ChannelPosition) -> None:
        """Read a channel from this position, unless it is read already."""
        self.at.channels.setdefault(channel, place)

    def doubt_all(self) -> None:
        """Mark all boxes as doubtful, since not every update is pushed."""
        self.doubts.update(dict.fromkeys((OWN, *self.at.channels)))

    def apply(self, update: Any, entities: Mapping[int, Any]) -> list[Arrival]:
        """Apply a pushed update if it is next; one of unknown order is left to the difference."""
        try:
            return self._applied(update, entities)
        except Exception as error:  # noqa: BLE001 - whatever an update holds, the others must not wait for it
            log.warning("update.without_turn", kind=type(update).__name__, problem=type(error).__name__)
            self.doubts[OWN] = None
            return []

    def _applied(self, update: Any, entities: Mapping[int, Any]) -> list[Arrival]:
        if isinstance(update, tl.UpdatesTooLong):
            self.doubt_all()
            return []
        update = in_full(update, self.me)
        box = box_of(update)
        if box and not self.wants(box, entities):
            return []
        if isinstance(update, tl.UpdateChannelTooLong) or not self._describes(update, entities):
            self.doubts[box] = None
            return []
        if hasattr(update, "pts") and not self.count(update):
            return []
        return self.read([update], entities)

    def count(self, update: Any) -> bool:
        """Advance if this update is next; mark the box as doubtful if there is a gap."""
        box, count = box_of(update), getattr(update, "pts_count", 0) or 0
        turn = self.at.turn(box, update.pts or 0, count)
        if turn == "next":
            message = getattr(update, "message", None)
            self.at.move(box, update.pts, getattr(message, "id", 0))
        elif turn == "gap":
            self.doubts[box] = None
        return turn == "next"

    def wants(self, channel: int, entities: Mapping[int, Any]) -> bool:
        """Whether a channel is read at all."""
        entity = entities.get(marked(channel))
        known = (seen(entity) if entity is not None else None) or self.peers.get(marked(channel))
        return self._follows.wants(channel, broadcast=known is None or known.sort == "channel")

    def read(self, updates: Iterable[Any], entities: Mapping[int, Any]) -> list[Arrival]:
        """The arrivals of updates without an order."""
        found = [self._read(update, entities) for update in updates]
        return [one for one in found if one is not None]

    def _read(self, update: Any, entities: Mapping[int, Any]) -> Arrival | None:
        try:
            view = self._view(update, entities)
        except Exception:  # noqa: BLE001 - a malformed peer is not described; the update may be readable all the same
            view = self._seeing(entities)
        return arrival(update, view)

    def batch(self, updates: Iterable[Any], answer: Any, *, moves: bool = True) -> Batch:
        """The batch for an answer; ``moves`` if the position advances past it once stored."""
        arrivals = self.read(updates, {number_of(one): one for one in told(answer)})
        return Batch(arrivals=arrivals, cursor=self.at.cursor() if moves else None)

    def page(self, answer: Any, *, moves: bool = True) -> Batch:
        """The batch for a page of a chat's history, or for an unreadable item in its place."""
        if isinstance(answer, NotUnderstood):
            return Batch(arrivals=[lost(answer, self.me)], cursor=self.at.cursor() if moves else None)
        return self.batch(posts(answer.messages), answer, moves=moves)

    def _describes(self, update: Any, entities: Mapping[int, Any]) -> bool:
        """Whether the people named are known: abbreviated messages do not describe them, the difference does."""
        if not hasattr(getattr(update, "message", None), "peer_id"):
            return True
        return all(number in entities or self.peers.get(number) for number in named(update))

    def _view(self, update: Any, entities: Mapping[int, Any]) -> View:
        """The context of an update, with known peers added."""
        known = {number: one.entity for number in (self.me, *named(update)) if (one := self.peers.get(number))}
        return self._seeing({**known, **entities})

    def _seeing(self, entities: Mapping[int, Any]) -> View:
        return View(me=self.me, max_download=self._max_download, entities=entities, now=self.clock.now())

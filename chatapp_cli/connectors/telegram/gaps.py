"""Missed updates: requested box by box from the stored position; a fault in one chat does not affect others."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from math import inf
from typing import Any, Final

import structlog

from chatapp_cli.connectors.telegram import history
from chatapp_cli.connectors.telegram.asking import Asking
from chatapp_cli.connectors.telegram.differences import ChannelDifferences, OwnDifferences
from chatapp_cli.connectors.telegram.durable import finding
from chatapp_cli.connectors.telegram.errors import is_about_all
from chatapp_cli.connectors.telegram.peers import marked, number_of, stranger
from chatapp_cli.connectors.telegram.position import OWN, Box
from chatapp_cli.connectors.telegram.reading import Reading
from chatapp_cli.connectors.telegram.wire import Wire
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Arrival, Batch, PeerChanged
from chatapp_cli.domain.errors import ChannelError, ChatappError, RateLimited, Rejected

log = structlog.get_logger()

ASIDE: Final = 300.0
"""Seconds after which a failed chat is requested again."""
SHORTEST: Final = 1.0
"""Seconds that a chat rests at least."""


class Gaps:
    """Fills them."""

    def __init__(self, wire: Wire, reading: Reading) -> None:
        self._wire = wire
        self._reading = reading
        self._asking = Asking(wire, reading)
        self._own = OwnDifferences(self._asking)
        self._channels = ChannelDifferences(self._asking)
        self._aside: dict[Box, float] = {}
        """Failed boxes, and when they are requested again, by the monotonic clock."""
        self._unread: dict[Box, tuple[datetime, Any]] = {}
        """New supergroups that failed: the time of their first message, and their entry in the list of chats."""

    async def fill(self) -> AsyncGenerator[Batch, None]:
        """Request every doubtful box that is not resting; a batch's cursor points right after its content."""
        doubts = self._reading.doubts
        while (box := next((one for one in doubts if not self._rest(one)), None)) is not None:
            async for batch in self._account() if box == OWN else self._channel(box):
                yield batch
            if box not in self._aside:
                doubts.pop(box, None)

    def patience(self) -> float:
        """Seconds until a resting box is due; infinite if none rests."""
        return min((self._rest(box) for box in self._reading.doubts), default=inf)

    async def newcomers(self, since: datetime) -> AsyncGenerator[Batch, None]:
        """Supergroups with messages since we were away, in which we have no position yet."""
        try:
            async for batch in self._newcomers(since):
                yield batch
        except RateLimited:
            raise
        except Exception as error:  # noqa: BLE001 - who is known goes on without who is new
            yield self._said(f"chats:{_code(error)}", "the list of chats cannot be read for now", error)

    async def _account(self) -> AsyncGenerator[Batch, None]:
        """The account's own box: if no difference is available, its chats are read."""
        try:
            async for batch in self._own.missed():
                yield batch
        except Rejected as refusal:
            trouble = refusal
        except ChatappError:
            raise
        except Exception as error:  # whatever Telegram answered, the account continues
            log.exception("difference.stumbled")
            trouble = Rejected("stumbled", type(error).__name__)
        else:
            return
        async for batch in self._own.from_chats(trouble):
            yield batch

    async def _newcomers(self, since: datetime) -> AsyncGenerator[Batch, None]:
        at = self._reading.at
        async with aclosing(history.dialogs(self._wire, since=since)) as pages:
            async for page in pages:
                spoke = history.spoke(page, since)
                for dialog in page.dialogs:
                    channel, number = getattr(dialog.peer, "channel_id", OWN), number_of(dialog.peer)
                    if not channel or channel in at.channels or not self._reading.wants(channel, {}):
                        continue
                    if number in spoke:
                        async for batch in self._newcomer(channel, since):
                            yield batch
                    if channel in self._aside:
                        self._unread[channel] = (since, dialog)
                        self._reading.doubts[channel] = None
                    else:
                        at.move(channel, dialog.pts, dialog.top_message)
                yield Batch(cursor=at.cursor())

    async def _newcomer(self, channel: Box, since: datetime) -> AsyncGenerator[Batch, None]:
        try:
            async for batch in self._asking.since(marked(channel), since):
                yield batch
        except RateLimited:
            raise
        except Exception as error:  # noqa: BLE001 - the trouble of one chat is not the account's
            yield self._set_aside(channel, error)

    async def _channel(self, channel: Box) -> AsyncGenerator[Batch, None]:
        if not self._reading.wants(channel, {}):
            self._forget(channel)
            return
        try:
            async for batch in self._first_words(channel):
                yield batch
            async for batch in self._channels.missed(channel):
                yield batch
            self._aside.pop(channel, None)
        except Rejected as refusal:
            yield self._left(channel) if refusal.code == "removed_from_chat" else self._set_aside(channel, refusal)
        except Exception as error:  # noqa: BLE001 - whatever one chat does to us, the others go on
            yield self._set_aside(channel, error)

    async def _first_words(self, channel: Box) -> AsyncGenerator[Batch, None]:
        """The first messages of a new supergroup that could not be read at first."""
        if channel not in self._unread:
            return
        since, dialog = self._unread[channel]
        async for batch in self._asking.since(marked(channel), since):
            yield batch
        del self._unread[channel]
        if channel not in self._reading.at.channels:
            self._reading.at.move(channel, dialog.pts, dialog.top_message)

    def _rest(self, box: Box) -> float:
        """Seconds for which a box is not requested."""
        return max(0.0, self._aside.get(box, 0.0) - self._reading.clock.monotonic())

    def _set_aside(self, channel: Box, error: Exception) -> Batch:
        """Keep the chat's position and retry later; reported once per position."""
        _raise_if_about_all(error)
        pause = max(error.retry_after, SHORTEST) if isinstance(error, RateLimited) else ASIDE
        is_known = channel in self._aside
        self._aside[channel] = self._reading.clock.monotonic() + pause
        if is_known or isinstance(error, RateLimited):
            return Batch()
        number, place = marked(channel), self._reading.at.channels.get(channel)
        known = self._wire.peers.get(number)
        title = known.name if known else str(number)
        name = f"chat:{number}:{_code(error)}:{place.pts if place else 0}"
        return self._said(name, f"what was said in «{title}» cannot be read for now", error)

    @staticmethod
    def _said(name: str, problem: str, error: Exception) -> Batch:
        """A finding about this error; raises it again if it is not about one chat."""
        _raise_if_about_all(error)
        if not isinstance(error, ChatappError):
            log.error("reading.stumbled", name=name, exc_info=error)
        return Batch(arrivals=[finding(name, f"{problem}: {_code(error)}")])

    def _forget(self, channel: Box) -> None:
        self._reading.at.channels.pop(channel, None)
        self._aside.pop(channel, None)
        self._unread.pop(channel, None)

    def _left(self, channel: Box) -> Batch:
        """We were removed from the chat: stop reading it."""
        self._forget(channel)
        at = self._reading.at
        number, now = marked(channel), self._reading.clock.now()
        known = self._wire.peers.get(number)
        peer = (known or stranger(number)).peer
        gone = PeerChanged(peer=peer, at=border.at(now, now), reachable=False, code="removed_from_chat")
        note = Arrival(provider_id=border.external_id(f"left:{number}:{now}"), raw=b"", events=(gone,))
        return Batch(arrivals=(note,), cursor=at.cursor())


def _raise_if_about_all(error: Exception) -> None:
    """Raise an error that is not about one chat: it ends the session."""
    if isinstance(error, ChatappError) and is_about_all(error):
        raise error


def _code(error: Exception) -> str:
    return f"{error.code} {error.detail}".strip() if isinstance(error, ChannelError) else type(error).__name__

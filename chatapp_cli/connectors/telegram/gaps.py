"""What we missed: asked for from where the store stands, and read from the chats where Telegram does not tell it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any, Final

from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram import history
from chatapp_cli.connectors.telegram.peers import marked, number_of
from chatapp_cli.connectors.telegram.position import OWN, Box, Reach, box_of
from chatapp_cli.connectors.telegram.reading import Reading
from chatapp_cli.connectors.telegram.wire import Wire, told
from chatapp_cli.domain.errors import RateLimited, Rejected
from chatapp_cli.domain.event import Arrival, Batch, Peer, PeerChanged

MOST: Final = 100
"""Updates that a channel tells at once."""
LONGEST_PAUSE: Final = 60.0
"""Seconds of a flood that are waited for here; a longer one takes the channel down until it is over."""
_UNTOLD: Final = frozenset({"position_lost", "not_understood"})
"""Refusals after which no difference can be had from where we stand."""


class Gaps:
    """Fills them, box by box."""

    def __init__(self, wire: Wire, reading: Reading) -> None:
        self._wire = wire
        self._reading = reading

    async def fill(self) -> AsyncGenerator[Batch, None]:
        """Ask every box in doubt; a batch's cursor stands behind what the batch holds and no further."""
        doubts = self._reading.doubts
        while doubts:
            box = next(iter(doubts))
            async for batch in self._own() if box == OWN else self._channel(box):
                yield batch
            doubts.pop(box, None)

    async def newcomers(self, since: datetime) -> AsyncGenerator[Batch, None]:
        """Supergroups that began to speak while we were away: we stand nowhere in them yet."""
        at = self._reading.at
        async for page in history.dialogs(self._wire, since=since):
            latest = history.tops(page)
            for dialog in page.dialogs:
                channel, number = getattr(dialog.peer, "channel_id", OWN), number_of(dialog.peer)
                if not channel or channel in at.channels or not self._reading.wants(channel, {}):
                    continue
                if number in latest and latest[number].date >= since:
                    async for batch in self._since(number, since):
                        yield batch
                at.move(channel, dialog.pts, dialog.top_message)
            yield Batch(cursor=at.cursor())

    async def _ask(self, request: Any) -> Any:
        """Reading may wait a little; nobody sits in front of it."""
        while True:
            try:
                return await self._wire.ask(request)
            except RateLimited as limited:
                if limited.retry_after > LONGEST_PAUSE:
                    raise
                pause = limited.retry_after
            await self._reading.clock.sleep(pause)

    # The account's own box: private chats and basic groups

    async def _own(self) -> AsyncGenerator[Batch, None]:
        final = False
        while not final:
            answer = await self._own_difference()
            if isinstance(answer, tl.updates.DifferenceTooLong):
                async for batch in self._own_history(answer.pts):
                    yield batch
            elif isinstance(answer, tl.updates.DifferenceEmpty):
                self._reading.at.date = int(answer.date.timestamp())
                yield Batch()
            else:
                yield self._told(answer)
            final = isinstance(answer, tl.updates.Difference | tl.updates.DifferenceEmpty)

    async def _own_difference(self) -> Any:
        at = self._reading.at
        try:
            return await self._ask(fn.updates.GetDifferenceRequest(at.pts, at.when, at.qts))
        except Rejected as refusal:
            if refusal.code not in _UNTOLD:
                raise
        state = await self._ask(fn.updates.GetStateRequest())
        return tl.updates.DifferenceTooLong(state.pts)

    def _told(self, answer: Any) -> Batch:
        """Other boxes are mentioned as well: there everything has its turn."""
        reading, entities = self._reading, {number_of(one): one for one in told(answer)}
        arrivals = reading.read([tl.UpdateNewMessage(one, 0, 0) for one in answer.new_messages], entities)
        for update in answer.other_updates:
            ours = box_of(update) == OWN
            arrivals += reading.read([update], entities) if ours else reading.apply(update, entities)
        reading.at.take(getattr(answer, "intermediate_state", None) or answer.state)
        return Batch(arrivals=arrivals, cursor=reading.at.cursor())

    async def _own_history(self, pts: int) -> AsyncGenerator[Batch, None]:
        """Telegram keeps no difference that long."""
        at = self._reading.at
        since = at.when
        async for page in history.dialogs(self._wire, since=since):
            for number, message in history.tops(page).items():
                if message.date >= since and not isinstance(message.peer_id, tl.PeerChannel):
                    async for batch in self._since(number, since):
                        yield batch
        at.pts = pts
        yield Batch(cursor=at.cursor())

    async def _since(self, number: int, since: datetime) -> AsyncGenerator[Batch, None]:
        async for page in history.since(self._wire, self._wire.peers.need(number), since):
            yield self._reading.batch(history.posts(page.messages), page, moves=False)

    # Supergroups and channels

    async def _channel(self, channel: Box) -> AsyncGenerator[Batch, None]:
        if not self._reading.wants(channel, {}):
            self._reading.at.channels.pop(channel, None)
            return
        try:
            async for batch in self._channel_difference(channel):
                yield batch
        except Rejected as refusal:
            if refusal.code in _UNTOLD:
                async for batch in self._channel_anew(channel):
                    yield batch
            elif refusal.code in {"removed_from_chat", "peer_unknown"}:
                yield self._left(channel, told=refusal.code == "removed_from_chat")
            else:
                raise

    async def _channel_difference(self, channel: Box) -> AsyncGenerator[Batch, None]:
        final = False
        while not final:
            answer = await self._ask(self._channel_request(channel))
            if isinstance(answer, tl.updates.ChannelDifferenceTooLong):
                async for batch in self._posts_since_last(channel, answer.dialog.pts):
                    yield batch
            elif isinstance(answer, tl.updates.ChannelDifference):
                last = max((one.id for one in answer.new_messages), default=0)
                self._reading.at.move(channel, answer.pts, last)
                yield self._reading.batch([*history.posts(answer.new_messages), *answer.other_updates], answer)
            final = bool(answer.final)

    def _channel_request(self, channel: Box) -> Any:
        reach = self._reading.at.channels.get(channel)
        return fn.updates.GetChannelDifferenceRequest(
            channel=tl.InputChannel(channel, self._wire.peers.need(marked(channel)).hash),
            filter=tl.ChannelMessagesFilterEmpty(),
            pts=reach.pts if reach else 1,
            limit=MOST,
        )

    async def _channel_anew(self, channel: Box) -> AsyncGenerator[Batch, None]:
        peer = tl.InputDialogPeer(self._wire.peers.need(marked(channel)).input)
        found = await self._ask(fn.messages.GetPeerDialogsRequest([peer]))
        async for batch in self._posts_since_last(channel, found.dialogs[0].pts):
            yield batch

    async def _posts_since_last(self, channel: Box, pts: int) -> AsyncGenerator[Batch, None]:
        """Telegram keeps no difference that long: read on from the last post that we have."""
        at = self._reading.at
        reach = at.channels.setdefault(channel, Reach(1))
        async for page in history.after(self._wire, self._wire.peers.need(marked(channel)), reach.last):
            at.move(channel, reach.pts, page.messages[-1].id)
            yield self._reading.batch(history.posts(page.messages), page)
        at.move(channel, pts)
        yield Batch(cursor=at.cursor())

    def _left(self, channel: Box, *, told: bool) -> Batch:
        """It is read no further; we say so if we were put out of it."""
        at = self._reading.at
        at.channels.pop(channel, None)
        if not told:
            return Batch(cursor=at.cursor())
        number, now = str(marked(channel)), self._reading.clock.now()
        known = self._wire.peers.get(marked(channel))
        peer = known.peer if known else Peer(key=number, address=number, kind="group")
        gone = PeerChanged(peer=peer, at=now, reachable=False, code="removed_from_chat")
        note = Arrival(provider_id=f"left:{number}:{now}", raw=b"", events=(gone,))
        return Batch(arrivals=(note,), cursor=at.cursor())

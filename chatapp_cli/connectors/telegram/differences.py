"""Differences: what happened after a position, from Telegram's answer or from the chat histories.

An unreadable answer is requested again in halves, down to the one unreadable item.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram import history
from chatapp_cli.connectors.telegram.asking import Asking
from chatapp_cli.connectors.telegram.durable import finding
from chatapp_cli.connectors.telegram.errors import NotUnderstood, is_about_all
from chatapp_cli.connectors.telegram.peers import marked, number_of
from chatapp_cli.connectors.telegram.position import OWN, Box, ChannelPosition, box_of
from chatapp_cli.connectors.telegram.unread import Size, dialog_of, lost, pts_after, state_after
from chatapp_cli.connectors.telegram.wire import told
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.errors import ChannelError, ChatappError, RateLimited, Rejected

MOST: Final = 100
"""Updates per answer."""
_REMOVED: Final = frozenset({"removed_from_chat", "peer_unknown"})
"""Refusals that mean that we have no access to the channel."""


class OwnDifferences:
    """Differences of the account's own box: private chats and basic groups."""

    def __init__(self, asking: Asking) -> None:
        self._ask = asking.ask
        self._asking = asking
        self._reading = asking.reading

    async def missed(self) -> AsyncGenerator[Batch, None]:
        """Everything up to now. Raises Rejected if Telegram gives no difference."""
        size = Size(MOST)
        final, unread_in_a_row = False, 0
        while not final:
            try:
                answer = await self._difference(size)
            except NotUnderstood as unread:
                if not size.halve():
                    unread_in_a_row += 1
                    if unread_in_a_row > history.MOST_UNREAD:
                        raise
                    yield self._passed(unread)
                continue
            size.grow()
            unread_in_a_row = 0
            final = isinstance(answer, tl.updates.Difference | tl.updates.DifferenceEmpty)
            if isinstance(answer, tl.updates.DifferenceTooLong):
                async for batch in self._from_chats(answer.pts):
                    yield batch
            elif isinstance(answer, tl.updates.DifferenceEmpty):
                self._reading.at.date = int(answer.date.timestamp())
                yield Batch()
            else:
                yield await self._told(answer)

    async def _difference(self, size: Size) -> Any:
        at = self._reading.at
        limit = None if size.whole else size.now
        return await self._ask(fn.updates.GetDifferenceRequest(at.pts, at.when, at.qts, pts_limit=limit))

    def _passed(self, unread: NotUnderstood) -> Batch:
        """Skip the one unreadable item, which is stored raw."""
        at = self._reading.at
        before = at.pts
        unread.place = f"{OWN}:{before}"
        if (state := state_after(unread.raw)) is not None:
            at.take(state)
        at.pts = max(at.pts, before + 1)
        return Batch(arrivals=[lost(unread, self._reading.me)], cursor=at.cursor())

    async def from_chats(self, refusal: Rejected) -> AsyncGenerator[Batch, None]:
        """Read the chat histories when Telegram gives no difference from our position."""
        if refusal.code != "position_lost":
            problem = (
                f"what happened while the account was away is read from its chats: {refusal.code} {refusal.detail}"
            )
            name = f"difference:{refusal.code}:{refusal.detail}:{self._reading.at.pts}"
            yield Batch(arrivals=[finding(name, problem)])
        state = await self._ask(fn.updates.GetStateRequest())
        async for batch in self._from_chats(state.pts):
            yield batch

    async def _told(self, answer: Any) -> Batch:
        """Apply an answer; updates of other boxes in it are applied in their own order."""
        reading, entities = self._reading, {number_of(one): one for one in told(answer)}
        arrivals = reading.read([tl.UpdateNewMessage(one, 0, 0) for one in answer.new_messages], entities)
        for update in answer.other_updates:
            await self._asking.wire.peers.hear(update)
            ours = box_of(update) == OWN
            arrivals += reading.read([update], entities) if ours else reading.apply(update, entities)
        reading.at.take(getattr(answer, "intermediate_state", None) or answer.state)
        return Batch(arrivals=arrivals, cursor=reading.at.cursor())

    async def _from_chats(self, pts: int) -> AsyncGenerator[Batch, None]:
        """Read the chat histories: Telegram keeps no difference that long."""
        at = self._reading.at
        since = at.when
        async with aclosing(history.dialogs(self._asking.wire, since=since)) as pages:
            async for page in pages:
                for number, dialog in history.spoke(page, since).items():
                    if not isinstance(dialog.peer, tl.PeerChannel):
                        async for batch in self._from_chat(number):
                            yield batch
        at.pts = pts
        yield Batch(cursor=at.cursor())

    async def _from_chat(self, number: int) -> AsyncGenerator[Batch, None]:
        try:
            async for batch in self._asking.since(number, self._reading.at.when):
                yield batch
        except Exception as error:  # a fault of one chat must not stop the account
            if isinstance(error, ChatappError) and (is_about_all(error) or isinstance(error, RateLimited)):
                raise
            code = f"{error.code} {error.detail}" if isinstance(error, ChannelError) else type(error).__name__
            name = f"chat:{number}:{code}:{self._reading.at.pts}"
            yield Batch(arrivals=[finding(name, f"what was said meanwhile cannot be read: {code}")])


class ChannelDifferences:
    """Differences of one supergroup or channel."""

    def __init__(self, asking: Asking) -> None:
        self._ask = asking.ask
        self._asking = asking
        self._reading = asking.reading

    async def missed(self, channel: Box) -> AsyncGenerator[Batch, None]:
        """Everything up to now. Raises Rejected if refused."""
        try:
            async for batch in self._differences(channel):
                yield batch
        except NotUnderstood:
            raise
        except Rejected as refusal:
            place = self._reading.at.channels.get(channel)
            if refusal.code in _REMOVED or (refusal.code != "position_lost" and not (place and place.last)):
                raise
            async for batch in self._anew(channel, refusal):
                yield batch

    async def _differences(self, channel: Box) -> AsyncGenerator[Batch, None]:
        size = Size(MOST)
        final, unread_in_a_row = False, 0
        while not final:
            try:
                answer = await self._ask(self._request(channel, size))
            except NotUnderstood as unread:
                if size.halve():
                    continue
                unread_in_a_row += 1
                if unread_in_a_row > history.MOST_UNREAD:
                    raise
                async for batch in self._passed(channel, unread):
                    yield batch
                continue
            size.grow()
            unread_in_a_row = 0
            if isinstance(answer, tl.updates.ChannelDifferenceTooLong):
                async for batch in self._posts_since_last(channel, answer.dialog.pts):
                    yield batch
            elif isinstance(answer, tl.updates.ChannelDifference):
                last = max((one.id for one in answer.new_messages), default=0)
                self._reading.at.move(channel, answer.pts, last)
                yield self._reading.batch([*history.posts(answer.new_messages), *answer.other_updates], answer)
            final = bool(answer.final)

    def _request(self, channel: Box, size: Size) -> Any:
        place = self._reading.at.channels.get(channel)
        return fn.updates.GetChannelDifferenceRequest(
            channel=tl.InputChannel(channel, self._asking.wire.peers.need(marked(channel)).hash),
            filter=tl.ChannelMessagesFilterEmpty(),
            pts=place.pts if place else 1,
            limit=size.now,
        )

    async def _passed(self, channel: Box, unread: NotUnderstood) -> AsyncGenerator[Batch, None]:
        """Skip the one unreadable item, which is stored raw."""
        if (dialog := dialog_of(unread.raw)) is not None:
            async for batch in self._posts_since_last(channel, dialog.pts):
                yield batch
            return
        at = self._reading.at
        place = at.channels.setdefault(channel, ChannelPosition(1))
        unread.place = f"{marked(channel)}:{place.pts}"
        at.move(channel, max(pts_after(unread.raw) or 0, place.pts + 1))
        yield Batch(arrivals=[lost(unread, self._reading.me)], cursor=at.cursor())

    async def _anew(self, channel: Box, refusal: Rejected) -> AsyncGenerator[Batch, None]:
        """Continue from the last post that we have when Telegram gives no difference from our position."""
        if refusal.code != "position_lost":
            problem = f"posts are read from the chat itself, edits are not: {refusal.code} {refusal.detail}"
            yield Batch(arrivals=[finding(f"difference:{marked(channel)}:{refusal.code}:{refusal.detail}", problem)])
        full = await self._ask(fn.channels.GetFullChannelRequest(self._asking.wire.peers.need(marked(channel)).input))
        async for batch in self._posts_since_last(channel, full.full_chat.pts):
            yield batch

    async def _posts_since_last(self, channel: Box, pts: int) -> AsyncGenerator[Batch, None]:
        """Continue from the last post that we have: Telegram keeps no difference that long."""
        at = self._reading.at
        place = at.channels.setdefault(channel, ChannelPosition(1))
        async with aclosing(self._asking.after(marked(channel), place.last)) as pages:
            async for page in pages:
                if not isinstance(page, NotUnderstood):
                    at.move(channel, place.pts, page.messages[-1].id)
                yield self._reading.page(page)
        at.move(channel, pts)
        yield Batch(cursor=at.cursor())

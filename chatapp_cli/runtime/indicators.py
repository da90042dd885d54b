"""Tells that we read and type: the client, or the account's own mailbox, if the channel can; failures are ignored."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import ChannelId, DialogId, Millis
from chatapp_cli.ports.connector import MarksRead, MarksSeen, Session, ShowsTyping
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import dialogs

log = structlog.get_logger()


class Indicators:
    """The indicators of one channel while its session is up; failed ones are dropped."""

    def __init__(self, store: AsyncStore, channel: ChannelId) -> None:
        self._store = store
        self._channel = channel
        self._read: dict[DialogId, Millis] = {}
        self._typing: dict[DialogId, None] = {}
        self._news = asyncio.Event()

    def read(self, dialog: DialogId, at: Millis) -> None:
        """An operator read a dialog at this time."""
        self._read[dialog] = at
        self._news.set()

    def typing(self, dialog: DialogId) -> None:
        """An operator is typing in a dialog."""
        self._typing[dialog] = None
        self._news.set()

    async def run(self, session: Session) -> None:
        """Send indicators until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            read, typing = list(self._read.items()), list(self._typing)
            self._read.clear()
            self._typing.clear()
            if isinstance(session, ShowsTyping):
                for dialog in typing:
                    await self._show_typing(session, dialog)
            if isinstance(session, MarksRead):
                for dialog, at in read:
                    await self._show_read(session, dialog, at)
            if isinstance(session, MarksSeen):
                for dialog, at in read:
                    await session.mark_seen(await self._store.read(partial(dialogs.heard, dialog=dialog, until=at)))

    async def _show_typing(self, session: ShowsTyping, dialog: DialogId) -> None:
        card = await self._store.read(partial(dialogs.card, dialog=dialog))
        try:
            await session.typing(card.address)
        except ChannelError as error:
            log.debug("typing.unshown", channel=self._channel, code=error.code)

    async def _show_read(self, session: MarksRead, dialog: DialogId, at: Millis) -> None:
        """Mark as read, without messages that arrived after the operator looked."""
        card = await self._store.read(partial(dialogs.card, dialog=dialog))
        last = await self._store.read(partial(dialogs.last_heard, dialog=dialog, until=at))
        if not last:
            return
        try:
            await session.mark_read(card.address, last)
        except ChannelError as error:
            log.debug("read.unshown", channel=self._channel, code=error.code)

"""Keeps the inbox up to date: after journal events, as time passes, and after events that could not be read."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.journal.channels import ChannelEvent
from chatapp_cli.domain.journal.dialogs import NoteWritten
from chatapp_cli.domain.journal.lines import LineEvent
from chatapp_cli.domain.journal.messages import ArrivalEvent, MessageEvent
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.listing.listing import Listing
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.bars import StatusBar


class Freshness:
    """Reads again what journal events changed, and no more."""

    def __init__(self, listing: Listing, conversation: Conversation, status: StatusBar) -> None:
        self._page, self._listing, self._conversation, self._status = conversation.page, listing, conversation, status
        self._needs_told = False
        self._missed = False
        """Some events could not be read; all that is shown has to be read again."""

    def hear(self, news: JournalAdvanced) -> None:
        """Read again what events changed, as work of the page."""
        self._page.do(partial(self._take_or_miss, news), group="news")

    async def _take_or_miss(self, news: JournalAdvanced) -> None:
        try:
            await self._take(news)
        except Exception:  # any error is shown by the page, and the next tick reads everything again
            self._missed = True
            raise

    async def _take(self, news: JournalAdvanced) -> None:
        await self._conversation.hear(news)
        if (lasting := news.lasting()).rows:
            await self._take_lasting(lasting)

    async def _take_lasting(self, news: JournalAdvanced) -> None:
        needs = news.any_of(MessageEvent, ArrivalEvent, ChannelEvent, NoteWritten)
        self._needs_told = self._needs_told and not needs
        if news.dialogs():
            await self._listing.reorder(news.dialogs())
        await self.tell_bars()
        if news.any_of(ChannelEvent, LineEvent):
            await self._listing.reload()
        await self._conversation.read_changed(news)

    async def _catch_up(self) -> None:
        """Read again all that is shown, after some events could not be read."""
        self._missed = False
        try:
            await self._listing.reload()
            await self.tell_bars()
            await self._conversation.read_all_again()
        except Exception:  # any error is shown by the page, and the next tick tries again
            self._missed = True
            raise

    async def tell_bars(self) -> None:
        """Renew health, outbox and counts in the bars, and what the open dialog says of its channel."""
        found = await self._page.workspace.read(overview.read)
        self._status.tell(found)
        self._listing.tell(found)
        self._conversation.take_channels(found.channels)

    async def _tell_needs(self) -> None:
        workspace = self._page.workspace
        self._status.tell_needs(await workspace.read(overview.needing))

    def tick(self) -> None:
        """Renew what changes with time: ages, reasons for waiting, and what needs a person."""
        if self._missed:
            self._page.do(self._catch_up, group="list", exclusive=True)
        if not self._needs_told:
            self._needs_told = True
            self._page.do(self._tell_needs, group="needs", exclusive=True)
        self._conversation.dialogs.refresh()
        self._status.refresh()
        self._conversation.tick()

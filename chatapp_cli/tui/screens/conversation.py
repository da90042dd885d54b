"""The right side of the page: one dialog, its messages as they come, and what counts as read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.widget import Widget

from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.journal.channels import ChannelEvent
from chatapp_cli.domain.journal.dialogs import NoteWritten
from chatapp_cli.domain.journal.lines import LineEvent
from chatapp_cli.domain.journal.messages import ArrivalEvent, ChangeRefused, MessageEvent
from chatapp_cli.domain.journal.presence import DraftEvent, PresenceEvent
from chatapp_cli.domain.message import PENDING, State
from chatapp_cli.domain.text import T
from chatapp_cli.services import channels, dialogs, notes
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui import overview, reading, ways, words
from chatapp_cli.tui.hands import Hands
from chatapp_cli.tui.live import News
from chatapp_cli.tui.reading import Opening
from chatapp_cli.tui.screens.hooks import Hooks
from chatapp_cli.tui.screens.listing import Listing
from chatapp_cli.tui.sheet import Sheet
from chatapp_cli.tui.widgets.bars import Heading, StatusBar
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from textual.widgets import TextArea

    from chatapp_cli.tui.widgets.card import Card
    from chatapp_cli.tui.widgets.composer import Composer, Pen

TYPING_LASTS = 4.0
"""Seconds after which a messenger has to be told again that somebody writes."""


class Conversing(Listing):
    """A page with a conversation beside the list."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: Sequence[Hooks] = ()
        """In the order in which they answer."""
        self.opening: Opening | None = None
        self.joined = False
        """Whether all dialogs of a person are shown as one conversation."""
        self.sheets: dict[DialogId, Sheet] = {}
        self._needs_told = False
        self._missed = False
        """Some news could not be read; all that is shown has to be read again."""
        self.lost: DialogId | None = None
        """The dialog that was open when it ceased to be."""
        self._furnishing = asyncio.Lock()
        self._typed_at = -TYPING_LASTS

    @property
    def page(self) -> Hands:
        """The page that the conversation stands on."""
        return self

    @property
    def pane(self) -> Widget:
        """Where it stands."""
        return self.query_one("#right")

    @property
    def dialogs(self) -> DialogList:
        """The list beside it."""
        return self.query_one(DialogList)

    @property
    def heading(self) -> Heading:
        """Whose it is."""
        return self.query_one(Heading)

    @property
    def transcript(self) -> Transcript:
        """What was said."""
        return self.query_one(Transcript)

    @property
    def composer(self) -> Composer:
        """What answers are written with, once ``ready_to_converse`` was called."""
        from chatapp_cli.tui.widgets.composer import Composer

        return self.query_one(Composer)

    @property
    def pen(self) -> Pen:
        """The text of the composer."""
        from chatapp_cli.tui.widgets.composer import Pen

        return self.query_one(Pen)

    @property
    def card(self) -> Card:
        """Who the client is."""
        from chatapp_cli.tui.widgets.card import Card

        return self.query_one(Card)

    def target(self) -> DialogId | None:
        """The open dialog, or the one under the cursor while the list has the focus."""
        shown_list = self.query_one(DialogList)
        if shown_list.has_focus or self.opening is None:
            return shown_list.current
        return self.opening.card.id

    @on(DialogList.Opened)
    def _open(self, event: DialogList.Opened) -> None:
        self.do(partial(self.open, event.dialog, event.message), group="open", exclusive=True)

    async def open(self, dialog: DialogId, message: MessageId | None = None, *, exact: bool = False) -> None:
        """Show a dialog and make ready for the answer, or show one message of it.

        Where a person's dialogs are joined, ``exact`` asks for an answer by this one and no other.
        """
        job = partial(reading.opening, dialog=dialog, message=message, joined=self.joined, exact=exact)
        opening = await self.office.read(job)
        await self.ready_to_converse()
        self.add_class("-open", "-conversing")
        await self.answer_by(opening)
        known, routes = self.office.manifest(opening.channel), ways.routes(opening)
        self.query_one(Transcript).open(known, opening.page, at=message, routes=routes)
        self.composer.focus_pen()
        if self.pen.disabled or message is not None:
            self.query_one(Transcript).focus()
        await self.tell_opened(opening)

    async def tell_opened(self, opening: Opening) -> None:
        """Let the parts answer to a dialog that is open."""
        for part in self.parts:
            await part.opened(opening)

    async def answer_by(self, opening: Opening) -> None:
        """Let what is written now go by a dialog."""
        for part in self.parts:
            await part.before(opening)
        self.opening = opening
        self._show_card(opening)
        self.query_one(DialogList).mark_opened(opening.card.id)
        self._turn_composer(self.sheets.setdefault(opening.card.id, Sheet()))

    def put_back(self, dialog: DialogId, kept: Sheet) -> None:
        """Have again what was written to a dialog and did not go, whatever is open by now, or open no longer."""
        from chatapp_cli.tui.widgets.composer import Composer

        sheet = self.sheets.setdefault(dialog, Sheet())
        sheet.put_back(kept)
        for composer in self.query(Composer):
            composer.show_again(sheet)

    def shows(self, opening: Opening) -> bool:
        """Whether the same messages are shown still."""
        return self.opening is not None and set(self.opening.thread) == set(opening.thread)

    async def ready_to_converse(self) -> None:
        """Have what only a conversation needs: made after the first paint, or when one is opened before that."""
        async with self._furnishing:
            if not self.query("Composer"):
                await self.furnish()

    async def on_unmount(self) -> None:
        """Let the parts close; nothing else has panes to work on any more."""
        self.workers.cancel_node(self)
        for part in self.parts:
            await self.carry_out(part.close)

    async def furnish(self) -> None:
        """Put it into the panes."""
        from chatapp_cli.tui.widgets.card import Card
        from chatapp_cli.tui.widgets.composer import Composer

        await self.query_one("#body").mount(Card(self.look))
        await self.query_one("#right").mount(Composer())
        for part in self.parts:
            await part.furnish()

    def _turn_composer(self, sheet: Sheet) -> None:
        assert self.opening is not None
        can = self.office.capabilities(self.opening.channel)
        stop, warning = self._obstacles(self.opening.card, self.opening.channel)
        price = channels.price_of_part(self.opening.channel)
        self.composer.turn_to(sheet, can, stop=stop, warning=warning, price=price)
        self.composer.border_title = ways.title(self.opening)

    def _show_card(self, opening: Opening) -> None:
        self.query_one(Heading).tell(opening.card, opening.tags)
        self.card.tell(opening)

    async def _reread(self, opening: Opening, news: News) -> None:
        await self._refresh_messages(opening, {one for dialog in opening.thread for one in news.messages(dialog)})
        try:
            fresh = await self.office.read(partial(reading.again, opening=opening))
        except NotFound:
            if await self.office.read(partial(_exists, dialog=opening.card.id)):
                raise
            self.lose(opening)
            return
        if self.opening is None or self.opening.card.id != opening.card.id or not self.shows(opening):
            return
        if not self.shows(fresh):
            await self.open(fresh.card.id, exact=True)
            return
        self.opening = fresh
        self._show_card(fresh)
        self.allow()
        for part in self.parts:
            part.renewed()

    def lose(self, opening: Opening) -> None:
        """The dialog that stands here is no more; what was read and written of it stays on the page."""
        if self.lost == opening.card.id or self.opening is None or self.opening.card.id != opening.card.id:
            return
        self.lost = opening.card.id
        for part in self.parts:
            part.lost()
        self.allow()

    def allow(self) -> None:
        """Say what stands in the way now; what is written already stays."""
        if self.opening is not None and self.query("Composer"):
            self.composer.border_title = ways.title(self.opening)
            self.composer.allow(*self._obstacles(self.opening.card, self.opening.channel))

    def _obstacles(self, card: DialogCard, channel: ChannelRow) -> tuple[Refused | None, str]:
        if card.id == self.lost:
            what = T("The dialog with {name} is no more: its channel was unbound.", name=card.name)
            return Refused("gone", what, T("Choose another dialog.")), ""
        from chatapp_cli.tui import writing

        now = self.office.desk.world.clock.now()
        stop, warning = writing.obstacles(card, channel, self.office.capabilities(channel), now)
        return stop, "  ".join(filter(None, (warning, *(part.warning() for part in self.parts))))

    async def _refresh_messages(self, opening: Opening, messages: set[MessageId]) -> None:
        found = await self.office.read(partial(reading.news, shown=opening.thread, messages=messages))
        if self.shows(opening):
            self.query_one(Transcript).update(found.changed, found.gone, found.quotes)

    @on(Transcript.WantsOlder)
    def _older(self) -> None:
        self.do(self._read_older, group="older", exclusive=True)

    async def _read_older(self) -> None:
        shown, opening = self.query_one(Transcript), self.opening
        first = next((e.message for e in shown.entries if e.message.direction != notes.NOTE), None)
        if opening is None or first is None:
            return
        page = await self.office.read(partial(reading.older, shown=opening.thread, first=first))
        if self.shows(opening):
            shown.prepend(page.entries, page.quotes, complete=page.complete)

    @on(Transcript.WantsNewer)
    def _newer(self) -> None:
        self.do(self._read_newer, group="newer", exclusive=True)

    async def _read_newer(self) -> None:
        shown, opening = self.query_one(Transcript), self.opening
        last = next((e.message for e in reversed(shown.entries) if e.message.direction != notes.NOTE), None)
        if opening is None or last is None:
            return
        page = await self.office.read(partial(reading.newer, shown=opening.thread, last=last))
        if self.shows(opening):
            shown.append(page.entries, page.quotes, ended=page.ended)

    @on(Transcript.WantsEnd)
    def _end(self) -> None:
        if self.opening is not None:
            self.do(partial(self.open, self.opening.card.id, exact=True), group="open", exclusive=True)

    # The client sees that somebody writes

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Tell the messenger, from time to time."""
        opening, now = self.opening, self.office.desk.world.clock.monotonic()
        for part in self.parts if opening else ():
            part.typed(event.text_area.text)
        if opening is None or not event.text_area.text or now - self._typed_at < TYPING_LASTS:
            return
        if self.office.capabilities(opening.channel).shows_typing:
            self._typed_at = now
            self.do(partial(self._tell_typing, opening.card.id), group="typing")

    async def _tell_typing(self, dialog: DialogId) -> None:
        await self.office.write(partial(dialogs.typing, dialog=dialog))

    # News

    async def on_news(self, news: News) -> None:
        """Only what the news speak of is read again."""
        self.do(partial(self._take_or_miss, news), group="news")

    async def _take_or_miss(self, news: News) -> None:
        try:
            await self._take(news)
        except Exception:  # whatever it was, the news are read again; the guard says what it was
            self._missed = True
            raise

    async def _catch_up(self) -> None:
        """Read again all that is shown, after some news could not be read."""
        self._missed = False
        try:
            await self.list_again()
            await self.tell_bars()
            if self.opening is not None and self.opening.card.id != self.lost:
                await self._read_all_again(self.opening)
        except Exception:  # whatever it was, the news are read again; the guard says what it was
            self._missed = True
            raise

    async def _read_all_again(self, opening: Opening) -> None:
        shown = {entry.message.id for entry in self.query_one(Transcript).entries}
        page = await self.office.read(partial(reading.end, shown=opening.thread))
        await self._refresh_messages(opening, shown | {entry.message.id for entry in page.entries})
        await self._reread(opening, News([]))

    async def _tell_needs(self) -> None:
        self.query_one(StatusBar).tell_needs(await self.office.read(partial(overview.needing, me=self.office.actor)))

    async def _take(self, news: News) -> None:
        for part in self.parts:
            await part.hear(news)
        lasting = [row for row in news.rows if not isinstance(row.event, (PresenceEvent, DraftEvent))]
        if lasting:
            await self._take_lasting(News(lasting))

    async def _take_lasting(self, news: News) -> None:
        needs = news.any_of(MessageEvent, ArrivalEvent, ChannelEvent, NoteWritten)
        self._needs_told = self._needs_told and not needs
        if news.dialogs():
            await self.reorder(news.dialogs())
        await self.tell_bars()
        if news.any_of(ChannelEvent, LineEvent):
            await self.list_again()
        if self.opening is not None and self._concerns(self.opening, news):
            self._tell_refusals(self.opening, news)
            await self._reread(self.opening, news)

    @staticmethod
    def _concerns(opening: Opening, news: News) -> bool:
        near = {opening.card.id, *(way.id for way in opening.ways)}
        return bool(near & news.dialogs()) or opening.channel.id in news.channels()

    def _tell_refusals(self, opening: Opening, news: News) -> None:
        """An edit, a deletion or a reaction leaves no mark on its message when the provider refuses it."""
        for event in news.events:
            if isinstance(event, ChangeRefused) and event.dialog in opening.thread:
                manifest = self.office.manifest(opening.channel_of(event.dialog))
                said = words.reason(manifest, event.code, event.detail)
                self.notify("\n".join(filter(None, said)), severity="warning", markup=False, timeout=8)

    def tick(self) -> None:
        """Ages grow, what waits may wait for something else by now, and more may need a person."""
        if self._missed:
            self.do(self._catch_up, group="list", exclusive=True)
        if not self._needs_told:
            self._needs_told = True
            self.do(self._tell_needs, group="needs", exclusive=True)
        self.query_one(DialogList).repaint_times()
        self.query_one(StatusBar).refresh()
        waiting = [e.message.id for e in self.query_one(Transcript).entries if State(e.message.state) in PENDING]
        if self.opening is not None and waiting:
            self.do(partial(self._refresh_messages, self.opening, set(waiting)), group="news")
        for part in self.parts:
            part.tick()
        self.allow()


def _exists(tx: Tx, dialog: DialogId) -> bool:
    try:
        dialogs.card(tx, dialog)
    except NotFound:
        return False
    return True

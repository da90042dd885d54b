"""The right side of the page: the open dialog, and the dialog that answers go to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.worker import Worker

from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.journal.messages import ChangeRefused, MessageEvent
from chatapp_cli.domain.message import PENDING, State
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import dialogs
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.conversation import ways
from chatapp_cli.tui.conversation.hooks import Hooks
from chatapp_cli.tui.reading import conversations, words
from chatapp_cli.tui.reading.conversations import Opening
from chatapp_cli.tui.session.composer_state import ComposerState
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.pane import ConversationPane

if TYPE_CHECKING:
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.tui.widgets.client_card import ClientCard
    from chatapp_cli.tui.widgets.composer import Composer, Pen

_FRAME = 1 / 60
"""Seconds between two frames of Textual."""


class Conversation:
    """Owns what is open, and calls the hooks of its parts."""

    card: ClientCard
    """The client's card; it exists once the conversation is `ready`."""
    composer: Composer
    """Where answers are written; it exists once the conversation is `ready`."""

    def __init__(
        self,
        page: ActionPage,
        body: Widget,
        dialogs: DialogList,
        pane: ConversationPane,
        one_frame: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """With ``one_frame`` the page paints nothing until all of a dialog is there."""
        self.page, self.dialogs, self.pane = page, dialogs, pane
        self.heading, self.transcript = pane.heading, pane.transcript
        self.parts: Sequence[Hooks] = ()
        """In the order in which their hooks are called."""
        self.opening: Opening | None = None
        self.joined = False
        """Whether all dialogs of a person are shown as one conversation."""
        self.states: dict[DialogId, ComposerState] = {}
        """What is being written, by dialog."""
        self.deleted_dialog: DialogId | None = None
        """The open dialog, if it was deleted since it was opened, or is not this operator's any more."""
        self.is_hidden = False
        """Whether that dialog goes on, but is hidden from this operator now."""
        self.is_ready = False
        """Whether `card` and `composer` exist."""
        self._body = body
        self._one_frame = one_frame
        self._setting_up: Worker[None] | None = None

    @property
    def pen(self) -> Pen:
        """The text of the composer."""
        return self.composer.pen

    def dialog_to_open(self) -> DialogId | None:
        """The dialog that a key opens: the one under the cursor while the list has the focus, else the open one.

        Actions may be for another one then: see `DialogList.for_actions`.
        """
        if self.dialogs.has_focus or self.opening is None:
            return self.dialogs.under_cursor
        return self.opening.card.id

    def writable(self) -> Opening | None:
        """The open dialog, if it can be answered."""
        return None if self.opening is None or self.pen.disabled else self.opening

    def is_open(self, opening: Opening) -> bool:
        """Whether answers still go to the dialog of ``opening``."""
        return self.opening is not None and self.opening.card.id == opening.card.id

    def shows(self, opening: Opening) -> bool:
        """Whether the messages that ``opening`` shows are still on the page."""
        return self.opening is not None and set(self.opening.thread) == set(opening.thread)

    async def ready(self) -> None:
        """Wait until the pane, the card, the composer and the parts are set up; the first call begins it."""
        if self._setting_up is None:
            self._setting_up = self.page.run_worker(self._set_up, group="setup", exit_on_error=False)
        await asyncio.shield(self._setting_up.wait())  # it continues if the waiting worker is cancelled

    async def _set_up(self) -> None:
        from chatapp_cli.tui.widgets.client_card import ClientCard
        from chatapp_cli.tui.widgets.composer import Composer

        self.card, self.composer = ClientCard(self.page.appearance), Composer()
        await self._body.mount(self.pane, self.card)
        if not self.pane.is_attached:  # the page is closing, and mounts nothing more
            return
        await self.pane.mount(self.composer)
        self.is_ready = True
        for part in self.parts:
            await part.set_up()

    async def close(self) -> None:
        """Close all parts, even if one of them fails."""
        for part in self.parts:
            await self.page.carry_out(part.close)

    def start_opening(self, dialog: DialogId, message: MessageId | None = None, *, exact: bool = False) -> None:
        """Open a dialog in a worker, which cancels an earlier one that has not finished."""
        self.page.do(partial(self.open, dialog, message, exact=exact), group="open", exclusive=True)

    def show_end(self) -> None:
        """Open the same dialog again, at its latest message."""
        if self.opening is not None:
            job = partial(self.open, self.opening.card.id, exact=True, at_end=True)
            self.page.do(job, group="open", exclusive=True)

    async def open(
        self, dialog: DialogId, message: MessageId | None = None, *, exact: bool = False, at_end: bool = False
    ) -> None:
        """Show a dialog and focus the composer, or show ``message`` of it. Raises NotFound.

        It begins with what is unread, unless there is room for all that or ``at_end`` asks for the latest message.
        Where a person's dialogs are joined, answers go to this one with ``exact``, else to where they wrote last.
        """
        job = partial(conversations.opening, dialog=dialog, message=message, joined=self.joined, exact=exact)
        opening = await self.page.workspace.read(job)
        await self.ready()
        await self._leave_for(opening)
        with self._one_frame():
            self.page.add_class("-open", "-conversing")
            self._turn_to(opening)
            known, routes = self.page.workspace.manifest(opening.channel), ways.routes(opening)
            unread = None if at_end else opening.first_unread
            self.transcript.open(known, opening.page, at=message, unread=unread, routes=routes)
            self.composer.focus_pen()
            if self.pen.disabled or message is not None:
                self.transcript.focus()
            await self._call_opened(opening)
            await self._focused()

    async def _focused(self) -> None:
        """Wait until each widget up to the page knows where the focus is; one that is busy or closes may never say."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_FRAME):
                for widget in takewhile(lambda widget: widget is not self.page.app, self.pen.ancestors_with_self):
                    knows = asyncio.Event()
                    widget.call_later(knows.set)
                    await knows.wait()

    async def answer_by(self, opening: Opening) -> None:
        """Send answers to another dialog while the same messages are shown."""
        await self._leave_for(opening)
        self._turn_to(opening)
        self.composer.focus_pen()
        await self._call_opened(opening)

    async def _call_opened(self, opening: Opening) -> None:
        for part in self.parts:
            await part.opened(opening)

    async def _leave_for(self, opening: Opening) -> None:
        for part in self.parts:
            await part.before_opening(opening)

    def _turn_to(self, opening: Opening) -> None:
        """Make a dialog the one that answers go to."""
        self.opening, self.deleted_dialog = opening, None
        self._show_card(opening)
        self.dialogs.mark_opened(opening.card.id)
        self._turn_composer(opening, self.states.setdefault(opening.card.id, ComposerState()))

    def _turn_composer(self, opening: Opening, state: ComposerState) -> None:
        from chatapp_cli.services.channels import price_of_part

        can, price = self.page.workspace.capabilities(opening.channel), price_of_part(opening.channel)
        stop, warning = self._refusal_and_warning(opening)
        self.composer.turn_to(state, can, stop=stop, warning=warning, price=price)
        self.composer.border_title = ways.title(opening)

    def _show_card(self, opening: Opening) -> None:
        self.heading.tell(opening.card, opening.tags)
        self.card.tell(opening)

    def put_back(self, dialog: DialogId, unsent: ComposerState) -> None:
        """Restore a text that could not be sent, whether or not its dialog is still open."""
        state = self.states.setdefault(dialog, ComposerState())
        state.put_back(unsent)
        if self.is_ready and self.composer.is_attached:
            self.composer.show_again(state)

    def show_state(self, dialog: DialogId) -> None:
        """Show what is being written in a dialog, if it is open and another state of it was shown."""
        opening, state = self.opening, self.states.get(dialog)
        if opening is not None and opening.card.id == dialog and state is not None and state is not self.composer.state:
            self._turn_composer(opening, state)

    def typed(self, text: str) -> None:
        """Tell the parts that the text of the composer changed."""
        for part in self.parts if self.opening else ():
            part.typed(text)

    def repaint(self) -> None:
        """Paint in the colours of another theme."""
        self.transcript.repaint()
        if self.opening is not None and self.opening.card.id != self.deleted_dialog:
            self.card.tell(self.opening)

    def allow(self) -> None:
        """Show whether the dialog can be answered now; the text stays."""
        if self.opening is not None and self.is_ready:
            self.composer.border_title = ways.title(self.opening)
            self.composer.allow(*self._refusal_and_warning(self.opening))

    def _refusal_and_warning(self, opening: Opening) -> tuple[Refused | None, str]:
        """Why nothing can be sent, and a warning."""
        card, channel, workspace = opening.card, opening.channel, self.page.workspace
        if card.id == self.deleted_dialog:
            return Refused("gone", loss(card.name, hidden=self.is_hidden), T("Choose another dialog.")), ""
        from chatapp_cli.tui.session import outgoing

        stop, warning = outgoing.refusal_and_warning(
            card, channel, workspace.capabilities(channel), workspace.company.world.clock.now()
        )
        return stop, "  ".join(filter(None, (warning, *(part.warning() for part in self.parts))))

    def take_channels(self, rows: Sequence[ChannelRow]) -> None:
        """Show what the channels do now: a sign of life is no event, so nothing else reads it again."""
        known, opening = {row.id: row for row in rows}, self.opening
        if opening is None or known.get(opening.channel.id, opening.channel) == opening.channel:
            return
        channels = {dialog: known.get(row.id, row) for dialog, row in opening.channels.items()}
        self.opening = opening._replace(channel=known[opening.channel.id], channels=channels)
        self.allow()
        for part in self.parts:
            part.renewed()

    async def lose(self, opening: Opening) -> None:
        """Note that the open dialog was deleted and keep all on the page; of a hidden one only the composer's text."""
        goes_on = await self.page.workspace.read(partial(_goes_on, dialog=opening.card.id))
        if self.deleted_dialog == opening.card.id or not self.is_open(opening):
            return
        self.deleted_dialog, self.is_hidden = opening.card.id, goes_on
        if goes_on:
            self.transcript.open(self.page.workspace.manifest(opening.channel), conversations.NOTHING)
            self.heading.tell(None)
            self.card.clear()
        for part in self.parts:
            part.dialog_deleted()
        self.allow()

    async def hear(self, news: JournalAdvanced) -> None:
        """Pass all journal entries to the parts, presence and drafts included."""
        for part in self.parts:
            await part.hear(news)

    async def read_changed(self, news: JournalAdvanced) -> None:
        """Read again what events changed of the open dialog and of the person's other dialogs."""
        opening = self.opening
        if opening is None:
            return
        near = {opening.card.id, *(way.id for way in opening.ways)}
        invited = self._invitations() if news.any_of(MessageEvent) else set()
        if near & news.dialogs() or opening.channel.id in news.channels():
            _tell_refusals(self.page, opening, news)
            await self._reread(
                opening, {*invited, *(one for dialog in opening.thread for one in news.messages(dialog))}
            )
        elif invited:
            await self._refresh(opening, invited)

    def _invitations(self) -> set[MessageId]:
        """The invitations that are shown: a message in any dialog may answer one."""
        return {one.message.id for one in self.transcript.entries if one.mail is not None and one.mail.invitation}

    async def read_all_again(self) -> None:
        """Read everything that is open again."""
        opening = self.opening
        if opening is None or opening.card.id == self.deleted_dialog:
            return
        shown = {entry.message.id for entry in self.transcript.entries}
        page = await self.page.workspace.read(partial(conversations.end, shown=opening.thread))
        await self._refresh(opening, shown | {entry.message.id for entry in page.entries})
        await self._reread(opening, set())

    async def _reread(self, opening: Opening, messages: set[MessageId]) -> None:
        workspace = self.page.workspace
        await self._refresh(opening, messages)
        try:
            fresh = await workspace.read(partial(conversations.again, opening=opening))
        except NotFound:
            if await workspace.read(partial(_exists, dialog=opening.card.id)):
                raise
            await self.lose(opening)
            return
        if not self.is_open(opening) or not self.shows(opening):
            return
        if not self.shows(fresh) or self.deleted_dialog == fresh.card.id:  # it may be theirs again
            await self.open(fresh.card.id, exact=True)
            return
        self.opening = fresh
        self._show_card(fresh)
        self.allow()
        for part in self.parts:
            part.renewed()

    async def _refresh(self, opening: Opening, messages: set[MessageId]) -> None:
        found = await self.page.workspace.read(partial(conversations.news, shown=opening.thread, messages=messages))
        if self.shows(opening):
            self.transcript.update(found.changed, found.gone, found.quotes)

    def tick(self) -> None:
        """Read waiting messages again, as their places change, and check again whether the dialog can be answered."""
        waiting = {e.message.id for e in self.transcript.entries if State(e.message.state) in PENDING}
        if self.opening is not None and waiting:
            self.page.do(partial(self._refresh, self.opening, waiting), group="news")
        for part in self.parts:
            part.tick()
        self.allow()


def loss(name: str, *, hidden: bool) -> Text:
    """Why a dialog that was lost cannot be answered: it is hidden from this operator now, or no more."""
    if hidden:
        return T("This dialog is not yours any more.")
    return T("The dialog with {name} is no more: its channel was unbound.", name=name)


def _tell_refusals(page: ActionPage, opening: Opening, news: JournalAdvanced) -> None:
    """Show notices of refused edits, deletions and reactions, which leave no mark on their messages."""
    for event in news.events:
        if isinstance(event, ChangeRefused) and event.dialog in opening.thread:
            manifest = page.workspace.manifest(opening.channel_of(event.dialog))
            reason = words.reason(manifest, event.code, event.detail)
            page.notify("\n".join(filter(None, reason)), severity="warning", markup=False, timeout=8)


def _exists(tx: Tx, dialog: DialogId) -> bool:
    try:
        dialogs.card(tx, dialog)
    except NotFound:
        return False
    return True


def _goes_on(tx: Tx, dialog: DialogId) -> bool:
    """Whether a dialog exists, for whomever."""
    return _exists(tx.whole(), dialog)

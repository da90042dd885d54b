"""The answer: what is put into its text, how it goes, and what the client sees of the writing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import _
from chatapp_cli.services import dialogs
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.drafts import Drafts
from chatapp_cli.tui.conversation.part import ConversationPart
from chatapp_cli.tui.reading.conversations import Opening

if TYPE_CHECKING:
    from chatapp_cli.services.sending import SendOptions
    from chatapp_cli.tui.session.composer_state import ComposerState

TYPING_LASTS = 4.0
"""Seconds after which a messenger has to be told again that somebody writes."""


class Writing(ConversationPart):
    """Sends, attaches, and tells the client that somebody writes."""

    def __init__(self, conversation: Conversation, drafts: Drafts) -> None:
        super().__init__(conversation)
        self._drafts = drafts
        self._typed_at = -TYPING_LASTS

    def write(self) -> None:
        """To the text of the open dialog, or open the one under the cursor."""
        shown = self.conversation
        if shown.opening is None or shown.dialogs.has_focus:
            shown.dialogs.action_open()
        else:
            shown.composer.focus_pen()

    # What goes into the text

    def attach(self) -> None:
        """Ask for a path and put the file beside the text."""
        if self.conversation.opening is not None:
            self.page.do(partial(self._ask_for_file, self.conversation.opening))

    async def _ask_for_file(self, opening: Opening) -> None:
        from chatapp_cli.tui.media.paths import Paths, offered
        from chatapp_cli.tui.session import outgoing

        limit = outgoing.file_limit(self.page.workspace.capabilities(opening.channel))
        note = _("Tab or → completes. {limit}", limit=limit)
        await self.page.prompt(_("Attach a file"), offered(), note=note, suggest=Paths(), take=self._attach_named)
        self.conversation.composer.focus_pen()

    async def _attach_named(self, typed: str) -> None:
        from chatapp_cli.tui.session import outgoing

        if not typed:
            return
        composer, workspace = self.conversation.composer, self.page.workspace
        refusal = composer.refusal_of(await workspace.store.off_loop(partial(outgoing.inspect_file, typed)))
        if refusal is not None:
            raise refusal
        composer.attach([await workspace.store.off_loop(partial(outgoing.stage_file, workspace.company.media, typed))])

    def quick(self) -> None:
        """A quick reply into the text."""
        if opening := self._writable():
            self.page.do(partial(self._quick, opening.card), group="quick", exclusive=True)

    async def _quick(self, card: DialogCard) -> None:
        from chatapp_cli.tui.actions.quick import picked

        said = await picked(self.page, card)
        opening = self.conversation.opening
        if said is not None and opening is not None and opening.card.id == card.id:
            self.conversation.composer.take_in(*said)

    def editor(self) -> None:
        """The text in an editor of one's own."""
        if self._writable():
            self.page.do(self._write_elsewhere, group="editor", exclusive=True)

    async def _write_elsewhere(self) -> None:
        from chatapp_cli.tui.conversation.editor import written_in_editor

        pen, folder, env = (
            self.conversation.pen,
            self.page.workspace.company.settings.folder,
            self.page.window.user_files.env,
        )
        pen.replace_all(written_in_editor(self.page.app, pen.text, folder, env))
        self.conversation.composer.focus_pen()

    def _writable(self) -> Opening | None:
        """What is open, if it can be written to."""
        opening = self.conversation.opening
        return None if opening is None or self.conversation.pen.disabled else opening

    def spelling(self) -> None:
        """Another spelling for the word under the cursor."""
        if self.conversation.opening is not None:
            job = partial(self.page.window.spelling.correct, self.page, self.conversation.pen)
            self.page.do(job, group="spelling", exclusive=True)

    def detach(self) -> None:
        """Drop what was added last."""
        if self.conversation.opening is not None:
            self.conversation.composer.drop()

    # How it goes

    def send(self) -> None:
        """Send it."""
        if self.conversation.opening is not None:
            self.page.do(partial(self._send, self.conversation.opening.card.id), group="send")

    def send_later(self) -> None:
        """Send what is written at a time that is asked for."""
        if self.conversation.opening is not None and self.conversation.composer.ready():
            self.page.do(partial(self._send_later, self.conversation.opening.card), group="send")

    async def _send_later(self, card: DialogCard) -> None:
        from chatapp_cli.tui.actions import waiting as waiting_actions

        await waiting_actions.send_later(self.page, card, partial(self._send, card.id))

    async def _send(self, dialog: DialogId, order: SendOptions | None = None) -> None:
        from chatapp_cli.tui.session import outgoing

        opening, composer, workspace = self.conversation.opening, self.conversation.composer, self.page.workspace
        assert opening is not None
        kept = replace(composer.state, files=[*composer.state.files])
        job = outgoing.send_job(kept, workspace, opening.channel, dialog, order or workspace.send_options())
        composer.clear()
        sending = asyncio.ensure_future(workspace.write(self._drafts.without_draft(dialog, job)))
        sending.add_done_callback(partial(self._put_back_unsent, dialog, kept))
        await asyncio.shield(sending)  # whoever waits for it may leave, and it goes on

    def _put_back_unsent(self, dialog: DialogId, kept: ComposerState, sending: asyncio.Future[None]) -> None:
        if sending.cancelled() or sending.exception() is not None:
            self.conversation.put_back(dialog, kept)

    # What the client sees of it

    def typed(self, text: str) -> None:
        """Tell the messenger that somebody writes, from time to time."""
        opening, now = self.conversation.opening, self.page.workspace.company.world.clock.monotonic()
        if opening is None or not text or now - self._typed_at < TYPING_LASTS:
            return
        if self.page.workspace.capabilities(opening.channel).shows_typing:
            self._typed_at = now
            self.page.do(partial(self._tell_typing, opening.card.id), group="typing")

    async def _tell_typing(self, dialog: DialogId) -> None:
        workspace = self.page.workspace
        await workspace.write(partial(dialogs.typing, dialog=dialog))

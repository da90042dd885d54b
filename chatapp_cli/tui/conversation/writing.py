"""Writing the answer: its text and files, sending it, and the typing indicator that the client sees."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import _, show
from chatapp_cli.services import dialogs
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.drafts import Drafts
from chatapp_cli.tui.conversation.part import ConversationPart

if TYPE_CHECKING:
    from chatapp_cli.services.sending import SendOptions
    from chatapp_cli.tui.reading.conversations import Opening
    from chatapp_cli.tui.session.composer_state import ComposerState

TYPING_LASTS = 4.0
"""Seconds after which a messenger forgets that the operator is typing."""


class Writing(ConversationPart):
    """Sends, attaches, and shows the client that the operator is typing."""

    def __init__(self, conversation: Conversation, drafts: Drafts) -> None:
        super().__init__(conversation)
        self._drafts = drafts
        self._typed_at = -TYPING_LASTS

    def write(self) -> None:
        """Focus the text of the open dialog, or open the dialog under the cursor of the list."""
        conversation = self.conversation
        if conversation.opening is None or conversation.dialogs.has_focus:
            conversation.dialogs.action_open()
        else:
            conversation.composer.focus_pen()

    def attach(self) -> None:
        """Ask for a path and attach the file."""
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
        refusal = composer.why_not_taken(await workspace.store.off_loop(partial(outgoing.inspect_file, typed)))
        if refusal is not None:
            raise refusal
        composer.attach([await workspace.store.off_loop(partial(outgoing.stage_file, workspace.company.media, typed))])

    def quick(self) -> None:
        """Ask for a quick reply and insert it."""
        if opening := self.conversation.writable():
            self.page.do(partial(self._quick, opening.card), group="quick", exclusive=True)

    async def _quick(self, card: DialogCard) -> None:
        from chatapp_cli.tui.actions.quick import picked

        reply = await picked(self.page, card)
        opening = self.conversation.opening
        if reply is not None and opening is not None and opening.card.id == card.id:
            self.conversation.composer.take_in(reply)

    def buttons(self) -> None:
        """Ask for the buttons below what is written."""
        if opening := self.conversation.writable():
            self.page.do(partial(self._ask_for_buttons, opening))

    async def _ask_for_buttons(self, opening: Opening) -> None:
        from chatapp_cli.domain.buttons import as_typed, typed
        from chatapp_cli.services.words import of_buttons

        composer, state = self.conversation.composer, self.conversation.composer.state

        async def take(line: str) -> None:
            state.buttons = list(typed(line))

        note = show(of_buttons(self.page.workspace.capabilities(opening.channel).buttons))
        await self.page.prompt(_("Buttons, separated by |"), as_typed(state.buttons), note=note, take=take)
        composer.show_again(state)

    def editor(self) -> None:
        """Edit the text in the person's own editor."""
        if self.conversation.writable():
            self.page.do(self._write_elsewhere, group="editor", exclusive=True)

    async def _write_elsewhere(self) -> None:
        from chatapp_cli.tui.conversation.editor import edit_in_own_editor

        pen, folder, env = (
            self.conversation.pen,
            self.page.workspace.company.settings.folder,
            self.page.window.user_files.env,
        )
        pen.replace_all(edit_in_own_editor(self.page.app, pen.text, folder, env))
        self.conversation.composer.focus_pen()

    def spelling(self) -> None:
        """Suggest other spellings of the word under the cursor."""
        if self.conversation.opening is not None:
            job = partial(self.page.window.spelling.correct, self.page, self.conversation.pen)
            self.page.do(job, group="spelling", exclusive=True)

    def detach(self) -> None:
        """Remove the last file, or the quote or edit."""
        if self.conversation.opening is not None:
            self.conversation.composer.drop()

    def signature(self) -> None:
        """Leave the signature out of what is written, or put it below again."""
        if self.conversation.writable():
            self.page.do(self._turn_signature)

    async def _turn_signature(self) -> None:
        self.conversation.composer.turn_signature()

    def send(self) -> None:
        """Send what is written."""
        if self.conversation.opening is not None:
            self.page.do(partial(self._send, self.conversation.opening.card.id), group="send")

    def send_later(self) -> None:
        """Ask for a time and schedule what is written."""
        if self.conversation.opening is not None and self.conversation.composer.ready():
            self.page.do(partial(self._send_later, self.conversation.opening.card), group="send")

    async def _send_later(self, card: DialogCard) -> None:
        from chatapp_cli.tui.actions import waiting as waiting_actions

        await waiting_actions.send_later(self.page, card, partial(self._send, card.id))

    async def _send(self, dialog: DialogId, options: SendOptions | None = None) -> None:
        from chatapp_cli.tui.session import outgoing

        opening, composer, workspace = self.conversation.opening, self.conversation.composer, self.page.workspace
        assert opening is not None
        sent = replace(composer.state, files=[*composer.state.files], buttons=[*composer.state.buttons])
        job = outgoing.send_job(sent, workspace, opening.channel, dialog, options or workspace.send_options())
        composer.clear()
        if sent.editing is None:
            self.conversation.transcript.cursor.follow_end()
        sending = asyncio.ensure_future(workspace.write(self._drafts.without_draft(dialog, sent, job)))
        sending.add_done_callback(partial(self._put_back_unsent, dialog, sent))
        await asyncio.shield(sending)  # it continues if the waiting worker is cancelled

    def _put_back_unsent(self, dialog: DialogId, sent: ComposerState, sending: asyncio.Future[None]) -> None:
        if sending.cancelled() or sending.exception() is not None:
            self.conversation.put_back(dialog, sent)

    def typed(self, text: str) -> None:
        """Show the client that the operator is typing, every `TYPING_LASTS` seconds."""
        opening, now = self.conversation.opening, self.page.workspace.company.world.clock.monotonic()
        if opening is None or not text or now - self._typed_at < TYPING_LASTS:
            return
        if self.page.workspace.capabilities(opening.channel).shows_typing:
            self._typed_at = now
            self.page.do(partial(self._announce_typing, opening.card.id), group="typing")

    async def _announce_typing(self, dialog: DialogId) -> None:
        workspace = self.page.workspace
        await workspace.write(partial(dialogs.typing, dialog=dialog))

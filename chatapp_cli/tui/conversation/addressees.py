"""Who gets what is written: the client, who stands in copy, and the address of ours that it goes from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain.draft import no_copies
from chatapp_cli.i18n import _
from chatapp_cli.tui.conversation.part import ConversationPart
from chatapp_cli.tui.session.composer_state import ComposerState

if TYPE_CHECKING:
    from chatapp_cli.tui.reading.conversations import Opening


class Addressees(ConversationPart):
    """Shows who gets a mail that is written, and adds those who get a copy."""

    async def before_opening(self, opening: Opening) -> None:
        """Read who gets an answer in the next dialog, so that the line never names the client of the previous one."""
        await self._show(opening, self.conversation.states.get(opening.card.id, ComposerState()))

    def renewed(self) -> None:
        """Show it again: the last mail, which is answered, may be another one."""
        self.show()

    def show(self) -> None:
        """Show who gets the answer to what is answered now."""
        self.page.do(self._show_again, group="read")

    async def _show_again(self) -> None:
        if (opening := self.conversation.opening) is not None:
            await self._show(opening, self.conversation.composer.state)

    async def _show(self, opening: Opening, state: ComposerState) -> None:
        from chatapp_cli.services import addressing

        before, workspace = self.conversation.opening, self.page.workspace
        can, quoted = workspace.capabilities(opening.channel), state.reply_to
        answered = state.answers if quoted is None else quoted.message.id
        job = partial(addressing.addressed, can=can, card=opening.card, answered=answered)
        found = await workspace.read(job) if can.copies else None
        if state.reply_to is quoted and self.conversation.opening is before:
            self.conversation.composer.show_addressed(found)

    def everybody(self) -> None:
        """Answer all: copy to everybody whom the mail names that is answered."""
        if opening := self.conversation.writable():
            self.page.do(partial(self._copy_to_all, opening))

    async def _copy_to_all(self, opening: Opening) -> None:
        from chatapp_cli.services import answering

        composer, workspace = self.conversation.composer, self.page.workspace
        can, quoted = workspace.capabilities(opening.channel), composer.state.reply_to
        if not can.copies:
            raise no_copies()
        chosen = None if quoted is None else quoted.message.id
        subject = composer.state.subject.strip()
        job = partial(answering.to_all, can=can, dialog=opening.card.id, subject=subject, chosen=chosen)
        found = await workspace.read(job)
        if not found.others:
            self.page.notify(_("The mail names nobody else."), markup=False)
        elif self.conversation.is_open(opening):
            composer.copy_to(found.others, found.mail)
            self.show()

    def copies(self) -> None:
        """Write who gets a copy."""
        if self.conversation.writable():
            self.page.do(self._ask_for_copies)

    async def _ask_for_copies(self) -> None:
        self.conversation.composer.ask_for_copies()

"""Asks the CRMs for the client's cards, only while the client's card is shown, and never before the first paint."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.links import EntryEvent
from chatapp_cli.services import crm_chats
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.part import ConversationPart
from chatapp_cli.tui.session.journal_feed import JournalAdvanced


class CrmCards(ConversationPart):
    """The part «CRM» of the client's card."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self._awaited: DialogId | None = None
        """The dialog that had no cards when the CRMs were last asked."""

    def ask(self) -> None:
        """Ask for the cards of the open dialog."""
        if self.conversation.opening is not None:
            job = partial(self._ask, self.conversation.opening.card.id)
            self.page.do(job, group="crm", exclusive=True)

    def ask_again(self) -> None:
        """Show the client's card, and ask again."""
        if self.conversation.opening is None or not self.conversation.is_ready:
            return
        if not self.conversation.card.is_shown:
            self.conversation.card.turn()
        self.ask()

    async def hear(self, news: JournalAdvanced) -> None:
        """Ask again when a CRM was told of a dialog that had no card there."""
        told = any(isinstance(event, EntryEvent) and event.dialog == self._awaited for event in news.events)
        if told and self.conversation.card.is_shown:
            self.ask()

    async def _ask(self, dialog: DialogId) -> None:
        card = self.conversation.card
        if not await self.page.workspace.read(crm_chats.any_link):
            card.tell_crm(dialog, ())
            return
        from chatapp_cli.runtime import crm_cards

        card.tell_crm(dialog, None)
        found = await crm_cards.of_dialog(self.page.workspace.company, dialog, patient=True)
        self._awaited = None if any(one.cards for one in found) else dialog
        card.tell_crm(dialog, found)

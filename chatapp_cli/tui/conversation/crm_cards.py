"""Asks the CRMs for the client's cards, only while the client's card is shown, and never before the first paint."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.links import EntryEvent
from chatapp_cli.services import crm_chats
from chatapp_cli.tui.conversation.part import ConversationPart
from chatapp_cli.tui.session.journal_feed import JournalAdvanced

if TYPE_CHECKING:
    from chatapp_cli.tui.reading.conversations import Opening


class CrmCards(ConversationPart):
    """Asks the CRMs for the client's deal while their card is shown."""

    _awaited: DialogId | None = None
    """The dialog that had no card when the CRMs were last asked."""

    async def opened(self, opening: Opening) -> None:  # noqa: ARG002 - as the hook has it
        """Another client's card is shown."""
        self.renewed()

    def renewed(self) -> None:
        """Ask, if the card is shown and the CRMs were not asked of its dialog."""
        opening, card = self.conversation.opening, self.conversation.card
        if opening is not None and card.wants_crm:
            card.tell_crm(opening.card.id, ())
            self.page.do(partial(self._ask, opening.card.id), group="crm", exclusive=True)

    async def hear(self, news: JournalAdvanced) -> None:
        """Ask again when a CRM was told of a dialog that had no card there."""
        told = any(isinstance(event, EntryEvent) and event.dialog == self._awaited for event in news.events)
        if told and self.conversation.is_ready:
            self.conversation.card.forget_crm()
            self.renewed()

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

"""Tells the client's card whether the line is open now, only while the card is shown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain.ids import DialogId, LineId
from chatapp_cli.tui.conversation.part import ConversationPart

if TYPE_CHECKING:
    from chatapp_cli.tui.reading.conversations import Opening


class LineHours(ConversationPart):
    """Reads the working hours of the dialog's line."""

    async def opened(self, opening: Opening) -> None:  # noqa: ARG002 - as the hook has it
        """Another client's card is shown."""
        self.renewed()

    def renewed(self) -> None:
        """Read them, if the card is shown."""
        opening, card = self.conversation.opening, self.conversation.card
        if opening is not None and card.is_shown:
            job = partial(self._read, opening.card.id, opening.channel.line_id)
            self.page.do(job, group="hours", exclusive=True)

    async def _read(self, dialog: DialogId, line: LineId) -> None:
        from chatapp_cli.services import business_hours

        company = self.page.workspace.company
        known = business_hours.of_company(company.options, company.settings.folder)
        state = await self.page.workspace.read(partial(known.state, line=line))
        self.conversation.card.tell_hours(dialog, state)

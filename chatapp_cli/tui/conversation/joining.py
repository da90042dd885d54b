"""A person's dialogs as one conversation: which are shown, and by which of them the answer goes."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import _
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.tui.action_page import Work
from chatapp_cli.tui.conversation import ways
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.part import ConversationController
from chatapp_cli.tui.reading import conversations

_WRITTEN_THERE = {"reply", "edit"}
"""What is done in the composer of the message's own dialog: a quote does not cross channels."""


class Joining(ConversationController):
    """Knows the other dialogs of the person."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self.conversation.joined = self.page.workspace.company.settings.joined == "on"

    def join(self) -> None:
        """All dialogs of a person as one conversation, or each for itself again; kept for the next time."""
        shown = self.conversation
        shown.joined = not shown.joined
        self.page.do(self._keep)
        said = _("All dialogs of a client are one conversation.") if shown.joined else _("Each dialog for itself.")
        self.page.say(said)
        if shown.opening is not None:
            shown.bring(shown.opening.card.id)

    async def _keep(self) -> None:
        self.page.window.user_files.remember("joined", "on" if self.conversation.joined else "off")

    def way(self) -> None:
        """The person's next dialog: joined only the answer takes it."""
        opening = self.conversation.opening
        other = None if opening is None else ways.next_dialog(opening)
        if other is None:
            self.page.say(_("This client has no other dialog."))
        else:
            self.page.do(partial(self._turn, other), group="open", exclusive=True)

    async def _turn(self, dialog: DialogId) -> None:
        """Answer by another dialog of the person; joined, what is shown stays as it is."""
        shown, opening = self.conversation, self.conversation.opening
        if opening is None or dialog not in opening.thread:
            await shown.open(dialog, exact=True)
            return
        fresh = await self.page.workspace.read(partial(conversations.again, opening=opening, dialog=dialog))
        if shown.shows(opening):
            await shown.answer_by(fresh)

    async def by_its_own_way(self, action: str, entry: TranscriptEntry, work: Work) -> None:
        """Do something with a message; what is written about it goes by the dialog in which it was said."""
        dialog, opening = entry.message.dialog_id, self.conversation.opening
        if action in _WRITTEN_THERE and opening is not None and opening.card.id != dialog:
            await self._turn(dialog)
        await work()

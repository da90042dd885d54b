"""A person's dialogs as one conversation: which are shown, and which one answers go to."""

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
"""Actions that use the composer of the message's own dialog, as a quote cannot go to another channel."""


class Joining(ConversationController):
    """Joins and separates the dialogs of a person, and switches between them."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self.conversation.joined = self.page.workspace.company.settings.joined == "on"

    def join(self) -> None:
        """Show all dialogs of a person as one conversation, or each separately; the choice is saved."""
        conversation = self.conversation
        conversation.joined = not conversation.joined
        self.page.do(self._save)
        self.page.say(
            _("All dialogs of a client are one conversation.") if conversation.joined else _("Each dialog for itself.")
        )
        if conversation.opening is not None:
            conversation.start_opening(conversation.opening.card.id)

    async def _save(self) -> None:
        self.page.window.user_files.remember("joined", "on" if self.conversation.joined else "off")

    def next_way(self) -> None:
        """Go to the person's next dialog; in a joint conversation it becomes the one that answers go to."""
        opening = self.conversation.opening
        other = None if opening is None else ways.next_dialog(opening)
        if other is None:
            self.page.say(_("This client has no other dialog."))
        else:
            self.page.do(partial(self._turn, other), group="open", exclusive=True)

    async def _turn(self, dialog: DialogId) -> None:
        """Answer in another dialog of the person; in a joint conversation the messages stay on the page."""
        conversation, opening = self.conversation, self.conversation.opening
        if opening is None or dialog not in opening.thread:
            await conversation.open(dialog, exact=True)
            return
        fresh = await self.page.workspace.read(partial(conversations.again, opening=opening, dialog=dialog))
        if conversation.shows(opening):
            await conversation.answer_by(fresh)

    async def in_its_own_dialog(self, action: str, entry: TranscriptEntry, work: Work) -> None:
        """Run an action on a message; before a quote or an edit, answers are switched to the message's own dialog."""
        dialog, opening = entry.message.dialog_id, self.conversation.opening
        if action in _WRITTEN_THERE and opening is not None and opening.card.id != dialog:
            await self._turn(dialog)
        await work()

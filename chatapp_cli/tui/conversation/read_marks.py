"""What counts as read: what was seen for a moment, unless somebody only looks into the dialog."""

from __future__ import annotations

from functools import partial

from textual.timer import Timer

from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.services import dialogs
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.part import ConversationPart
from chatapp_cli.tui.reading.conversations import Opening

DWELL = 1.0
"""Seconds that the last message has to be on the screen before the dialog counts as read."""


class ReadMarks(ConversationPart):
    """Marks as read what was seen for a moment; a dialog that is only looked into stays unread."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self.peeked: DialogId | None = None
        self.dwell: Timer | None = None

    def peek(self) -> None:
        """Look into the dialog, or stay in it, without marking it as read."""
        self.peeked = self.conversation.target()
        if self.peeked is not None:
            self.conversation.bring(self.peeked, exact=True)

    def bring(self, dialog: DialogId, message: MessageId | None = None) -> None:
        """Open a dialog to read it."""
        self.peeked = None
        self.conversation.bring(dialog, message)

    async def opened(self, opening: Opening) -> None:
        """Say in the heading that one only looks."""
        self.conversation.heading.tell_peeked(opening.card.id == self.peeked)

    def renewed(self) -> None:
        """There may be something unread by now."""
        self.watch()

    def lost(self) -> None:
        """There is nothing to mark any more."""
        self._stop()

    def watch(self) -> None:
        """Begin to count the moment after which the dialog is read."""
        opening = self.conversation.opening
        self._stop()
        if opening is not None and opening.unread and opening.card.id != self.peeked:
            self.dwell = self.page.set_timer(DWELL, partial(self._dwelt, opening))

    def _stop(self) -> None:
        if self.dwell is not None:
            self.dwell.stop()

    def _dwelt(self, opening: Opening) -> None:
        shown = self.conversation
        if not shown.shows(opening) or not self.page.app.app_focus or not self.page.is_current:
            return
        if shown.transcript.at_end and shown.pane.display:
            for dialog in opening.unread:
                self.page.do(partial(self._mark, dialog), group="read")

    async def _mark(self, dialog: DialogId) -> None:
        await self.page.workspace.write(partial(dialogs.read, dialog=dialog))

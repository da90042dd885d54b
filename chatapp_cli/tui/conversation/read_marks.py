"""Marks a dialog as read once its end was on the screen for a moment, unless it was opened to peek."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.message import Direction
from chatapp_cli.services import dialogs
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.part import ConversationPart

if TYPE_CHECKING:
    from chatapp_cli.services.transcript import TranscriptEntry
    from chatapp_cli.tui.reading.conversations import Opening

DWELL = 1.0
"""Seconds for which the last message is on the screen before the dialog is marked as read."""


class ReadMarks(ConversationPart):
    """Marks a dialog as read once its end was on the screen for a moment, unless it was opened to peek."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self.peeked: DialogId | None = None
        self.dwell: Timer | None = None

    def peek(self) -> None:
        """Open the dialog, or stay in it, without marking it as read."""
        self.peeked = self.conversation.dialog_to_open()
        if self.peeked is not None:
            self.conversation.start_opening(self.peeked, exact=True)

    def open(self, dialog: DialogId, message: MessageId | None = None) -> None:
        """Open a dialog, which will be marked as read."""
        self.peeked = None
        self.conversation.start_opening(dialog, message)

    async def opened(self, opening: Opening) -> None:
        """Show in the heading that the dialog stays unread."""
        self.conversation.heading.tell_peeked(opening.card.id == self.peeked)

    def renewed(self) -> None:
        """Watch again: there may be new unread messages."""
        self.watch()

    def dialog_deleted(self) -> None:
        """Stop watching."""
        self._stop()

    def watch(self) -> None:
        """Start the timer after which the dialog is marked as read."""
        opening = self.conversation.opening
        self._stop()
        if opening is not None and opening.unread and opening.card.id != self.peeked:
            self.dwell = self.page.set_timer(DWELL, partial(self._dwelt, opening))

    def _stop(self) -> None:
        if self.dwell is not None:
            self.dwell.stop()

    def _dwelt(self, opening: Opening) -> None:
        conversation, app = self.conversation, self.page.app
        is_covered = app.screen is not self.page  # `is_current` is true below a page that lets through its colours
        if not conversation.shows(opening) or not app.app_focus or is_covered:
            return
        if conversation.transcript.at_end and conversation.pane.display:
            for dialog in opening.unread:
                self.page.do(partial(self._mark, dialog), group="read")

    def saw(self, entry: TranscriptEntry) -> None:
        """Mark the dialog as read whose last message from the client was shown on a page of its own."""
        opening, seen = self.conversation.opening, entry.message
        entries = (one.message for one in self.conversation.transcript.entries)
        heard = (one for one in entries if one.dialog_id == seen.dialog_id and one.direction == Direction.IN)
        if opening is None or seen.dialog_id not in opening.unread or seen.dialog_id == self.peeked:
            return
        if not any((one.at, one.id) > (seen.at, seen.id) for one in heard):
            self.page.do(partial(self._mark, seen.dialog_id), group="read")

    async def _mark(self, dialog: DialogId) -> None:
        await self.page.workspace.write(partial(dialogs.read, dialog=dialog))

"""The pane of the conversation."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from chatapp_cli.tui.look import Look
from chatapp_cli.tui.widgets.bars import Heading
from chatapp_cli.tui.widgets.transcript import Transcript


class ConversationPane(Vertical):
    """Whose conversation it is, and what was said; nothing of the pane itself is seen, so nothing of it is painted."""

    BLANK = True

    def __init__(self, look: Look) -> None:
        super().__init__(id="right")
        self.heading = Heading(look)
        self.transcript = Transcript(look)

    def compose(self) -> ComposeResult:
        """What is seen before the first dialog is opened."""
        yield self.heading
        yield self.transcript

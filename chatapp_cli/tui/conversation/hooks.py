"""What becomes of a conversation, as its parts hear of it."""

from __future__ import annotations

from chatapp_cli.tui.reading.conversations import Opening
from chatapp_cli.tui.session.journal_feed import JournalAdvanced


class Hooks:
    """What a part may answer to; here nothing comes of any of it."""

    async def furnish(self) -> None:
        """The conversation gets what it does not need before the first paint."""

    async def before(self, opening: Opening) -> None:
        """Another dialog is about to be open; the conversation still has the one before."""

    async def opened(self, opening: Opening) -> None:
        """A dialog is open and can be written to."""

    def renewed(self) -> None:
        """What is known of the open dialog was read anew."""

    async def hear(self, news: JournalAdvanced) -> None:
        """Something happened, in the conversation or elsewhere."""

    def tick(self) -> None:
        """Some seconds passed."""

    def warning(self) -> str:
        """Why somebody should think twice before they answer; empty without a reason."""
        return ""

    def lost(self) -> None:
        """The dialog that is open is no more."""

    def typed(self, text: str) -> None:
        """Somebody changed what is written, to this."""

    async def close(self) -> None:
        """The window closes."""

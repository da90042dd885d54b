"""The hooks by which a conversation tells its parts what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.tui.session.journal_feed import JournalAdvanced

if TYPE_CHECKING:
    from chatapp_cli.tui.reading.conversations import Opening


class Hooks:
    """All hooks of a part; by default they do nothing."""

    async def set_up(self) -> None:
        """Set up what is not needed before the window's first paint."""

    async def before_opening(self, opening: Opening) -> None:
        """Another dialog is about to be opened; ``Conversation.opening`` is still the previous one."""

    async def opened(self, opening: Opening) -> None:
        """A dialog is open and can be written to."""

    def renewed(self) -> None:
        """The open dialog was read again."""

    async def hear(self, news: JournalAdvanced) -> None:
        """The journal has new entries, of this conversation or others."""

    def tick(self) -> None:
        """Called every few seconds."""

    def warning(self) -> str:
        """A reason not to answer just now; empty if there is none."""
        return ""

    def dialog_deleted(self) -> None:
        """The open dialog was deleted, as its channel was unbound, or is hidden from this operator now."""

    def typed(self, text: str) -> None:
        """The text of the composer changed to ``text``."""

    async def close(self) -> None:
        """The window is closing."""

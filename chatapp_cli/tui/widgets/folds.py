"""Which mails of a conversation are unfolded: shown with what they quote."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatapp_cli.domain.ids import MessageId


class Folds:
    """The whole texts of the unfolded ones."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._whole: dict[MessageId, str] = {}
        self._changed = changed

    @property
    def unfolded(self) -> Mapping[MessageId, str]:
        """The whole texts, by message."""
        return self._whole

    def unfold(self, message: MessageId, whole: str) -> None:
        """Show the whole text of a mail in its place."""
        self._whole[message] = whole
        self._changed()

    def fold(self, message: MessageId) -> None:
        """Show again only what is new in a mail."""
        self._whole.pop(message, None)
        self._changed()

    def clear(self) -> None:
        """Begin another conversation, in which everything is folded."""
        self._whole.clear()

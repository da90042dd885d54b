"""Scrolls a conversation by itself: to the message that it was opened at, or along with its end."""

from __future__ import annotations

from collections.abc import Callable

from textual.scroll_view import ScrollView


class AutoScroll:
    """Scrolls at once, and again after the layout that is under way."""

    def __init__(self, pane: ScrollView) -> None:
        self._pane = pane
        self._show: Callable[[], None] | None = None
        self.at_end = True
        """Whether the end is kept in view as messages are added."""

    def begin(self, show: Callable[[], None] | None = None, *, at_end: bool = True) -> None:
        """Begin another conversation, at its end; ``show``, which is called twice, may scroll elsewhere."""
        self._show, self.at_end = show, at_end

    def settle(self) -> None:
        """Scroll to where the conversation begins, or to the end; later if the pane has no size yet."""
        if self._pane.scrollable_content_region.width > 0:
            if self._show is not None:
                show, self._show = self._show, None
                show()
                self._pane.call_after_refresh(self._show_again, show)
            self.keep()

    def _show_again(self, show: Callable[[], None]) -> None:
        show()
        self.keep()

    def keep(self, *, again: bool = True) -> None:
        """Scroll to the end if it is kept in view."""
        if self.at_end:
            self._pane.scroll_to(y=self._pane.max_scroll_y, animate=False, force=True)
            if again:
                self._pane.call_after_refresh(lambda: self.keep(again=False))

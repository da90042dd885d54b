"""Scrolls a conversation by itself: to the message that it was opened at, or along with its end."""

from __future__ import annotations

from collections.abc import Callable

from textual.scroll_view import ScrollView


class AutoScroll:
    """Scrolls at once, and again after the layout that is under way."""

    def __init__(self, pane: ScrollView, show: Callable[[], None]) -> None:
        self._pane, self._show = pane, show
        self.at_end = True
        """Whether the end is kept in view as messages are added."""
        self._aiming = False

    def begin(self, *, at_end: bool) -> None:
        """Begin another conversation, at its end or at the chosen message."""
        self.at_end, self._aiming = at_end, not at_end

    def aim(self) -> None:
        """Scroll to the chosen message if that has not been done yet."""
        if self._aiming:
            self._aiming = False
            self._show()
            self._pane.call_after_refresh(self._show)

    def settle(self) -> None:
        """Scroll to the chosen message, or to the end if it is kept in view; later if the pane has no size yet."""
        if self._pane.scrollable_content_region.width > 0:
            self.aim()
            self.keep()

    def keep(self, *, again: bool = True) -> None:
        """Scroll to the end if it is kept in view."""
        if self.at_end:
            self._pane.scroll_to(y=self._pane.max_scroll_y, animate=False, force=True)
            if again:
                self._pane.call_after_refresh(lambda: self.keep(again=False))

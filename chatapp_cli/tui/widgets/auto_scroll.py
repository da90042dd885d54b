"""Where a conversation is scrolled to by itself: to the message that it was opened at, or along with its end."""

from __future__ import annotations

from collections.abc import Callable

from textual.scroll_view import ScrollView


class AutoScroll:
    """Goes there at once, and again when the layout that is under way is done."""

    def __init__(self, pane: ScrollView, show: Callable[[], None]) -> None:
        self._pane, self._show = pane, show
        self.at_end = True
        """Whether the end is followed as it moves on."""
        self._aiming = False

    def begin(self, *, at_end: bool) -> None:
        """Another conversation is opened: at its end, or at the message that is chosen."""
        self.at_end, self._aiming = at_end, not at_end

    def aim(self) -> None:
        """Show the chosen message, once."""
        if self._aiming:
            self._aiming = False
            self._show()
            self._pane.call_after_refresh(self._show)

    def keep(self, *, again: bool = True) -> None:
        """Go to the end, if it is followed."""
        if self.at_end:
            self._pane.scroll_to(y=self._pane.max_scroll_y, animate=False, force=True)
            if again:
                self._pane.call_after_refresh(lambda: self.keep(again=False))

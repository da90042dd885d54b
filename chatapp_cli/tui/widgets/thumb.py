"""A scrollbar that is painted with its pane: a thumb in the last column, which the mouse can drag."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.scroll_view import ScrollView
from textual.strip import Strip

_SIGN = "▐"


class Thumb:
    """The thumb of a pane; it has no lines if the whole content is in view.

    Textual's own scrollbar is a widget, which is laid out and painted with every step: a third of a page's time.
    """

    def __init__(self, pane: ScrollView) -> None:
        self._pane = pane
        self.lines = range(0)
        self._held: int | None = None
        """The line of the thumb at which the mouse took it; ``None`` while it is not held."""

    def place(self) -> range:
        """The lines of the pane at which the thumb belongs now."""
        shown, whole = self._pane.size.height, self._pane.virtual_size.height
        if not 0 < shown < whole:
            return range(0)
        long = max(1, round(shown * shown / whole))
        top = round((shown - long) * self._pane.scroll_y / max(1, self._pane.max_scroll_y))
        return range(top, top + long)

    def paint(self, strips: list[Strip], top: int, resting: Style, held: Style) -> None:
        """Paint the thumb over lines of the pane, of which the first is line ``top``."""
        width = self._pane.size.width
        thumb = Strip([Segment(_SIGN, resting if self._held is None else held)], 1)
        for colours in self._pane.get_line_filters():
            thumb = thumb.apply_filter(colours, self._pane.background_colors[1])
        for y in self.lines:
            if 0 <= y - top < len(strips):
                strips[y - top] = Strip.join([strips[y - top].crop(0, width), thumb])

    def take(self, event: events.MouseDown) -> None:
        """Take hold of the thumb; a press beside it brings it there first."""
        if self.lines:
            self._held = event.y - self.lines.start if event.y in self.lines else len(self.lines) // 2
            self._pane.capture_mouse()
            self.drag(event.y)

    def drag(self, y: int) -> None:
        """Scroll to where the mouse drags the thumb, if it is held."""
        if self._held is not None:
            free = max(1, self._pane.size.height - len(self.lines))
            self._pane.scroll_to(y=self._pane.max_scroll_y * (y - self._held) / free, animate=False)
            self._pane.refresh()

    def let_go(self) -> None:
        """End the dragging."""
        if self._held is not None:
            self._held = None
            self._pane.release_mouse()
            self._pane.refresh()

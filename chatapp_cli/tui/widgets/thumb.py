"""What stands for a scrollbar: a sign in the last column of a pane, which the mouse can hold."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.scroll_view import ScrollView
from textual.strip import Strip

_SIGN = "▐"


class Thumb:
    """The lines of a pane that show where in the whole one is; none if all of it is seen.

    A scrollbar of Textual's is a widget of as many lines as the pane, laid out and painted with each of its steps:
    a third of the time that a page takes.
    """

    def __init__(self, pane: ScrollView) -> None:
        self._pane = pane
        self.lines = range(0)
        self._held: int | None = None
        """Its line by which the mouse holds it."""

    def place(self) -> range:
        """Where it belongs now."""
        shown, whole = self._pane.size.height, self._pane.virtual_size.height
        if not 0 < shown < whole:
            return range(0)
        long = max(1, round(shown * shown / whole))
        top = round((shown - long) * self._pane.scroll_y / max(1, self._pane.max_scroll_y))
        return range(top, top + long)

    def paint(self, strips: list[Strip], top: int, resting: Style, held: Style) -> None:
        """Put it over lines of the pane, the first of which is at ``top``."""
        width = self._pane.size.width
        thumb = Strip([Segment(_SIGN, resting if self._held is None else held)], 1)
        for colours in self._pane.get_line_filters():
            thumb = thumb.apply_filter(colours, self._pane.background_colors[1])
        for y in self.lines:
            if 0 <= y - top < len(strips):
                strips[y - top] = Strip.join([strips[y - top].crop(0, width), thumb])

    def take(self, event: events.MouseDown) -> None:
        """Take hold of it, or bring it here."""
        if self.lines:
            self._held = event.y - self.lines.start if event.y in self.lines else len(self.lines) // 2
            self._pane.capture_mouse()
            self.drag(event.y)

    def drag(self, y: int) -> None:
        """Scroll to where the mouse pulls it, if it holds it."""
        if self._held is not None:
            free = max(1, self._pane.size.height - len(self.lines))
            self._pane.scroll_to(y=self._pane.max_scroll_y * (y - self._held) / free, animate=False)
            self._pane.refresh()

    def let_go(self) -> None:
        """The mouse holds it no longer."""
        if self._held is not None:
            self._held = None
            self._pane.release_mouse()
            self._pane.refresh()

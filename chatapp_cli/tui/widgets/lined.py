"""Virtual lines: what the list and the conversation have in common."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual import events
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chatapp_cli.tui.look import Look

OTHER_BUTTON = 3
"""Of a mouse: the right one."""
TWICE = 2
_THUMB = "▐"


class Lined(ScrollView, can_focus=True):
    """A pane that paints its own lines, and in its last column which part of the whole is seen.

    A scrollbar of Textual's is a widget of as many lines as the pane, laid out and painted with each of its steps:
    a third of the time that a page takes.
    """

    DEFAULT_CSS = """
    Lined { scrollbar-size: 0 0; padding: 0 1 0 0; overflow: hidden scroll; height: 1fr; }
    """
    virtual_size = Reactive(Size(0, 0), layout=False, repaint=False)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._thumb = range(0)
        self._held: int | None = None
        """The line of the thumb by which the mouse holds it."""

    def watch_virtual_size(self) -> None:
        """Keep the place right, and the thumb."""
        if self.is_mounted:
            self.scroll_y = self.validate_scroll_y(self.scroll_y)
            if self._place_thumb() != self._thumb:
                self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Paint other lines, and the thumb."""
        if round(old_value) != round(new_value):
            self.refresh()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """All but the one for the terminal's own colours: there are none in these lines."""
        return [one for one in super().get_line_filters() if not isinstance(one, ANSIToTruecolor)]

    def _place_thumb(self) -> range:
        """The lines that show where in the whole one is; none if all of it is seen."""
        shown, whole = self.size.height, self.virtual_size.height
        if not 0 < shown < whole:
            return range(0)
        long = max(1, round(shown * shown / whole))
        top = round((shown - long) * self.scroll_y / max(1, self.max_scroll_y))
        return range(top, top + long)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part, with the thumb."""
        strips, width = super().render_lines(crop), self.size.width
        self._thumb = self._place_thumb()
        if crop.x == 0 and crop.right > width:
            look = self._look.palette
            thumb = Strip([Segment(_THUMB, look.base + (look.rule if self._held is None else look.accent))], 1)
            for colours in self.get_line_filters():
                thumb = thumb.apply_filter(colours, self.background_colors[1])
            for y in self._thumb:
                if y in crop.line_range:
                    strips[y - crop.y] = Strip.join([strips[y - crop.y].crop(0, width), thumb])
        return strips

    # The mouse on the thumb

    def beside(self, event: events.MouseEvent) -> bool:
        """Whether the mouse is where the thumb moves, not on a line."""
        return event.x >= self.size.width

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the thumb, or bring it here."""
        if self.beside(event) and self._thumb:
            self._held = event.y - self._thumb.start if event.y in self._thumb else len(self._thumb) // 2
            self.capture_mouse()
            self._drag(event.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag it."""
        if self._held is not None:
            self._drag(event.y)

    def on_mouse_up(self) -> None:
        """Let go of it."""
        if self._held is not None:
            self._held = None
            self.release_mouse()
            self.refresh()

    def _drag(self, y: int) -> None:
        free = max(1, self.size.height - len(self._thumb))
        self.scroll_to(y=self.max_scroll_y * (y - (self._held or 0)) / free, animate=False)
        self.refresh()

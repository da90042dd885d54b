"""The base of the list and the conversation: a pane that paints only the lines in view."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.widgets.thumb import Thumb

OTHER_BUTTON = 3
"""The right button of the mouse."""
TWICE = 2


class LineView(ScrollView, can_focus=True):
    """A pane that paints its own lines, with a scrollbar in its last column."""

    DEFAULT_CSS = "LineView { scrollbar-size: 0 0; padding: 0 1 0 0; overflow: hidden scroll; height: 1fr; }"
    virtual_size = Reactive(Size(0, 0), layout=False, repaint=False)

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self._appearance, self._thumb = appearance, Thumb(self)

    def watch_virtual_size(self) -> None:
        """Keep the scroll position within the new height, and move the thumb."""
        if self.is_mounted:
            self.scroll_y = self.validate_scroll_y(self.scroll_y)
            if self._thumb.place() != self._thumb.lines:
                self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Paint the lines that come into view."""
        if round(old_value) != round(new_value):
            self.refresh()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """All filters but the one for ANSI colours, which these lines do not have."""
        return [one for one in super().get_line_filters() if not isinstance(one, ANSIToTruecolor)]

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint the lines of a region, with the thumb."""
        strips, styles = super().render_lines(crop), self._appearance.styles
        self._thumb.lines = self._thumb.place()
        if crop.x == 0 and crop.right > self.size.width:
            self._thumb.paint(strips, crop.y, styles.base + styles.rule, styles.base + styles.accent)
        return strips

    def beside(self, event: events.MouseEvent) -> bool:
        """Whether the mouse is in the column of the thumb."""
        return event.x >= self.size.width

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the thumb."""
        if self.beside(event):
            self._thumb.take(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the thumb, if it is held."""
        self._thumb.drag(event.y)

    def on_mouse_up(self) -> None:
        """Let go of the thumb."""
        self._thumb.let_go()

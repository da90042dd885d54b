"""Virtual lines: what the list and the conversation have in common."""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView

OTHER_BUTTON = 3
"""Of a mouse: the right one."""
TWICE = 2


class Lined(ScrollView, can_focus=True):
    """A pane that paints its own lines; how many there are moves the scrollbar and nothing else.

    The scrollbar is always there, so that another length needs no new layout of the page and no repaint of the pane.
    """

    DEFAULT_CSS = """
    Lined { scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; overflow: hidden scroll; height: 1fr; }
    """
    virtual_size = Reactive(Size(0, 0), layout=False, repaint=False)

    def watch_virtual_size(self, size: Size) -> None:
        """Keep the scrollbar and the place right."""
        if self.is_mounted:
            self.vertical_scrollbar.window_virtual_size = size.height
            self.scroll_y = self.validate_scroll_y(self.scroll_y)

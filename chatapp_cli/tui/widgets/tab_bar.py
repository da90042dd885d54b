"""The row of tabs: names, the front one, and which have unread messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.message import Message

from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.tui.reading.cells import cut
from chatapp_cli.tui.widgets.bars import Bar, Piece

_LEAST, _MOST = 6, 24
"""The least and most cells of a name."""


@dataclass(slots=True)
class DialogTab:
    """A dialog that stays open beside others."""

    dialog: DialogId
    name: str = ""
    at: MessageId | None = None
    """The message that was in the middle when the tab was left; ``None`` if the end was on the screen."""
    unread: bool = False


class TabBar(Bar):
    """One line of tabs; hidden while only one dialog is open."""

    DEFAULT_CSS = "TabBar { height: 1; display: none; }  TabBar.-several { display: block; }"
    tabs: Sequence[DialogTab] = ()
    front = 0

    class TabChosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: int) -> None:
            super().__init__()
            self.tab = tab

    def tell(self, tabs: Sequence[DialogTab], front: int) -> None:
        """Show other tabs."""
        self.tabs, self.front = tuple(tabs), front
        self.set_class(len(tabs) > 1, "-several")
        self.refresh()

    def lines(self) -> Sequence[tuple[list[Piece], list[Piece]]]:
        """The line of names."""
        return [([piece for pieces in self._pieces() for piece in pieces], [])]

    def _pieces(self) -> Iterator[list[Piece]]:
        """The pieces of each tab."""
        styles = self.appearance.styles
        room = max(_LEAST, min(_MOST, self.size.width // max(1, len(self.tabs)) - 3))
        for n, tab in enumerate(self.tabs):
            style = styles.strong + Style(underline=True) if n == self.front else styles.muted
            yield [("•" if tab.unread else " ", styles.accent), (cut(tab.name, room), style), ("  ", styles.plain)]

    def on_click(self, event: events.Click) -> None:
        """Choose the tab under the mouse."""
        end = 0
        for n, pieces in enumerate(self._pieces()):
            end += sum(cell_len(text) for text, _style in pieces)
            if event.x < end:
                self.post_message(self.TabChosen(n))
                return

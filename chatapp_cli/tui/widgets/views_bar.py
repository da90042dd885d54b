"""The row of saved views with their counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.message import Message

from chatapp_cli.store.rows.operators import ViewRow
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.reading.cells import cut
from chatapp_cli.tui.widgets.bars import Bar, Piece

MOST = 1_000
"""The highest count that the window reads."""
_NAME = 18
_BETWEEN = 2


def counted(number: int) -> str:
    """A count as the row shows it."""
    return f"{MOST - 1}+" if number >= MOST else str(number)


class ViewsBar(Bar):
    """The names and counts of views; a click chooses one."""

    DEFAULT_CSS = "ViewsBar { height: 1; }"

    class ViewChosen(Message):
        """A view was clicked."""

        def __init__(self, view: ViewRow) -> None:
            super().__init__()
            self.view = view

    class RoomChanged(Message):
        """There is room for more or fewer views."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(appearance)
        self._views: Sequence[ViewRow] = ()
        self._counts: Mapping[int, int] = {}
        self._chosen: int | None = None

    def tell(self, views: Sequence[ViewRow], counts: Mapping[int, int], chosen: int | None) -> None:
        """Show other views, counts, or another chosen one."""
        self._views, self._counts, self._chosen = views, counts, chosen
        self.refresh()

    @property
    def chosen(self) -> int | None:
        """The id of the view that is marked as the one in use."""
        return self._chosen

    def choose(self, chosen: int | None) -> None:
        """Mark another view as the one in use; ``None`` for none."""
        if self._chosen != chosen:
            self._chosen = chosen
            self.refresh()

    def seen(self, views: Sequence[ViewRow]) -> list[ViewRow]:
        """The views that there is room for; others need not be counted."""
        return [row for row, start in self._placed(views) if start < self.size.width]

    def _placed(self, views: Sequence[ViewRow]) -> list[tuple[ViewRow, int]]:
        """The views, each with the cell where it begins."""
        placed, at = [], 1
        for row in views:
            placed.append((row, at))
            at += cell_len(cut(row.name, _NAME) + self._number(row)) + _BETWEEN
        return placed

    def _number(self, row: ViewRow) -> str:
        number = self._counts.get(row.id, 0)
        return f" {counted(number)}" if number else ""

    def lines(self) -> Sequence[tuple[list[Piece], list[Piece]]]:
        """The line of views."""
        styles = self.appearance.styles
        pieces: list[Piece] = [(" ", styles.plain)]
        for row in self._views:
            style = styles.strong + Style(underline=True) if row.id == self._chosen else styles.muted
            pieces += [
                (cut(row.name, _NAME), style),
                (self._number(row), styles.accent),
                (" " * _BETWEEN, styles.plain),
            ]
        return [(pieces, [])]

    def on_resize(self) -> None:
        """Tell: views out of view are not counted."""
        self.post_message(self.RoomChanged())

    def on_click(self, event: events.Click) -> None:
        """Choose the view under the mouse."""
        under = [row for row, start in self._placed(self._views) if start <= event.x]
        if under:
            self.post_message(self.ViewChosen(under[-1]))

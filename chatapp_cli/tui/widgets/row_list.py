"""A list of rows, and below it what is told of the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar, cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

R = TypeVar("R")
_BESIDE: Final = 5
"""Cells of padding and scrollbar beside a row."""


class RowList(Vertical, Generic[R]):
    """The list, and the texts below it by their names: that of the chosen row is ``whole``."""

    DEFAULT_CSS = """
    RowList { height: 1fr; }
    RowList OptionList { border: none; height: 1fr; min-height: 4; padding: 0 1; background: $background;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    RowList OptionList:focus { border: none; background-tint: $background 0%; }
    RowList VerticalScroll { height: auto; max-height: 45%; padding: 0 2; border-top: solid $rule;
        scrollbar-size-vertical: 1; }
    RowList VerticalScroll.-empty { display: none; }
    """

    def __init__(
        self,
        table: Callable[[Sequence[R], int], Sequence[Text]],
        whole: Callable[[R], Text],
        identity: Callable[[R], object],
        told: Sequence[str],
    ) -> None:
        """``table``: a line of so many cells for each row; ``identity``: what tells a row from others."""
        super().__init__()
        self._table, self._whole, self._identity, self._told = table, whole, identity, told
        self._remark = ""
        self.rows: Sequence[R] = ()

    def compose(self) -> ComposeResult:
        """The list, and below it what is told."""
        yield OptionList(markup=False)
        for part in self._told:
            with VerticalScroll(can_focus=False, classes="-empty"):
                yield Static(id=part, markup=False)

    def show(self, rows: Sequence[R], remark: str, *, at: R | None = None) -> None:
        """List rows, with what is said of them together below the last one; the cursor stays, or goes to a row."""
        chosen = self.chosen if at is None else at
        self.rows, self._remark = rows, remark
        self._list(None if chosen is None else self._identity(chosen))

    def _list(self, chosen: object) -> None:
        shown = self.query_one(OptionList)
        before = shown.highlighted or 0
        at = next((at for at, row in enumerate(self.rows) if self._identity(row) == chosen), before)
        shown.clear_options()
        shown.add_options([Option(line) for line in self._table(self.rows, shown.size.width - _BESIDE)])
        if self._remark:
            shown.add_option(Option(self._remark, disabled=True))
        shown.highlighted = min(at, len(self.rows) - 1) if self.rows else None
        self._show_chosen()

    def on_resize(self) -> None:
        """Fit the columns into another width."""
        self.repaint()

    def repaint(self) -> None:
        """Make the lines again, in the colours and the width of now."""
        if self.rows:
            self.call_after_refresh(self.show, self.rows, self._remark)

    @on(OptionList.OptionHighlighted)
    def _show_chosen(self) -> None:
        row = self.chosen
        self.tell("whole", Text() if row is None else self._whole(row))

    def tell(self, part: str, words: Text) -> None:
        """Show one of the texts below the list; an empty one takes no room."""
        shown = self.query_one(f"#{part}", Static)
        shown.update(words)
        cast("VerticalScroll", shown.parent).set_class(not words, "-empty")

    @property
    def chosen(self) -> R | None:
        """The row at the cursor."""
        at = self.query_one(OptionList).highlighted
        return None if at is None or at >= len(self.rows) else self.rows[at]

"""A page with a list, and below it the chosen row in full."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import ClassVar, Final, Generic, TypeVar, cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.widgets.bars import StatusBar

R = TypeVar("R")
_BESIDE: Final = 5
"""Cells of padding and scrollbar beside a row."""


class ListedPage(ActionPage, Generic[R]):
    """A title, a list of rows, what is said of the chosen one, and the keys of the scope of the page."""

    DEFAULT_CSS = """
    ListedPage #title { height: 2; padding: 0 2; border-bottom: solid $rule; color: $muted; }
    ListedPage OptionList { border: none; height: 1fr; min-height: 4; padding: 0 1; background: $background;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    ListedPage OptionList:focus { border: none; background-tint: $background 0%; }
    ListedPage VerticalScroll { height: auto; max-height: 45%; padding: 0 2; border-top: solid $rule;
        scrollbar-size-vertical: 1; }
    ListedPage VerticalScroll.-empty { display: none; }
    """
    SCOPE: ClassVar[str]
    TOLD: ClassVar[Sequence[str]] = ("whole",)
    """The names of what is told below the list."""
    KEYLESS: ClassVar[Collection[str]] = ()
    """The ids of actions that are not shown among the keys."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[R] = ()

    @abstractmethod
    def heading(self) -> str:
        """The title of the page."""

    @abstractmethod
    async def look(self) -> Overview:
        """Read the rows again; returns what the last line shows."""

    @abstractmethod
    def table(self, width: int) -> Sequence[Text]:
        """A line of so many cells for each row."""

    @abstractmethod
    def whole(self, row: R) -> Text:
        """A row in full."""

    @abstractmethod
    def identity(self, row: R) -> object:
        """What tells a row from others when the rows are read again."""

    def remark(self) -> str:
        """What is said of the rows together, below the last one; empty: nothing."""
        return ""

    def compose(self) -> ComposeResult:
        """The list, and below it what is told."""
        yield Static(self.heading(), id="title", markup=False)
        yield OptionList(markup=False)
        for part in self.TOLD:
            with VerticalScroll(can_focus=False, classes="-empty"):
                yield Static(id=part, markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Read."""
        self.query_one(StatusBar).tell_keys(self.SCOPE, "app", without=self.KEYLESS)
        self.read_again()

    def on_resize(self) -> None:
        """Fit the columns into another width."""
        if self.rows:
            self.call_after_refresh(self.list_again)

    def read_again(self) -> None:
        """Read the rows in the background."""
        self.do(self.read_rows, group="read", exclusive=True)

    async def read_rows(self) -> None:
        """Read the rows and list them; the chosen one stays chosen."""
        chosen = self.chosen
        bars = await self.look()
        self.query_one(StatusBar).tell(bars)
        self.query_one("#title", Static).update(self.heading())
        self.list_again(None if chosen is None else self.identity(chosen))
        self.query_one(OptionList).focus()

    def list_again(self, chosen: object = None) -> None:
        """List the rows, with the cursor on the one that was chosen, or else where it was."""
        shown = self.query_one(OptionList)
        before = shown.highlighted or 0
        at = next((at for at, row in enumerate(self.rows) if self.identity(row) == chosen), before)
        shown.clear_options()
        shown.add_options([Option(line) for line in self.table(shown.size.width - _BESIDE)])
        if said := self.remark():
            shown.add_option(Option(said, disabled=True))
        shown.highlighted = min(at, len(self.rows) - 1) if self.rows else None
        self._show_chosen()

    @on(OptionList.OptionHighlighted)
    def _show_chosen(self) -> None:
        row = self.chosen
        self.tell("whole", Text() if row is None else self.whole(row))

    def tell(self, part: str, words: Text) -> None:
        """Show one of the texts below the list; an empty one takes no room."""
        shown = self.query_one(f"#{part}", Static)
        shown.update(words)
        if shown.parent is not None:
            cast("VerticalScroll", shown.parent).set_class(not words, "-empty")

    @property
    def chosen(self) -> R | None:
        """The row at the cursor."""
        at = self.query_one(OptionList).highlighted
        return None if at is None or at >= len(self.rows) else self.rows[at]

    def action_back(self) -> None:
        """Back to the page before."""
        self.dismiss()

    def action_down(self) -> None:
        """The next one."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """The one before."""
        self.query_one(OptionList).action_cursor_up()

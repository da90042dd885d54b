"""A page with a list, and below it the chosen row in full."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import OptionList, Static

from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.row_list import RowList

R = TypeVar("R")


class ListedPage(ActionPage, Generic[R]):
    """A title, a list of rows, what is said of the chosen one, and the keys of the scope of the page."""

    DEFAULT_CSS = "ListedPage #title { height: 2; padding: 0 2; border-bottom: solid $rule; color: $muted; }"
    SCOPE: ClassVar[str]
    TOLD: ClassVar[Sequence[str]] = ("whole",)
    """The names of what is told below the list."""
    KEYLESS: ClassVar[Collection[str]] = ()
    """The ids of actions that are not shown among the keys."""

    @abstractmethod
    def heading(self) -> str:
        """The title of the page."""

    @abstractmethod
    async def look(self) -> tuple[Sequence[R], str, Overview]:
        """Read the rows, what is said of them together, and what the last line shows."""

    @abstractmethod
    def table(self, rows: Sequence[R], width: int) -> Sequence[Text]:
        """A line of so many cells for each row."""

    @abstractmethod
    def whole(self, row: R) -> Text:
        """A row in full."""

    @abstractmethod
    def identity(self, row: R) -> object:
        """What tells a row from others when the rows are read again."""

    def compose(self) -> ComposeResult:
        """Title, list and keys."""
        yield Static(self.heading(), id="title", markup=False)
        yield RowList(self.table, self.whole, self.identity, self.TOLD)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Read."""
        self.query_one(StatusBar).tell_keys(self.SCOPE, "app", without=self.KEYLESS)
        self.read_again()

    @property
    def listed(self) -> RowList[R]:
        """The list."""
        return self.query_one(RowList)

    def read_again(self) -> None:
        """Read the rows in the background."""
        self.do(self.read_rows, group="read", exclusive=True)

    async def read_rows(self) -> None:
        """Read the rows and list them; the chosen one stays chosen."""
        rows, remark, bars = await self.look()
        self.query_one(StatusBar).tell(bars)
        self.listed.show(rows, remark)
        self.query_one(OptionList).focus()

    def repaint(self) -> None:
        """Paint the rows in the colours of another theme."""
        self.listed.repaint()

    def action_back(self) -> None:
        """Back to the page before."""
        self.dismiss()

    def action_down(self) -> None:
        """The next one."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """The one before."""
        self.query_one(OptionList).action_cursor_up()

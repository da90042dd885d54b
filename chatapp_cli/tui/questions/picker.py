"""Choosing one of many while its name is typed: a box above those that match."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from chatapp_cli.tui.keys.keymap import over_a_page
from chatapp_cli.tui.popups import Popup

T = TypeVar("T")


class Picker(Popup[T], Generic[T]):
    """A box and a list; each kind says where its rows come from and how one reads."""

    DEFAULT_CSS = "Picker OptionList { margin: 1 0 0 0; }"
    SCOPE = "quick"
    BINDINGS = over_a_page("quick")

    def __init__(self, placeholder: str, nothing: str, title: str = "") -> None:
        super().__init__()
        self._placeholder, self._nothing, self._title = placeholder, nothing, title
        self.found: Sequence[T] = ()

    @abstractmethod
    def narrow(self, typed: str) -> None:
        """List what matches the typed text."""

    @abstractmethod
    def line(self, one: T) -> Text:
        """The text of a row."""

    def compose(self) -> ComposeResult:
        """Box and list."""
        with Vertical():
            if self._title:
                yield Label(self._title, classes="title", markup=False)
            yield Input(placeholder=self._placeholder, id="search")
            yield OptionList(markup=False)
            yield from self.below()

    def below(self) -> Iterable[Widget]:
        """Widgets under the list."""
        return ()

    def on_mount(self) -> None:
        """List everything; the focus stays in the box."""
        self.query_one(OptionList).can_focus = False
        self.narrow("")

    @on(Input.Changed, "#search")
    def _typed(self, event: Input.Changed) -> None:
        self.narrow(event.value)

    def list_those(self, found: Sequence[T]) -> None:
        """List what was found, with the cursor on the first row."""
        self.found = found
        shown = self.query_one(OptionList)
        shown.clear_options()
        shown.add_options([Option(self.line(one)) for one in found] or [Option(self._nothing, disabled=True)])
        shown.highlighted = 0 if found else None

    @property
    def chosen(self) -> T | None:
        """The value of the row that Enter takes."""
        at = self.query_one(OptionList).highlighted
        return None if at is None or not self.found else self.found[at]

    def action_next(self) -> None:
        """Move the cursor one row down."""
        self.query_one(OptionList).action_cursor_down()

    def action_previous(self) -> None:
        """Move the cursor one row up."""
        self.query_one(OptionList).action_cursor_up()

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def action_pick(self) -> None:
        """Take the chosen value."""
        if self.chosen is not None:
            self.take(self.chosen)

    def take(self, chosen: T) -> None:
        """Answer with the chosen value, unless a picker asks for more first."""
        self.answer(chosen)

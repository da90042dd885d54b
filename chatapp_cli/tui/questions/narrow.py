"""All filters of the dialog list on one page (S-117)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static

from chatapp_cli.domain.dialog import DialogFilter, Filter, FilterKind, rows
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.when import since
from chatapp_cli.i18n import _, show
from chatapp_cli.tui.popups import Popup

Options = Sequence[tuple[Any, str]]
"""Values with the words for them."""


Choices: TypeAlias = Mapping[FilterKind, Options]
"""The values to choose from, for each kind of filter that is not typed."""


class Cycler(Widget, can_focus=True):
    """One of several values, turned by the arrows, Space or a click."""

    DEFAULT_CSS = "Cycler { height: 1; width: 1fr; }  Cycler:focus { background: $panel; text-style: bold; }"
    BINDINGS: ClassVar[list[BindingType]] = [("right,space,l,д", "turn(1)"), ("left,h,р", "turn(-1)")]

    class Turned(Message):
        """Another value is chosen."""

    def __init__(self, options: Options, value: object, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._options = options
        self._at = next((n for n, (known, _words) in enumerate(options) if known == value), 0)

    @property
    def value(self) -> Any:
        """The chosen value."""
        return self._options[self._at][0]

    def render(self) -> Text:
        """The words of the value between arrows."""
        return Text(f"‹ {self._options[self._at][1]} ›", no_wrap=True, overflow="ellipsis")

    def action_turn(self, step: int) -> None:
        """The next value, or the one before."""
        self._at = (self._at + step) % len(self._options)
        self.refresh()

    def on_click(self) -> None:
        """A click turns."""
        self.action_turn(1)


class Narrow(Popup[DialogFilter]):
    """Rows of a name and a value; Enter shows the dialogs that pass all filters."""

    DEFAULT_CSS = """
    Narrow .row { height: 1; margin: 0; }
    Narrow .row > Label { width: 24; color: $muted; }
    Narrow .row > Input, Narrow .row > Input:focus { border: none; height: 1; padding: 0; width: 1fr; }
    Narrow .row > Input:focus { background: $panel; }
    Narrow #buttons { margin: 1 0 0 0; }
    Narrow .note { margin: 1 0 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("down", "app.focus_next"),
        ("up", "app.focus_previous"),
        ("enter", "apply"),
    ]

    def __init__(self, wanted: DialogFilter, choices: Choices, now: Millis) -> None:
        super().__init__()
        self._wanted, self._choices, self._now = wanted, choices, now

    def compose(self) -> ComposeResult:
        """A row for each filter."""
        with Vertical():
            yield Label(_("Which dialogs"), classes="title", markup=False)
            for one in rows():
                yield Horizontal(Label(show(one.row), markup=False), self._value(one), classes="row")
            yield Static(_("Dates: 2026-12-01, 7d or 2h ago. Enter shows what fits."), classes="note", markup=False)
            with Horizontal(id="buttons"):
                yield Button(_("Show"), id="show", compact=True)

    def _value(self, one: Filter) -> Widget:
        value = getattr(self._wanted, one.name)
        if one.kind in self._choices:
            return Cycler(self._choices[one.kind], value, id=one.name)
        return Input(_shown(value), placeholder=_("any"), id=one.name, compact=True)

    @on(Input.Submitted)
    @on(Button.Pressed)
    def action_apply(self) -> None:
        """Answer with the filters; a date that is not understood is shown instead."""
        chosen: dict[str, Any] = {str(cycler.id): cycler.value for cycler in self.query(Cycler)}
        try:
            for box in self.query(Input):
                chosen[str(box.id)] = self._moment(str(box.id), box.value.strip())
        except UsageError as error:
            self.query_one(".note", Static).update(show(error.what))
            return
        self.answer(self._wanted.but(**chosen))

    def _moment(self, name: str, said: str) -> Millis | str | None:
        """The words for a moment, which mean another one each day; what was not changed stays. Raises UsageError."""
        before: Millis | str | None = getattr(self._wanted, name)
        if said in {"", _shown(before)}:
            return before if said else None
        since(said, now=self._now)
        return said


def _shown(moment: Millis | str | None) -> str:
    if moment is None or isinstance(moment, str):
        return moment or ""
    return written(moment)

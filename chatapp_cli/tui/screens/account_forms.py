"""What is asked about an account: a new password, and the lines that are seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label, SelectionList, Static
from textual.widgets.selection_list import Selection

from chatapp_cli.domain.ids import LineId
from chatapp_cli.i18n import _
from chatapp_cli.services.passwords import LEAST
from chatapp_cli.store.rows.channels import LineRow
from chatapp_cli.tui.cells import as_it_stands
from chatapp_cli.tui.small import Small


class NewPassword(Small[str]):
    """The same password twice, unseen."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """Two boxes."""
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            yield Input(placeholder=_("New password"), password=True)
            yield Input(placeholder=_("Once more"), password=True)
            yield Static(_("At least {n} characters.", n=LEAST), classes="note", markup=False)

    @on(Input.Submitted)
    def _on(self, event: Input.Submitted) -> None:
        first, second = self.query(Input)
        if event.input is first:
            second.focus()
        elif len(first.value) < LEAST:
            self._again(_("A password needs at least {n} characters.", n=LEAST))
        elif first.value != second.value:
            self._again(_("These were two different ones."))
        else:
            self.answer(first.value)

    def _again(self, why: str) -> None:
        for box in self.query(Input):
            box.value = ""
        self.query_one(Static).update(why)
        self.query(Input).first().focus()


class PickLines(Small[list[LineId]]):
    """Lines, chosen by Space; none of them means all."""

    DEFAULT_CSS = """
    PickLines SelectionList { border: none; background: $surface; padding: 0; height: auto; max-height: 16; }
    PickLines SelectionList:focus { border: none; background-tint: $surface 0%; }
    PickLines SelectionList > .selection-list--button { color: $panel; background: $panel; }
    PickLines SelectionList > .selection-list--button-highlighted { color: $panel; background: $panel; }
    PickLines SelectionList > .selection-list--button-selected { color: $success; background: $panel; }
    PickLines SelectionList > .selection-list--button-selected-highlighted { color: $success; background: $panel; }
    PickLines .note { margin: 1 0 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "take", priority=True)]

    def __init__(self, title: str, lines: Sequence[LineRow], seen: Collection[LineId]) -> None:
        super().__init__()
        self._title, self._lines, self._seen = title, lines, seen

    def compose(self) -> ComposeResult:
        """A list with boxes."""
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            boxes = (Selection(as_it_stands(one.name), one.id, one.id in self._seen) for one in self._lines)
            yield SelectionList[LineId](*boxes)
            note = _("Space: choose.  Enter: done.  None chosen: every line, those to come too.")
            yield Static(note, classes="note", markup=False)

    def action_take(self) -> None:
        """These."""
        self.answer(list(self.query_one(SelectionList).selected))

"""Questions about an operator's account: a new password, the lines that they see, their rights."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label, SelectionList, Static
from textual.widgets.selection_list import Selection

from chatapp_cli.domain.access import RIGHTS, Right
from chatapp_cli.domain.ids import LineId
from chatapp_cli.i18n import _, show
from chatapp_cli.services.passwords import LEAST
from chatapp_cli.store.rows.channels import LineRow
from chatapp_cli.tui.popups import Popup
from chatapp_cli.tui.reading.cells import as_it_stands

T = TypeVar("T")


class NewPassword(Popup[str]):
    """The same password twice, hidden while it is typed."""

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
    def _submitted(self, event: Input.Submitted) -> None:
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


class Pick(Popup[list[T]], Generic[T]):
    """A choice of several values; Space adds or removes one."""

    DEFAULT_CSS = """
    Pick SelectionList { border: none; background: $surface; padding: 0; height: auto; max-height: 16; }
    Pick SelectionList:focus { border: none; background-tint: $surface 0%; }
    Pick SelectionList > .selection-list--button { color: $panel; background: $panel; }
    Pick SelectionList > .selection-list--button-highlighted { color: $panel; background: $panel; }
    Pick SelectionList > .selection-list--button-selected { color: $success; background: $panel; }
    Pick SelectionList > .selection-list--button-selected-highlighted { color: $success; background: $panel; }
    Pick .note { margin: 1 0 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "take", priority=True)]

    def __init__(self, title: str, options: Sequence[tuple[str, T]], chosen: Collection[T], note: str) -> None:
        super().__init__()
        self._title, self._options, self._chosen, self._note = title, options, chosen, note

    def compose(self) -> ComposeResult:
        """A list with check boxes."""
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            boxes = (Selection(as_it_stands(words), one, one in self._chosen) for words, one in self._options)
            yield SelectionList[T](*boxes)
            yield Static(self._note, classes="note", markup=False)

    def action_take(self) -> None:
        """Answer with what is chosen."""
        self.answer(list(self.query_one(SelectionList).selected))


class PickLines(Pick[LineId]):
    """The lines that an operator sees; none means every line."""

    def __init__(self, title: str, lines: Sequence[LineRow], seen: Collection[LineId]) -> None:
        note = _("Space: choose.  Enter: done.  None chosen: every line, those to come too.")
        super().__init__(title, [(one.name, one.id) for one in lines], seen, note)


class PickRights(Pick[Right]):
    """The rights of an account beyond those of every operator."""

    def __init__(self, title: str, offered: Collection[Right], given: Collection[Right]) -> None:
        words = [(show(what), right) for right, what in RIGHTS.items() if right in offered]
        note = _("Space: choose.  Enter: done.  None chosen: what every operator may do.")
        super().__init__(title, words, given, note)

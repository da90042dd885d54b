"""A rule of automation that no form can change here, as a file has it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Label, Static

from chatapp_cli.i18n import _
from chatapp_cli.services import auto_form
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.tui.popups import Popup
from chatapp_cli.tui.reading.cells import lines


class RuleText(Popup[None]):
    """The rule, and with ``may`` how it is changed."""

    DEFAULT_CSS = """
    RuleText > Vertical { width: 76; }
    RuleText VerticalScroll { height: auto; max-height: 50vh; scrollbar-size-vertical: 1; margin: 0 0 1 0; }
    """

    def __init__(self, rule: AutoRule, names: SourceNames, *, may: bool) -> None:
        super().__init__()
        self._rule, self._names, self._may = rule, names, may

    def compose(self) -> ComposeResult:
        """The rule as a file has it."""
        with Vertical():
            yield Label(self._rule.wanted.name, classes="title", markup=False)
            with VerticalScroll():
                yield Static(lines(auto_form.written([self._rule], self._names)), markup=False)
            if self._may:
                said = _("It says more than the form can show. Edit it with:")
                yield Static(f"{said}\nchatapp rule edit {self._rule.id}", classes="note", markup=False)

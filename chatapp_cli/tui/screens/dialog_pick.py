"""Choosing a dialog: type a part of a name, a phone or an address, take one of those that fit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option
from textual.worker import Worker

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows import DialogRow
from chatapp_cli.tui.cells import line
from chatapp_cli.tui.keymap import bindings
from chatapp_cli.tui.office import Office
from chatapp_cli.tui.screens.small import Small

_MOST = 30


class DialogPick(Small[DialogRow]):
    """The dialogs that fit, the latest first."""

    DEFAULT_CSS = """
    DialogPick OptionList { height: 10; margin: 1 0 0 0; }
    """
    BINDINGS = bindings("quick")

    def __init__(self, office: Office, title: str) -> None:
        super().__init__()
        self._office, self._title = office, title
        self._found: Sequence[DialogRow] = ()

    def compose(self) -> ComposeResult:
        """Box and dialogs."""
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            yield Input(placeholder=_("Search: name, phone, e-mail"))
            yield OptionList()

    def on_mount(self) -> None:
        """The latest ones."""
        self.query_one(OptionList).can_focus = False
        self._look("")

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._look(event.value)

    def _look(self, text: str) -> Worker[None]:
        return self.run_worker(partial(self._show, DialogFilter(text=text.strip())), exclusive=True)

    async def _show(self, wanted: DialogFilter) -> None:
        dialect = self._office.dialect
        self._found = await self._office.read(lambda tx: dialog_list.page(tx, dialect, wanted, n=_MOST))
        shown = self.query_one(OptionList)
        shown.clear_options()
        nothing = Option(_("There is no such dialog."), disabled=True)
        shown.add_options([Option(_line(row)) for row in self._found] or [nothing])
        shown.highlighted = 0 if self._found else None

    def action_next(self) -> None:
        """One further down."""
        self.query_one(OptionList).action_cursor_down()

    def action_previous(self) -> None:
        """One further up."""
        self.query_one(OptionList).action_cursor_up()

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def action_pick(self) -> None:
        """Take it."""
        at = self.query_one(OptionList).highlighted
        if at is not None and self._found:
            self.dismiss(self._found[at])


def _line(row: DialogRow) -> Text:
    channel = f"  {manifest(row.kind).label} {line(row.address)}"
    return Text.assemble((line(row.name), "bold"), (channel, "dim"), no_wrap=True, overflow="ellipsis")

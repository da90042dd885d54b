"""Somebody out of a messenger's address book, found while a name is typed (S-122)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from chatapp_cli.domain.finding import needles, search_text
from chatapp_cli.i18n import _
from chatapp_cli.tui.keymap import bindings
from chatapp_cli.tui.screens.small import Small


class ContactPick(Small[Mapping[str, str]]):
    """A box over the names that fit."""

    BINDINGS = bindings("quick")

    def __init__(self, people: Sequence[Mapping[str, str]]) -> None:
        super().__init__()
        self._people = [
            (search_text(one["name"], one["username"], one["id"], phone=one["phone"]), one) for one in people
        ]
        self._found: Sequence[Mapping[str, str]] = ()

    def compose(self) -> ComposeResult:
        """Box and people."""
        with Vertical():
            yield Input(placeholder=_("Part of a name, number or username"))
            yield OptionList()

    def on_mount(self) -> None:
        """Everybody."""
        self.query_one(OptionList).can_focus = False
        self._show("")

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._show(event.value)

    def _show(self, query: str) -> None:
        wanted = needles(query)
        self._found = [one for words, one in self._people if all(piece in words for piece in wanted)]
        listed = self.query_one(OptionList)
        listed.clear_options()
        nothing = Option(_("Nobody of that name is in the address book."), disabled=True)
        listed.add_options([Option(_line(one)) for one in self._found] or [nothing])
        listed.highlighted = 0 if self._found else None

    def action_next(self) -> None:
        """One further down."""
        self.query_one(OptionList).action_cursor_down()

    def action_previous(self) -> None:
        """One further up."""
        self.query_one(OptionList).action_cursor_up()

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def action_pick(self) -> None:
        """That one."""
        at = self.query_one(OptionList).highlighted
        if at is not None and self._found:
            self.dismiss(self._found[at])


def _line(one: Mapping[str, str]) -> Text:
    username = f"@{one['username']}" if one["username"] else ""
    known = "  ".join(filter(None, (one["phone"], username))) or one["id"]
    return Text.assemble((one["name"], "bold"), f"  {known}", no_wrap=True, overflow="ellipsis")

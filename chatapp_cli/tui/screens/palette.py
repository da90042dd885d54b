"""The page of everything that can be done: a few letters find it, Enter does it, its keys stand beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from chatapp_cli.i18n import _
from chatapp_cli.tui.cells import fit
from chatapp_cli.tui.look import Look
from chatapp_cli.tui.palette import Entry, ranked
from chatapp_cli.tui.screens.small import Small


class Palette(Small[Entry]):
    """All commands of the place."""

    DEFAULT_CSS = """
    Palette { align: center top; }
    Palette > Vertical { width: 76; margin: 2 0 0 0; padding: 0 1; border-title-color: $foreground; }
    Palette Input { margin: 0 1; }
    Palette OptionList { height: auto; max-height: 16; padding: 0; margin: 1 0 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("down,ctrl+n", "step('cursor_down')"),
        ("up,ctrl+p", "step('cursor_up')"),
        ("pagedown", "step('page_down')"),
        ("pageup", "step('page_up')"),
    ]

    def __init__(self, entries: Sequence[Entry], look: Look) -> None:
        super().__init__()
        self._entries, self._look = entries, look
        self._found: Sequence[Entry] = ()

    def compose(self) -> ComposeResult:
        """Box and list."""
        with Vertical() as box:
            box.border_title = f" {_('What to do')} "
            yield Input(placeholder=_("A few letters of it, in Russian or English"))
            yield OptionList()

    def on_mount(self) -> None:
        """Everything."""
        self.query_one(OptionList).can_focus = False
        self._show("")

    def on_resize(self) -> None:
        """The keys stand at the right edge."""
        self._show(self.query_one(Input).value)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._show(event.value)

    def _show(self, typed: str) -> None:
        self._found = ranked(self._entries, typed)
        shown = self.query_one(OptionList)
        shown.clear_options()
        nothing = Option(_("Nothing is called like that here."), disabled=True)
        shown.add_options([Option(self._line(entry)) for entry in self._found] or [nothing])
        shown.highlighted = 0 if self._found else None

    def _line(self, entry: Entry) -> Text:
        width = min(76, int(self.size.width * 0.94)) - 8
        room = width - cell_len(entry.keys) - 2
        return Text.assemble(fit(entry.words, room), "  ", (entry.keys, self._look.palette.accent), no_wrap=True)

    def action_step(self, way: str) -> None:
        """Up or down."""
        shown = self.query_one(OptionList)
        step: Callable[[], None] = getattr(shown, f"action_{way}")
        step()

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _pick(self) -> None:
        at = self.query_one(OptionList).highlighted
        if at is not None and self._found:
            self.dismiss(self._found[at])

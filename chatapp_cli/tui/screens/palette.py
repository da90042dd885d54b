"""The palette: a few letters find an action, Enter runs it, and its keys are shown beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.binding import BindingType
from textual.widgets import Input, OptionList

from chatapp_cli.i18n import _
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.palette import PaletteEntry, ranked
from chatapp_cli.tui.questions.picker import Picker
from chatapp_cli.tui.reading.cells import fit


class PaletteScreen(Picker[PaletteEntry]):
    """The actions of the place that had the focus."""

    DEFAULT_CSS = """
    PaletteScreen { align: center top; }
    PaletteScreen > Vertical { width: 76; margin: 2 0 0 0; padding: 0 1; border-title-color: $foreground; }
    PaletteScreen Input { margin: 0 1; }
    PaletteScreen OptionList { height: auto; max-height: 16; padding: 0; margin: 1 0 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("down,ctrl+n", "step('cursor_down')"),
        ("up,ctrl+p", "step('cursor_up')"),
        ("pagedown", "step('page_down')"),
        ("pageup", "step('page_up')"),
    ]

    def __init__(self, entries: Sequence[PaletteEntry], appearance: Appearance) -> None:
        super().__init__(
            _("A few letters of it, in Russian or English"), _("Nothing is called like that here."), _("What to do")
        )
        self._entries, self._appearance = entries, appearance

    def on_resize(self) -> None:
        """List again, with the keys at the right edge."""
        self.narrow(self.query_one(Input).value)

    def narrow(self, typed: str) -> None:
        """List the entries that match, the best match first."""
        self.list_those(ranked(self._entries, typed))

    def line(self, one: PaletteEntry) -> Text:
        """The action and its keys."""
        width = min(76, int(self.size.width * 0.94)) - 8
        room = width - cell_len(one.keys) - 2
        return Text.assemble(fit(one.words, room), "  ", (one.keys, self._appearance.styles.accent), no_wrap=True)

    def action_step(self, way: str) -> None:
        """Move the cursor of the list by one row or page."""
        shown = self.query_one(OptionList)
        step: Callable[[], None] = getattr(shown, f"action_{way}")
        step()

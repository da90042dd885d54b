"""A text of any length, read in parts: only one part is laid out at a time."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Label, Static

from chatapp_cli.i18n import _
from chatapp_cli.tui.popups import Popup
from chatapp_cli.tui.reading.cells import lines

PART: Final = 10_000
"""Characters."""


class WholeText(Popup[None]):
    """One part of the text, and keys for the others."""

    DEFAULT_CSS = """
    WholeText > Vertical { width: 112; }
    WholeText VerticalScroll { height: auto; max-height: 60vh; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("left,h", "turn(-1)"), ("right,l", "turn(1)")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text, self._part = title, text, 0
        self._parts = max(1, -(-len(text) // PART))

    def compose(self) -> ComposeResult:
        """Which part it is, and the part."""
        with Vertical():
            yield Label(self._heading(), classes="title", markup=False)
            with VerticalScroll():
                yield Static(self._shown(), id="part", markup=False)
            yield Static(_("↑ ↓ PgUp PgDn move the text"), classes="note", markup=False)

    def on_resize(self) -> None:
        """Say how a text is moved that does not fit."""
        self.call_after_refresh(self._show_how_to_move)

    def _show_how_to_move(self) -> None:
        self.query_one(".note").display = self.query_one(VerticalScroll).max_scroll_y > 0

    def _shown(self) -> str:
        return lines(self._text[self._part * PART : (self._part + 1) * PART])

    def _heading(self) -> str:
        if self._parts == 1:
            return self._title
        place = _("Part {n} of {most}: ← → turn to the others", n=self._part + 1, most=self._parts)
        return f"{self._title} · {place}"

    def action_turn(self, by: int) -> None:
        """Show another part, from its beginning."""
        self._part = max(0, min(self._part + by, self._parts - 1))
        self.query_one("#part", Static).update(self._shown())
        self.query_one(Label).update(self._heading())
        self.query_one(VerticalScroll).scroll_home(animate=False)

"""Saved views with their counts: open one, save the current filter as one, move and remove them (S-117)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.i18n import _
from chatapp_cli.store.rows.operators import ViewRow
from chatapp_cli.tui.keys.keymap import with_russian
from chatapp_cli.tui.popups import Popup
from chatapp_cli.tui.widgets.views_bar import counted

ViewChoice = tuple[str, int]
"""What to do, and the number of the view."""
KEEP, GO, REMOVE, UP, DOWN = "keep", "go", "remove", "up", "down"
_KEYS = {"a": KEEP, "d": REMOVE, "K": UP, "J": DOWN}


class Views(Popup[ViewChoice]):
    """The list of views."""

    DEFAULT_CSS = "Views .note { margin: 1 0 0 0; }"
    BINDINGS: ClassVar[list[BindingType]] = [(key, f"answer('{what}')") for key, what in with_russian(_KEYS).items()]

    def __init__(self, views: Sequence[ViewRow], counts: Mapping[int, int], *, at: int = 0) -> None:
        super().__init__()
        self._views, self._counts, self._at = views, counts, at

    def compose(self) -> ComposeResult:
        """Views, and their keys below them."""
        with Vertical():
            yield Label(_("Saved views"), classes="title", markup=False)
            yield OptionList(*(Option(self._line(row), id=str(row.id)) for row in self._views), markup=False)
            if not self._views:
                yield Static(_("There is none yet."), classes="note", markup=False)
            yield Static(_("a save the filter   d delete   J K move"), classes="note", markup=False)

    def on_mount(self) -> None:
        """Put the cursor where it was."""
        if self._views:
            self.query_one(OptionList).highlighted = min(self._at, len(self._views) - 1)

    def _line(self, row: ViewRow) -> Text:
        own = f"  {_('only mine')}" if row.operator else ""
        return Text.assemble(
            (counted(self._counts.get(row.id, 0)).rjust(5) + "  ", "bold"), row.name, (own, "dim"), overflow="ellipsis"
        )

    def action_answer(self, what: str) -> None:
        """Answer with an action on the view under the cursor."""
        at = self.query_one(OptionList).highlighted
        if what == KEEP:
            self.dismiss((KEEP, 0))
        elif at is not None:
            self.dismiss((what, self._views[at].id))

    @on(OptionList.OptionSelected)
    def _go(self, event: OptionList.OptionSelected) -> None:
        self.dismiss((GO, int(event.option.id or 0)))

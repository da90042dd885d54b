"""All keys, read from the keymap; and the keys that may follow the first key of a chord."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.console import Group as Stack
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from chatapp_cli.i18n import _
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys.keymap import Group, KeyAction, groups, shown
from chatapp_cli.tui.popups import Choose, Popup

_TWO_COLUMNS = 100
_KEYS = 20
"""Cells for the keys of an action, the same in every group; longer lists of keys are wrapped."""


class Help(Popup[None]):
    """All keys by group, in two columns where there is room."""

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help > VerticalScroll { width: 96%; max-width: 128; height: 94%;
        background: $surface; border: round $rule; padding: 0 2; scrollbar-size-vertical: 1;
        border-title-color: $foreground; border-subtitle-color: $muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("q,й,question_mark,f1,enter", "leave")]

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self._appearance = appearance

    def compose(self) -> ComposeResult:
        """One scrolled text."""
        with VerticalScroll():
            yield Static(id="keys", markup=False)

    def on_resize(self) -> None:
        """Lay the groups out in one column or two."""
        wide = self.size.width >= _TWO_COLUMNS
        page = Table.grid(padding=(0, 4), expand=True)
        columns = _halves(groups()) if wide else [groups()]
        for _each in columns:
            page.add_column(ratio=1)
        page.add_row(*(self._column(column) for column in columns))
        note = _("Letters work in the Russian layout as well. A new line is also a backslash before Enter.")
        self.query_one("#keys", Static).update(page)
        self.query_one(VerticalScroll).border_title = f" {_('Keys')} "
        self.query_one(VerticalScroll).border_subtitle = f" {note} " if wide else ""

    def _column(self, found: Sequence[Group]) -> Stack:
        return Stack(*(self._group(group) for group in found))

    def _group(self, group: Group) -> Stack:
        styles = self._appearance.styles
        table = Table.grid(padding=(0, 2))
        table.add_column(width=_KEYS)
        table.add_column()
        for act in group.actions:
            keys = "  ".join(shown(key) for key in act.keys)
            table.add_row(Padding(Text(keys, styles.accent), (0, 0, 0, 1)), Text(_(act.help), styles.plain))
        return Stack(Text(_(group.title), styles.strong), table, "")


def _halves(found: Sequence[Group]) -> list[Sequence[Group]]:
    """Two columns of about the same height."""
    lengths = [len(group.actions) + 2 for group in found]
    at = min(range(len(found)), key=lambda n: abs(sum(lengths[:n]) - sum(lengths[n:])))
    return [found[:at], found[at:]]


class Chord(Choose):
    """A choice among the keys that may follow the first key of a chord; 24 lines show all of them."""

    DEFAULT_CSS = """
    Chord > Vertical { padding: 0 2; max-height: 100%; }
    Chord .title { display: none; }
    Chord OptionList { max-height: 92vh; }
    """

    def __init__(self, first: str, following: Mapping[str, KeyAction]) -> None:
        options = [(key, _(act.help)) for key, act in following.items()]
        super().__init__(f"{shown(first)} …", options, keys=list(following))

    def on_mount(self) -> None:
        """Show the first key in the border, where it takes no line."""
        self.query_one(Vertical).border_title = self._title

"""Every key, from the keymap itself; and what may follow the first key of a chord."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from chatapp_cli.i18n import _
from chatapp_cli.tui.keymap import Action, Group, groups, shown
from chatapp_cli.tui.look import Look
from chatapp_cli.tui.screens.small import Choose, Small

_TWO_COLUMNS = 100


class Help(Small[None]):
    """All groups, in two columns where there is room."""

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help > VerticalScroll { width: 96%; max-width: 128; height: 94%;
        background: $surface; border: round $rule; padding: 0 2; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("q,й,question_mark,f1,enter", "leave")]

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def compose(self) -> ComposeResult:
        """One long text."""
        with VerticalScroll():
            yield Static(id="keys")

    def on_resize(self) -> None:
        """One column or two."""
        wide = self.size.width >= _TWO_COLUMNS
        found = groups()
        half = (len(found) + 1) // 2
        columns = [found[:half], found[half:]] if wide else [found]
        table = Table.grid(padding=(0, 3))
        for _column in columns:
            table.add_column(ratio=1)
        table.add_row(*(self._column(column) for column in columns))
        note = _("Letters work in the Russian layout as well. A new line is also a backslash before Enter.")
        self.query_one("#keys", Static).update(table)
        self.query_one(VerticalScroll).border_title = " " + _("Keys") + " "
        self.query_one(VerticalScroll).border_subtitle = " " + note + " " if wide else ""

    def _column(self, found: object) -> Text:
        text = Text()
        assert isinstance(found, tuple)
        for group in found:
            self._write(text, group)
        return text

    def _write(self, text: Text, group: Group) -> None:
        look = self._look.palette
        text.append(_(group.title) + "\n", look.strong)
        for act in group.actions:
            keys = "  ".join(shown(key) for key in act.keys[:3])
            text.append(f"  {keys}" + " " * max(1, 16 - cell_len(keys)), look.accent)
            text.append(_(act.help) + "\n", look.plain)
        text.append("\n")


class Chord(Choose):
    """What the second key may be."""

    def __init__(self, first: str, following: Mapping[str, Action]) -> None:
        self._following = following
        options = [(act.scope + " " + act.name, _(act.help)) for act in following.values()]
        super().__init__(f"{shown(first)} …", options, keys=list(following))

"""The popup over the composer: type to find a quick reply, see what it will say, take it (S-139)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.domain.quick_reply import Finder
from chatapp_cli.domain.variables import preview
from chatapp_cli.i18n import _
from chatapp_cli.store.rows import QuickReplyRow
from chatapp_cli.tui.keymap import bindings
from chatapp_cli.tui.screens.small import Small


class QuickPick(Small[QuickReplyRow]):
    """The best fitting replies, and the chosen one with its values."""

    DEFAULT_CSS = """
    QuickPick OptionList { max-height: 8; margin: 1 0; }
    QuickPick #read { height: auto; max-height: 10; border-top: solid $rule; }
    """
    BINDINGS = bindings("quick")

    def __init__(self, rows: Sequence[QuickReplyRow], values: Mapping[str, str]) -> None:
        super().__init__()
        self._finder, self._values = Finder(rows), values
        self._found: Sequence[QuickReplyRow] = ()

    def compose(self) -> ComposeResult:
        """Box, replies, what the chosen one says."""
        with Vertical():
            yield Input(placeholder=_("Words of the title, the keywords or the text"))
            yield OptionList()
            yield Static(id="read", markup=False)

    def on_mount(self) -> None:
        """All of them, the most used first."""
        self.query_one(OptionList).can_focus = False
        self._show("")

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._show(event.value)

    def _show(self, query: str) -> None:
        self._found = self._finder.ranked(query)
        shown = self.query_one(OptionList)
        shown.clear_options()
        nothing = Option(_("There is no such quick reply."), disabled=True)
        shown.add_options([Option(self._line(row)) for row in self._found] or [nothing])
        shown.highlighted = 0 if self._found else None
        self._read()

    def _line(self, row: QuickReplyRow) -> Text:
        return Text.assemble((row.title, "bold"), f"  {row.section}", no_wrap=True, overflow="ellipsis")

    @property
    def _chosen(self) -> QuickReplyRow | None:
        at = self.query_one(OptionList).highlighted
        return None if at is None or not self._found else self._found[at]

    @on(OptionList.OptionHighlighted)
    def _read(self) -> None:
        """What the client would read; what is missing stands in braces."""
        chosen = self._chosen
        self.query_one("#read", Static).update(preview(chosen.text, self._values) if chosen else "")

    def action_next(self) -> None:
        """One further down."""
        self.query_one(OptionList).action_cursor_down()

    def action_previous(self) -> None:
        """One further up."""
        self.query_one(OptionList).action_cursor_up()

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def action_pick(self) -> None:
        """Take it into the text."""
        if self._chosen is not None:
            self.dismiss(self._chosen)

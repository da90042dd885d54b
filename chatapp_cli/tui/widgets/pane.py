"""The two panes of the page that people work on; nothing of a pane itself is seen, so that nothing of it is painted."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from chatapp_cli.i18n import _
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.widgets.bars import FilterBar, Heading
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.transcript import Transcript


class ListPane(Vertical):
    """Which dialogs are listed, the search for some of them, and the dialogs."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(id="left")
        self.filters = FilterBar(appearance)
        self.search = Input(placeholder=_("Search: name, phone, e-mail"), id="search", compact=True)
        self.dialogs = DialogList(appearance)

    def compose(self) -> ComposeResult:
        """From above."""
        yield self.filters
        yield self.search
        yield self.dialogs


class ConversationPane(Vertical):
    """Whose conversation it is, and what was said."""

    BLANK = True

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(id="right")
        self.heading = Heading(appearance)
        self.transcript = Transcript(appearance)

    def compose(self) -> ComposeResult:
        """What is seen before the first dialog is opened."""
        yield self.heading
        yield self.transcript

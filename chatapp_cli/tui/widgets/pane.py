"""The two panes of the page of dialogs: the list and the conversation."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.widgets.bars import FilterBar, Heading
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.search_box import SearchBox
from chatapp_cli.tui.widgets.transcript import Transcript


class ListPane(Vertical):
    """The filter bar, the search box and the list of dialogs."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(id="left")
        self.filters = FilterBar(appearance)
        self.search = SearchBox()
        self.dialogs = DialogList(appearance)

    def compose(self) -> ComposeResult:
        """Filters, search, dialogs."""
        yield self.filters
        yield self.search
        yield self.dialogs


class ConversationPane(Vertical):
    """The heading and the transcript; the composer is added later."""

    BLANK = True  # it is covered by its widgets, so that nothing of it has to be painted

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(id="right")
        self.heading = Heading(appearance)
        self.transcript = Transcript(appearance)

    def compose(self) -> ComposeResult:
        """Heading and transcript."""
        yield self.heading
        yield self.transcript

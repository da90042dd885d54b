"""Several dialogs open in tabs, each at the place where it was left (S-118)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import _
from chatapp_cli.store import dialog_list
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.part import ConversationPart
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.tab_bar import DialogTab, TabBar

if TYPE_CHECKING:
    from chatapp_cli.tui.reading.conversations import Opening


class Tabs(ConversationPart):
    """Keeps several dialogs open, each at its place."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self.open: list[DialogTab] = []
        self.front = 0
        self._bar: TabBar | None = None

    async def set_up(self) -> None:
        """Put the row of tabs above the conversation."""
        self._bar = TabBar(self.page.appearance)
        await self.conversation.pane.mount(self._bar, before=0)

    async def opened(self, opening: Opening) -> None:
        """Show the dialog in the front tab, or bring the tab that has it to the front."""
        shown = DialogTab(opening.card.id, opening.card.name)
        found = self._tab_of(shown.dialog)
        self.front = self.front if found is None else found
        self.open[self.front : self.front + 1] = [shown]
        self._show()

    def _tab_of(self, dialog: DialogId) -> int | None:
        return next((n for n, tab in enumerate(self.open) if tab.dialog == dialog), None)

    def _show(self) -> None:
        if self._bar is not None:
            self._bar.tell(self.open, self.front)

    def new_tab(self, dialog: DialogId | None = None) -> None:
        """Open a dialog (by default the one that actions are for) in a new tab, or go to the tab that has it."""
        target = self.conversation.dialog_to_open() if dialog is None else dialog
        if target is None:
            return
        found = self._tab_of(target)
        if found is None and self.open:
            self._remember()
            self.front += 1
            self.open.insert(self.front, DialogTab(target))
            self.show_tab(self.front, leaving=False)
        elif found is None:
            self.conversation.start_opening(target)
        else:
            self.show_tab(found)

    def next_tab(self) -> None:
        """Go to the tab on the right; after the last one to the first."""
        self._turn(1)

    def previous_tab(self) -> None:
        """Go to the tab on the left; after the first one to the last."""
        self._turn(-1)

    def _turn(self, step: int) -> None:
        if len(self.open) > 1:
            self.show_tab((self.front + step) % len(self.open))

    def close_tab(self) -> None:
        """Close the front tab; its dialog and draft do not change."""
        if len(self.open) > 1:
            del self.open[self.front]
            self.front = max(0, self.front - 1)
            self.show_tab(self.front, leaving=False)
        else:
            self.page.say(_("No other dialog is open in a tab."))

    def show_tab(self, tab: int, *, leaving: bool = True) -> None:
        """Show a tab at the place where it was left; with ``leaving`` the place in the front one is remembered."""
        if leaving:
            self._remember()
        self.front = tab
        wanted = self.open[tab]
        self.conversation.start_opening(wanted.dialog, wanted.at)

    def _remember(self) -> None:
        opening = self.conversation.opening
        if opening is not None and self.open[self.front].dialog == opening.card.id:
            self.open[self.front].at = self.conversation.transcript.place

    async def hear(self, news: JournalAdvanced) -> None:
        """Update the tabs if one of their dialogs changed."""
        changed = news.dialogs()
        if len(self.open) > 1 and any(tab.dialog in changed for tab in self.open):
            await self._reread()

    async def _reread(self) -> None:
        wanted, workspace = [tab.dialog for tab in self.open], self.page.workspace
        rows = await workspace.read(partial(dialog_list.rows, dialect=workspace.dialect, wanted=wanted))
        for n, tab in enumerate(self.open):
            if row := rows.get(tab.dialog):
                tab.name, tab.unread = row.name, n != self.front and row.unread > 0
        self._show()

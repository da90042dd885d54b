"""Several dialogs open at once, each where it was left (S-118)."""

from __future__ import annotations

from functools import partial

from textual import on

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import _
from chatapp_cli.store import dialog_list
from chatapp_cli.tui.live import News
from chatapp_cli.tui.reading import Opening
from chatapp_cli.tui.screens.together import Together
from chatapp_cli.tui.widgets.tab_bar import Tab, TabBar
from chatapp_cli.tui.widgets.transcript import Transcript


class Tabbed(Together):
    """A page whose conversation may be one of several; each keeps its place, and its draft as every dialog does."""

    def __init__(self) -> None:
        super().__init__()
        self.tabs: list[Tab] = []
        self.front = 0

    async def furnish(self) -> None:
        """Room for the tabs above the conversation."""
        await self.query_one("#right").mount(TabBar(self.look), before=0)
        await super().furnish()

    async def answer_by(self, opening: Opening) -> None:
        """The tab in front shows this dialog now, or the one that shows it already comes to the front."""
        shown = Tab(opening.card.id, opening.card.name)
        found = self._tab_of(shown.dialog)
        self.front = self.front if found is None else found
        self.tabs[self.front : self.front + 1] = [shown]
        self._show_tabs()
        await super().answer_by(opening)

    def _tab_of(self, dialog: DialogId) -> int | None:
        return next((n for n, tab in enumerate(self.tabs) if tab.dialog == dialog), None)

    def _show_tabs(self) -> None:
        self.query_one(TabBar).tell(self.tabs, self.front)

    def action_new_tab(self) -> None:
        """Open the dialog beside those that are open."""
        target = self.target()
        if target is None:
            return
        found = self._tab_of(target)
        if found is None and self.tabs:
            self._remember()
            self.front += 1
            self.tabs.insert(self.front, Tab(target))
            self._bring_tab(self.front, leaving=False)
        elif found is None:
            self.do(partial(self.open, target), group="open", exclusive=True)
        else:
            self._bring_tab(found)

    def action_next_tab(self) -> None:
        """The tab to the right, and round again."""
        self._turn(1)

    def action_previous_tab(self) -> None:
        """The tab to the left."""
        self._turn(-1)

    def _turn(self, step: int) -> None:
        if len(self.tabs) > 1:
            self._bring_tab((self.front + step) % len(self.tabs))

    def action_close_tab(self) -> None:
        """Leave the tab in front; its dialog stays as it is, and so does its draft."""
        if len(self.tabs) > 1:
            del self.tabs[self.front]
            self.front = max(0, self.front - 1)
            self._bring_tab(self.front, leaving=False)
        else:
            self.say(_("No other dialog is open in a tab."))

    @on(TabBar.Chosen)
    def _chosen(self, event: TabBar.Chosen) -> None:
        self._bring_tab(event.tab)

    def _bring_tab(self, tab: int, *, leaving: bool = True) -> None:
        """Show a tab where it was left."""
        if leaving:
            self._remember()
        self.front = tab
        wanted = self.tabs[tab]
        self.do(partial(self.open, wanted.dialog, wanted.at), group="open", exclusive=True)

    def _remember(self) -> None:
        if self.opening is not None and self.tabs[self.front].dialog == self.opening.card.id:
            self.tabs[self.front].at = self.query_one(Transcript).place

    async def _take(self, news: News) -> None:
        await super()._take(news)
        changed = news.dialogs()
        if len(self.tabs) > 1 and any(tab.dialog in changed for tab in self.tabs):
            await self._reread_tabs()

    async def _reread_tabs(self) -> None:
        """What each is called, and whether something in it is unread."""
        wanted, dialect = [tab.dialog for tab in self.tabs], self.office.dialect
        rows = await self.office.read(partial(dialog_list.rows, dialect=dialect, wanted=wanted))
        for n, tab in enumerate(self.tabs):
            if row := rows.get(tab.dialog):
                tab.name, tab.unread = row.name, n != self.front and row.unread > 0
        self._show_tabs()

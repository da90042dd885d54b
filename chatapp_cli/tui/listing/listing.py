"""The left side of the page: the filter of the dialog list, and its rows as they change."""

from __future__ import annotations

from functools import partial

from textual.timer import Timer
from textual.widgets import Input

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import _
from chatapp_cli.services import dialogs, duties
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.listing.saved_views import SavedViews
from chatapp_cli.tui.reading import dialog_order, filters
from chatapp_cli.tui.reading.dialog_order import DialogOrder
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.widgets.pane import ListPane

SEARCH_PAUSE = 0.03
"""Seconds without a key after which the search begins."""
_FIRST_ROWS = 80


class Listing:
    """Holds the filter and shows the dialogs that pass it."""

    def __init__(self, page: ActionPage, pane: ListPane) -> None:
        self.page, self.pane, self.dialogs = page, pane, pane.dialogs
        self.wanted = DialogFilter()
        self.overview = Overview()
        self.views = SavedViews(page, pane, lambda: self.wanted, self.show_only)
        self._searching: Timer | None = None
        self._submitted: str | None = None

    async def head(self) -> None:
        """Show the first rows; the first call sets the filter that the window opens with."""
        if self.dialogs.order is None:
            self.wanted = await self._first()
        wanted, dialect = self.wanted, self.page.workspace.dialect
        first, rows = await self.page.workspace.read(lambda tx: dialog_order.head(tx, dialect, wanted, _FIRST_ROWS))
        self.dialogs.show(first, rows)

    async def _first(self) -> DialogFilter:
        view = self.page.workspace.company.settings.view
        try:
            return await self.page.workspace.read(lambda tx: filters.first(tx, view))
        except NotFound as error:
            self.page.complain(error)
            return filters.QUEUE

    async def again(self) -> None:
        """Read the list again: first the rows of a screen, then the whole order."""
        wanted, workspace = self.wanted, self.page.workspace
        if wanted.text:
            await self._again_searched(wanted)
            return
        if self.dialogs.order is None or self.dialogs.order.wanted != wanted:
            await self.head()
        order = await workspace.read(lambda tx: dialog_order.read(tx, workspace.dialect, wanted))
        if wanted == self.wanted:
            self.dialogs.show(order, {})

    async def _again_searched(self, wanted: DialogFilter) -> None:
        """Show the first dialogs found, then all of them and near matches."""
        workspace, n = self.page.workspace, _FIRST_ROWS
        index, dialect = workspace.company.search, workspace.dialect
        first, rows = await workspace.read(lambda tx: dialog_order.found(tx, index, dialect, wanted, n))
        if first.ids:
            self._show_found(first, rows)
        whole = await workspace.read(lambda tx: dialog_order.rest(tx, index, first, n))
        if whole is not first or not first.ids:
            self._show_found(whole, rows)

    def _show_found(self, found: DialogOrder, rows: dict[DialogId, DialogRow]) -> None:
        if found.wanted == self.wanted:
            self.dialogs.show(found, rows)
            self._tell_filters()

    def load_rows(self, start: int, n: int) -> None:
        """Read rows that came into view."""
        self.page.do(partial(self._load_rows, start, n), group="rows")

    async def _load_rows(self, start: int, n: int) -> None:
        if (order := self.dialogs.order) is not None:
            self.dialogs.fill(await self.page.workspace.read(partial(order.window, start=start, n=n)))

    async def reorder(self, changed: set[DialogId]) -> None:
        """Move changed dialogs to their new places."""
        order = self.dialogs.order
        if order is None:
            return

        def reordered(tx: Tx) -> tuple[DialogOrder, dict[DialogId, DialogRow]]:
            fresh = order.after(tx, changed)
            return fresh, fresh.rows(tx, list(changed))

        fresh, rows = await self.page.workspace.read(reordered)
        if self.dialogs.order is order:
            self.dialogs.show(fresh, rows)
        else:
            await self.reorder(changed)

    def tell(self, overview: Overview) -> None:
        """Show new counts beside the filters, and count the saved views soon."""
        self.overview = overview
        self._tell_filters()
        self.views.soon()

    def _tell_filters(self) -> None:
        names, order = filters.names(self.wanted, self.overview), self.dialogs.order
        if order is not None and order.near and order.wanted == self.wanted:
            names.append(_("{sign} similar names", sign=dialog_order.NEARLY))
        self.pane.filters.tell(self.wanted, names, self.overview)
        self.views.choose()

    # Filters

    def show_only(self, wanted: DialogFilter) -> None:
        """Change the filter."""
        self.wanted = wanted
        self._tell_filters()
        self.page.do(self.again, group="list", exclusive=True)

    def everything(self) -> None:
        """Remove all filters."""
        with self.pane.search.prevent(Input.Changed):
            self.pane.search.value = ""
        self.show_only(DialogFilter())

    def unread(self) -> None:
        """Turn the filter for unread dialogs on or off."""
        self.show_only(self.wanted.but(unread=not self.wanted.unread, waiting=False))

    def unanswered(self) -> None:
        """Turn the filter for unanswered dialogs on or off."""
        self.show_only(self.wanted.but(waiting=not self.wanted.waiting, unread=False))

    def blacklist(self) -> None:
        """Show the blacklist, or all dialogs again."""
        self.show_only(DialogFilter(blocked=not self.wanted.blocked))

    def snoozed(self) -> None:
        """Show snoozed dialogs, or all dialogs again."""
        self.show_only(DialogFilter(snoozed=not self.wanted.snoozed))

    def by_line(self) -> None:
        """Filter by the next line."""
        self.show_only(filters.next_line(self.wanted, self.overview))

    def by_channel(self) -> None:
        """Filter by the next channel."""
        self.show_only(filters.next_channel(self.wanted, self.overview))

    def by_tag(self) -> None:
        """Filter by the next tag."""
        self.page.do(self._next_tag, group="filter", exclusive=True)

    async def _next_tag(self) -> None:
        self.show_only(filters.next_tag(self.wanted, await self.page.workspace.read(dialogs.known_tags)))

    def by_assignee(self) -> None:
        """Filter by the next assignee."""
        self.page.do(self._next_assignee, group="filter", exclusive=True)

    async def _next_assignee(self) -> None:
        known = await self.page.workspace.read(duties.operators)
        self.show_only(filters.next_assignee(self.wanted, self.page.workspace.actor, known))

    def narrow(self) -> None:
        """Ask for all filters on one page."""
        self.page.do(self._narrow, group="filter", exclusive=True)

    async def _narrow(self) -> None:
        from chatapp_cli.tui.actions import narrow as narrow_actions

        wanted = await narrow_actions.narrow(self.page, self.wanted, self.overview)
        if wanted is not None:
            self.show_only(wanted)

    # Search

    def search(self) -> None:
        """Focus the search box."""
        self.page.remove_class("-open")
        self.pane.search.focus()

    def typed(self, text: str) -> None:
        """Search for a text, `SEARCH_PAUSE` after the last key."""
        if self._searching is not None:
            self._searching.stop()
        narrowed = self.wanted.but(text=text.strip())
        self._searching = self.page.set_timer(SEARCH_PAUSE, partial(self.show_only, narrowed))

    def submitted(self, text: str) -> None:
        """Search at once and focus the list; a second Enter before that is done also opens the first dialog."""
        twice, self._submitted = self._submitted == text, text
        self.page.do(partial(self._go_to_found, text.strip(), opens=twice), group="list", exclusive=True)

    async def _go_to_found(self, text: str, *, opens: bool) -> None:
        if self._searching is not None:
            self._searching.stop()
        self.wanted = self.wanted.but(text=text)
        self._tell_filters()
        await self.again()
        self._submitted = None
        self.dialogs.focus()
        if opens:
            self.dialogs.action_open()

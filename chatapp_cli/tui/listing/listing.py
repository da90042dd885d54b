"""The left side of the page: the filter of the dialog list, and its rows as they change."""

from __future__ import annotations

from functools import partial

from textual.timer import Timer

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
from chatapp_cli.tui.reading.overview import Overview, doubled
from chatapp_cli.tui.widgets.pane import ListPane

SEARCH_PAUSE = 0.03
"""Seconds without a key after which the search begins."""
_FIRST_ROWS = 80


class Listing:
    """Holds the filter and shows the dialogs that pass it."""

    def __init__(self, page: ActionPage, pane: ListPane) -> None:
        self.page, self.pane, self.dialogs = page, pane, pane.dialogs
        self.dialog_filter = DialogFilter()
        self.overview = Overview()
        self.views = SavedViews(page, pane, lambda: self.dialog_filter, self.filter_by)
        self._searching: Timer | None = None
        self._submitted: str | None = None

    async def show_first_rows(self) -> None:
        """Show the first rows; the first call sets the filter that the window opens with."""
        if self.dialogs.order is None:
            self.dialog_filter = await self._first()
        dialog_filter, dialect = self.dialog_filter, self.page.workspace.dialect
        first, rows = await self.page.workspace.read(
            lambda tx: dialog_order.head(tx, dialect, dialog_filter, _FIRST_ROWS)
        )
        self.dialogs.show(first, rows)

    async def _first(self) -> DialogFilter:
        view = self.page.workspace.company.settings.view
        try:
            return await self.page.workspace.read(lambda tx: filters.first(tx, view))
        except NotFound as error:
            self.page.complain(error)
            return filters.QUEUE

    async def reload(self) -> None:
        """Read the list again: first the rows of a screen, then the whole order."""
        dialog_filter, workspace = self.dialog_filter, self.page.workspace
        if dialog_filter.text:
            await self._reload_searched(dialog_filter)
            return
        if self.dialogs.order is None or self.dialogs.order.dialog_filter != dialog_filter:
            await self.show_first_rows()
        order = await workspace.read(lambda tx: dialog_order.read(tx, workspace.dialect, dialog_filter))
        if dialog_filter == self.dialog_filter:
            self.dialogs.show(order, {})

    async def _reload_searched(self, dialog_filter: DialogFilter) -> None:
        """Show the first dialogs found, then all of them and near matches."""
        workspace, n = self.page.workspace, _FIRST_ROWS
        index, dialect = workspace.company.search, workspace.dialect
        first, rows = await workspace.read(lambda tx: dialog_order.found(tx, index, dialect, dialog_filter, n))
        if first.ids:
            self._show_found(first, rows)
        whole = await workspace.read(lambda tx: dialog_order.rest(tx, index, first, n))
        if whole is not first or not first.ids:
            self._show_found(whole, rows)

    def _show_found(self, found: DialogOrder, rows: dict[DialogId, DialogRow]) -> None:
        if found.dialog_filter == self.dialog_filter:
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
        """Show new counts beside the filters and the channels' names in the list, and count the saved views soon."""
        self.overview = overview
        self.dialogs.mark(self.dialogs.badges._replace(channels=doubled(overview.channels)))
        self._tell_filters()
        self.views.soon()

    def _tell_filters(self) -> None:
        names, order = filters.names(self.dialog_filter, self.overview), self.dialogs.order
        if order is not None and order.near and order.dialog_filter == self.dialog_filter:
            names.append(_("{sign} similar names", sign=dialog_order.NEARLY))
        self.pane.filters.tell(self.dialog_filter, names, self.overview)
        self.views.mark_current()

    # Filters

    def filter_by(self, dialog_filter: DialogFilter) -> None:
        """Change the filter."""
        self.dialog_filter = dialog_filter
        self._tell_filters()
        self.page.do(self.reload, group="list", exclusive=True)

    def everything(self) -> None:
        """Remove all filters."""
        self.pane.search.clear()
        self.filter_by(DialogFilter())

    def unread(self) -> None:
        """Turn the filter for unread dialogs on or off."""
        self.filter_by(self.dialog_filter.but(unread=not self.dialog_filter.unread, waiting=False))

    def unanswered(self) -> None:
        """Turn the filter for unanswered dialogs on or off."""
        self.filter_by(self.dialog_filter.but(waiting=not self.dialog_filter.waiting, unread=False))

    def blacklist(self) -> None:
        """Show the blacklist, or all dialogs again."""
        self.filter_by(DialogFilter(blocked=not self.dialog_filter.blocked))

    def snoozed(self) -> None:
        """Show snoozed dialogs, or all dialogs again."""
        self.filter_by(DialogFilter(snoozed=not self.dialog_filter.snoozed))

    def by_line(self) -> None:
        """Filter by the next line."""
        self.filter_by(filters.next_line(self.dialog_filter, self.overview))

    def by_channel(self) -> None:
        """Filter by the next channel."""
        self.filter_by(filters.next_channel(self.dialog_filter, self.overview))

    def by_tag(self) -> None:
        """Filter by the next tag."""
        self.page.do(self._next_tag, group="filter", exclusive=True)

    async def _next_tag(self) -> None:
        self.filter_by(filters.next_tag(self.dialog_filter, await self.page.workspace.read(dialogs.known_tags)))

    def by_assignee(self) -> None:
        """Filter by the next assignee."""
        self.page.do(self._next_assignee, group="filter", exclusive=True)

    async def _next_assignee(self) -> None:
        known = await self.page.workspace.read(duties.operators)
        self.filter_by(filters.next_assignee(self.dialog_filter, self.page.workspace.actor, known))

    def narrow(self) -> None:
        """Ask for all filters on one page."""
        self.page.do(self._narrow, group="filter", exclusive=True)

    async def _narrow(self) -> None:
        from chatapp_cli.tui.actions import narrow as narrow_actions

        dialog_filter = await narrow_actions.narrow(self.page, self.dialog_filter, self.overview)
        if dialog_filter is not None:
            self.filter_by(dialog_filter)

    # Search

    def search(self) -> None:
        """Focus the search box."""
        self.page.remove_class("-open")
        self.pane.search.ready().focus()

    def typed(self, text: str) -> None:
        """Search for a text, `SEARCH_PAUSE` after the last key."""
        if self._searching is not None:
            self._searching.stop()
        narrowed = self.dialog_filter.but(text=text.strip())
        self._searching = self.page.set_timer(SEARCH_PAUSE, partial(self.filter_by, narrowed))

    def submitted(self, text: str) -> None:
        """Search at once and focus the list; a second Enter before that is done also opens the first dialog."""
        twice, self._submitted = self._submitted == text, text
        self.page.do(partial(self._go_to_found, text.strip(), opens=twice), group="list", exclusive=True)

    async def _go_to_found(self, text: str, *, opens: bool) -> None:
        if self._searching is not None:
            self._searching.stop()
        self.dialog_filter = self.dialog_filter.but(text=text)
        self._tell_filters()
        await self.reload()
        self._submitted = None
        self.dialogs.focus()
        if opens:
            self.dialogs.action_open()

"""The left side of the page: which dialogs are listed, and how news change it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual import on
from textual.timer import Timer
from textual.widgets import Input

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import _
from chatapp_cli.services import dialogs, duties, views
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.store.rows.operators import ViewRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui import dialog_order, filters, overview
from chatapp_cli.tui.deeds import view as view_deeds
from chatapp_cli.tui.deeds.listed import Listed
from chatapp_cli.tui.dialog_order import Order
from chatapp_cli.tui.widgets.bars import FilterBar, StatusBar
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.views_bar import ViewsBar

SEARCH_PAUSE = 0.03
"""Seconds without a key after which the search begins."""
COUNT_PAUSE = 1.0
"""Seconds from news to the next count of the views."""
_FIRST_ROWS = 80


class Listing(Listed):
    """A page with the list of dialogs."""

    def __init__(self) -> None:
        super().__init__()
        self._searching: Timer | None = None
        self._counting: Timer | None = None
        self._views: Sequence[ViewRow] = ()
        self._submitted: str | None = None

    async def list_head(self) -> None:
        """Show what fits on a screen; at the very first what the window opens with."""
        if self.query_one(DialogList).order is None:
            self.wanted = await self._first()
        wanted, dialect = self.wanted, self.office.dialect
        first, rows = await self.office.read(lambda tx: dialog_order.head(tx, dialect, wanted, _FIRST_ROWS))
        self.query_one(DialogList).show(first, rows)

    async def _first(self) -> DialogFilter:
        view = self.office.desk.settings.view
        try:
            return await self.office.read(lambda tx: filters.first(tx, view))
        except NotFound as error:
            self.complain(error)
            return filters.QUEUE

    async def list_again(self) -> None:
        """Read the order anew: first what fits on a screen, then all of it."""
        wanted, dialect, shown = self.wanted, self.office.dialect, self.query_one(DialogList)
        if wanted.text:
            await self._list_searched(wanted)
            return
        if shown.order is None or shown.order.wanted != wanted:
            await self.list_head()
        order = await self.office.read(lambda tx: dialog_order.read(tx, dialect, wanted))
        if wanted == self.wanted:
            shown.show(order, {})

    async def _list_searched(self, wanted: DialogFilter) -> None:
        """Show the first that are found at once, then all of them and what nearly fits."""
        index, dialect, n = self.office.desk.search, self.office.dialect, _FIRST_ROWS
        first, rows = await self.office.read(lambda tx: dialog_order.found(tx, index, dialect, wanted, n))
        if first.ids:
            self._show_found(first, rows)
        whole = await self.office.read(lambda tx: dialog_order.rest(tx, index, first, n))
        if whole is not first or not first.ids:
            self._show_found(whole, rows)

    def _show_found(self, found: Order, rows: dict[DialogId, DialogRow]) -> None:
        if found.wanted == self.wanted:
            self.query_one(DialogList).show(found, rows)
            self._tell_filters()

    @on(DialogList.Needs)
    def _bring(self, event: DialogList.Needs) -> None:
        self.do(partial(self._bring_rows, event.start, event.n), group="rows")

    async def _bring_rows(self, start: int, n: int) -> None:
        shown = self.query_one(DialogList)
        if shown.order is not None:
            shown.fill(await self.office.read(partial(shown.order.window, start=start, n=n)))

    async def reorder(self, changed: set[DialogId]) -> None:
        """Put changed dialogs where they belong now."""
        shown = self.query_one(DialogList)
        order = shown.order
        if order is None:
            return

        def look(tx: Tx) -> tuple[Order, dict[DialogId, DialogRow]]:
            fresh = order.after(tx, changed)
            return fresh, fresh.rows(tx, list(changed))

        fresh, rows = await self.office.read(look)
        if shown.order is order:
            shown.show(fresh, rows)
        else:
            await self.reorder(changed)

    async def tell_bars(self) -> None:
        """Health, outbox, counts."""
        self.overview = await self.office.read(overview.read)
        self.query_one(StatusBar).tell(self.overview)
        self._tell_filters()
        if self._counting is None:
            self._counting = self.set_timer(COUNT_PAUSE, self.count_views)

    def _tell_filters(self) -> None:
        names, order = filters.names(self.wanted, self.overview), self.query_one(DialogList).order
        if order is not None and order.near and order.wanted == self.wanted:
            names.append(_("{sign} similar names", sign=dialog_order.NEARLY))
        self.query_one(FilterBar).tell(self.wanted, names, self.overview)
        for bar in self.query(ViewsBar):
            bar.choose(self._viewed())

    # Saved views

    def on_screen_resume(self) -> None:
        """What could not be seen meanwhile was not counted either."""
        if self.query(ViewsBar):
            self.call_after_refresh(self.count_views)

    def count_views(self) -> None:
        """Count anew, soon."""
        self._counting = None
        self.do(self._tell_views, group="views", exclusive=True)

    async def _tell_views(self) -> None:
        """Count what is seen of the row; it is there only if there is a view."""
        bar = next(iter(self.query(ViewsBar)), None)
        self._views, counts = await view_deeds.read(self, bar.seen if bar else _none)
        if bar is None and self._views:
            bar = ViewsBar(self.look)
            await self.query_one("#left").mount(bar, after=self.query_one(FilterBar))
            self.call_after_refresh(self.count_views)
        if bar is not None:
            bar.display = bool(self._views)
            bar.tell(self._views, counts, self._viewed())

    def _viewed(self) -> int | None:
        me = self.office.actor
        return next((row.id for row in self._views if views.wanted(row, operator=me) == self.wanted), None)

    def go_to(self, view: ViewRow) -> None:
        """Show the dialogs of a view."""
        self.show_only(views.wanted(view, operator=self.office.actor))
        self.count_views()

    @on(ViewsBar.Chosen)
    def _view_chosen(self, event: ViewsBar.Chosen) -> None:
        self.go_to(event.view)

    def _step_view(self, step: int) -> None:
        known = [row.id for row in self._views]
        if known:
            here = self._viewed()
            at = known.index(here) + step if here in known else min(0, step)
            self.go_to(self._views[at % len(known)])

    def action_next_view(self) -> None:
        """The next saved view."""
        self._step_view(1)

    def action_previous_view(self) -> None:
        """The saved view before."""
        self._step_view(-1)

    def action_views(self) -> None:
        """Go to a view, keep the filter of now, move, forget."""
        self.do(partial(view_deeds.choose, self), group="filter", exclusive=True)

    # Filters

    def show_only(self, wanted: DialogFilter) -> None:
        """List other dialogs."""
        self.wanted = wanted
        self._tell_filters()
        self.do(self.list_again, group="list", exclusive=True)

    def action_everything(self) -> None:
        """No filter at all."""
        search = self.query_one("#search", Input)
        with search.prevent(Input.Changed):
            search.value = ""
        self.show_only(DialogFilter())

    def action_unread(self) -> None:
        """Only unread, or no longer."""
        self.show_only(self.wanted.but(unread=not self.wanted.unread, waiting=False))

    def action_unanswered(self) -> None:
        """Only unanswered, or no longer."""
        self.show_only(self.wanted.but(waiting=not self.wanted.waiting, unread=False))

    def action_blacklist(self) -> None:
        """The blacklist, or back."""
        self.show_only(DialogFilter(blocked=not self.wanted.blocked))

    def action_by_line(self) -> None:
        """The next line."""
        self.show_only(filters.next_line(self.wanted, self.overview))

    def action_by_channel(self) -> None:
        """The next channel."""
        self.show_only(filters.next_channel(self.wanted, self.overview))

    def action_by_tag(self) -> None:
        """The next tag."""
        self.do(self._next_tag, group="filter", exclusive=True)

    async def _next_tag(self) -> None:
        self.show_only(filters.next_tag(self.wanted, await self.office.read(dialogs.known_tags)))

    def action_by_assignee(self) -> None:
        """Mine, nobody's, the next operator's."""
        self.do(self._next_assignee, group="filter", exclusive=True)

    async def _next_assignee(self) -> None:
        known = await self.office.read(duties.operators)
        self.show_only(filters.next_assignee(self.wanted, self.office.actor, known))

    def action_snoozed(self) -> None:
        """Those put off, or back."""
        self.show_only(DialogFilter(snoozed=not self.wanted.snoozed))

    def action_filter(self) -> None:
        """All filters on one page."""
        from chatapp_cli.tui.deeds import narrow as narrow_deeds

        self.do(partial(narrow_deeds.narrow, self), group="filter", exclusive=True)

    def action_search(self) -> None:
        """To the search box."""
        self.remove_class("-open")
        self.query_one("#search", Input).focus()

    @on(Input.Changed, "#search")
    def _search(self, event: Input.Changed) -> None:
        if self._searching is not None:
            self._searching.stop()
        narrowed = self.wanted.but(text=event.value.strip())
        self._searching = self.set_timer(SEARCH_PAUSE, partial(self.show_only, narrowed))

    @on(Input.Submitted, "#search")
    def _searched(self, event: Input.Submitted) -> None:
        """Enter right after the last letter means what that letter finds; a second one at once opens it."""
        again, self._submitted = self._submitted == event.value, event.value
        self.do(partial(self._go_to_found, event.value.strip(), opens=again), group="list", exclusive=True)

    async def _go_to_found(self, text: str, *, opens: bool) -> None:
        if self._searching is not None:
            self._searching.stop()
        self.wanted = self.wanted.but(text=text)
        self._tell_filters()
        await self.list_again()
        shown, self._submitted = self.query_one(DialogList), None
        shown.focus()
        if opens:
            shown.action_open()


def _none(_seen: Sequence[ViewRow]) -> Sequence[ViewRow]:
    return ()

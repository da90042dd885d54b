"""The left side of the page: which dialogs are listed, and how news change it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from textual import on
from textual.timer import Timer
from textual.widgets import Input

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.services import dialogs, duties
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows import DialogRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui import dialog_order, filters, reading
from chatapp_cli.tui.dialog_order import Order
from chatapp_cli.tui.hands import Hands
from chatapp_cli.tui.reading import Overview
from chatapp_cli.tui.widgets.bars import FilterBar, StatusBar
from chatapp_cli.tui.widgets.dialog_list import DialogList

SEARCH_PAUSE = 0.12
"""Seconds without a key after which the search begins."""
_FIRST_ROWS = 80


class Listing(Hands):
    """A page with the list of dialogs."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = DialogFilter()
        self.overview = Overview()
        self._searching: Timer | None = None
        self._submitted: str | None = None

    async def list_head(self) -> None:
        """Show what fits on a screen."""
        wanted, dialect = self.wanted, self.office.dialect
        first, rows = await self.office.read(lambda tx: dialog_order.head(tx, dialect, wanted, _FIRST_ROWS))
        self.query_one(DialogList).show(first, rows)

    async def list_again(self) -> None:
        """Read the order anew: first what fits on a screen, then all of it."""
        wanted, dialect, shown = self.wanted, self.office.dialect, self.query_one(DialogList)
        if shown.order is None or shown.order.wanted != wanted:
            await self.list_head()
        order = await self.office.read(lambda tx: dialog_order.read(tx, dialect, wanted))
        if wanted == self.wanted:
            shown.show(order, {})

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
            return fresh, dialog_list.rows(tx, order.dialect, list(changed))

        fresh, rows = await self.office.read(look)
        if shown.order is order:
            shown.show(fresh, rows)
        else:
            await self.reorder(changed)

    async def tell_bars(self) -> None:
        """Health, outbox, counts."""
        self.overview = await self.office.read(reading.bars)
        self.query_one(StatusBar).tell(self.overview)
        self._tell_filters()

    def _tell_filters(self) -> None:
        names = filters.names(self.wanted, self.overview)
        self.query_one(FilterBar).tell(self.wanted, names, self.overview)

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
        self.show_only(replace(self.wanted, unread=not self.wanted.unread, waiting=False))

    def action_unanswered(self) -> None:
        """Only unanswered, or no longer."""
        self.show_only(replace(self.wanted, waiting=not self.wanted.waiting, unread=False))

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

    def action_search(self) -> None:
        """To the search box."""
        self.remove_class("-open")
        self.query_one("#search", Input).focus()

    @on(Input.Changed, "#search")
    def _search(self, event: Input.Changed) -> None:
        if self._searching is not None:
            self._searching.stop()
        narrowed = replace(self.wanted, text=event.value.strip())
        self._searching = self.set_timer(SEARCH_PAUSE, partial(self.show_only, narrowed))

    @on(Input.Submitted, "#search")
    def _searched(self, event: Input.Submitted) -> None:
        """Enter right after the last letter means what that letter finds; a second one at once opens it."""
        again, self._submitted = self._submitted == event.value, event.value
        self.do(partial(self._go_to_found, event.value.strip(), opens=again), group="list", exclusive=True)

    async def _go_to_found(self, text: str, *, opens: bool) -> None:
        if self._searching is not None:
            self._searching.stop()
        self.wanted = replace(self.wanted, text=text)
        self._tell_filters()
        await self.list_again()
        shown, self._submitted = self.query_one(DialogList), None
        shown.focus()
        if opens:
            shown.action_open()

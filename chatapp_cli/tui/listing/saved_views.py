"""The row of saved views above the list, with their counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.timer import Timer

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.store.rows.operators import ViewRow
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.widgets.pane import ListPane
from chatapp_cli.tui.widgets.views_bar import ViewsBar

COUNT_PAUSE = 1.0
"""Seconds from a change to the next count of the views."""


class SavedViews:
    """Shows the saved views, if there are any, and switches between them."""

    def __init__(
        self,
        page: ActionPage,
        pane: ListPane,
        dialog_filter: Callable[[], DialogFilter],
        show: Callable[[DialogFilter], None],
    ) -> None:
        self._page, self._pane, self._dialog_filter, self._show = page, pane, dialog_filter, show
        self._counting: Timer | None = None
        self._views: Sequence[ViewRow] = ()
        self._bar: ViewsBar | None = None

    def soon(self) -> None:
        """Count the views again after `COUNT_PAUSE`, together with other changes until then."""
        if self._counting is None:
            self._counting = self._page.set_timer(COUNT_PAUSE, self.count)

    def count(self) -> None:
        """Count the views again."""
        self._counting = None
        self._page.do(self._count, group="views", exclusive=True)

    def resume(self) -> None:
        """Count again when the row is shown again: views out of view are not counted."""
        if self._bar is not None:
            self._page.call_after_refresh(self.count)

    async def _count(self) -> None:
        """Count the views that there is room for."""
        from chatapp_cli.tui.actions import view as view_actions

        bar = self._bar
        self._views, counts = await view_actions.read(self._page, bar.seen if bar else _none)
        if bar is None and self._views:
            self._bar = bar = ViewsBar(self._page.appearance)
            await self._pane.mount(bar, after=self._pane.filters)
        if bar is not None:
            bar.display = bool(self._views)
            bar.tell(self._views, counts, self._listed())

    def mark_current(self) -> None:
        """Mark the view whose filter is in use, if there is one."""
        if self._bar is not None:
            self._bar.choose(self._listed())

    def _listed(self) -> int | None:
        dialog_filter = self._dialog_filter()
        return next((row.id for row in self._views if self._filter_of(row) == dialog_filter), None)

    def _filter_of(self, view: ViewRow) -> DialogFilter:
        from chatapp_cli.services import views

        return views.filter_of(view, operator=self._page.workspace.actor)

    def go_to(self, view: ViewRow) -> None:
        """Use the filter of a view."""
        self._show(self._filter_of(view))
        self.count()

    def next_view(self) -> None:
        """Go to the next view."""
        self._step(1)

    def previous_view(self) -> None:
        """Go to the previous view."""
        self._step(-1)

    def _step(self, step: int) -> None:
        known = [row.id for row in self._views]
        if known:
            here = self._listed()
            at = known.index(here) + step if here in known else min(0, step)
            self.go_to(self._views[at % len(known)])

    def manage(self) -> None:
        """Ask for a view to go to, or save, move or delete views."""
        self._page.do(self._manage, group="filter", exclusive=True)

    async def _manage(self) -> None:
        from chatapp_cli.tui.actions import view as view_actions

        chosen = await view_actions.choose(self._page, self._dialog_filter())
        if chosen is not None:
            self.go_to(chosen)


def _none(_seen: Sequence[ViewRow]) -> Sequence[ViewRow]:
    return ()

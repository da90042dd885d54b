"""Actions on saved views."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.i18n import _
from chatapp_cli.services import views
from chatapp_cli.store.rows.operators import ViewRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.questions.views import DOWN, GO, KEEP, REMOVE, ViewChoice, Views
from chatapp_cli.tui.widgets.views_bar import MOST


async def choose(page: ActionPage, dialog_filter: DialogFilter) -> ViewRow | None:
    """Show the views until the person chooses one or leaves; ``dialog_filter`` may be saved as a view."""
    at = 0
    while True:
        seen, counts = await read(page)
        answer: ViewChoice | None = await page.app.push_screen_wait(Views(seen, counts, at=at))
        if answer is None:
            return None
        what, number = answer
        at = next((n for n, row in enumerate(seen) if row.id == number), 0)
        if what == GO:
            return seen[at]
        at = await _change(page, dialog_filter, seen, what, at)


async def read(
    page: ActionPage, among: Callable[[Sequence[ViewRow]], Sequence[ViewRow]] = lambda seen: seen
) -> tuple[Sequence[ViewRow], Mapping[int, int]]:
    """All views, and the numbers of dialogs in those that ``among`` selects."""
    dialect = page.workspace.dialect

    def look(tx: Tx) -> tuple[Sequence[ViewRow], Mapping[int, int]]:
        seen = views.seen(tx)
        return seen, views.counts(tx, dialect, among(seen), most=MOST)

    return await page.workspace.read(look)


async def _change(page: ActionPage, dialog_filter: DialogFilter, seen: Sequence[ViewRow], what: str, at: int) -> int:
    """Save, remove or move a view; returns the row of the cursor."""
    me, workspace = page.workspace.actor, page.workspace
    if what == KEEP:
        return len(seen) if await _save(page, dialog_filter) else at
    if what == REMOVE:
        gone = seen[at]
        await workspace.write(lambda tx: views.remove(tx, gone))
        removed = views.filter_of(gone, operator=me)

        def back(tx: Tx) -> None:
            views.add(tx, gone.name, removed, own=bool(gone.operator))

        page.done(_("{name} is forgotten.", name=gone.name), back)
        return at
    there = at + (1 if what == DOWN else -1)
    await workspace.write(lambda tx: views.move(tx, seen[at], there + 1))
    return min(max(0, there), len(seen) - 1)


async def _save(page: ActionPage, dialog_filter: DialogFilter) -> bool:
    """Ask for a name, and save the filter as a view of everybody or of this operator."""
    options = [("", _("Everybody sees it")), ("mine", _("Only I see it"))]

    async def called(name: str) -> bool:
        async def take(whose: str) -> None:
            await page.workspace.write(lambda tx: views.add(tx, name, dialog_filter, own=bool(whose)))

        if not name:
            return False
        return await page.choose(_("Who sees the view?"), options, keys=["1", "2"], take=take) is not None

    return await page.prompt(_("Save the current filter as a view"), take=called) is not None

"""The rows of the dialog list around the visible ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.tui.reading.dialog_order import DialogOrder

MARGIN = 40
"""Rows that are read beyond each end of the visible ones, so that moving the cursor finds its row."""


class RowCache:
    """An order of dialogs, and the rows of those near the visible part."""

    def __init__(self) -> None:
        self.order: DialogOrder | None = None
        self._rows: dict[DialogId, DialogRow] = {}
        self._asked = range(0)

    @property
    def ids(self) -> Sequence[int]:
        """The ids of the listed dialogs, in order."""
        return self.order.ids if self.order else ()

    def row(self, at: int) -> DialogRow | None:
        """The row of the dialog at an index; ``None`` while it is being read."""
        return self._rows.get(DialogId(self.ids[at]))

    def take(self, order: DialogOrder, rows: Mapping[DialogId, DialogRow]) -> bool:
        """Take another order. Returns whether it has the same filter, in which case the rows are kept."""
        same = self.order is not None and self.order.dialog_filter == order.dialog_filter
        self._rows = {**self._rows, **rows} if same else dict(rows)
        self.order, self._asked = order, range(0)
        return same

    def fill(self, rows: Mapping[DialogId, DialogRow]) -> set[DialogId]:
        """Take rows that were asked for or have changed. Returns the ids of those that differ from before."""
        changed = {one for one, row in rows.items() if self._rows.get(one) != row}
        self._rows.update(rows)
        if len(self._rows) > 8 * MARGIN:
            near = set(self.ids[self._asked.start : self._asked.stop])
            self._rows = {one: row for one, row in self._rows.items() if one in near}
        return changed

    def lacks(self, seen: range) -> range | None:
        """The rows to read when these are visible; ``None`` if they are read already or being read."""
        if not seen or (seen.start in self._asked and seen[-1] in self._asked):
            return None
        self._asked = range(max(0, seen.start - MARGIN), seen.stop + MARGIN)
        return self._asked

    def at(self, places: Iterable[int]) -> dict[int, tuple[int, DialogRow | None]]:
        """The ids and rows of the dialogs at some indexes."""
        return {at: (self.ids[at], self.row(at)) for at in places}

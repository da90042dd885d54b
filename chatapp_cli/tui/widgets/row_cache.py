"""The rows of a long list around what is seen of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.tui.reading.dialog_order import DialogOrder

MARGIN = 40
"""Rows kept beyond both ends of what is seen, so that a step finds its row."""


class RowCache:
    """An order of dialogs, and what is known of those that are near."""

    def __init__(self) -> None:
        self.order: DialogOrder | None = None
        self._rows: dict[DialogId, DialogRow] = {}
        self._asked = range(0)

    @property
    def ids(self) -> Sequence[int]:
        """What is listed, in its order."""
        return self.order.ids if self.order else ()

    def row(self, at: int) -> DialogRow | None:
        """What is known of the dialog at a place; nothing while its row is on its way."""
        return self._rows.get(DialogId(self.ids[at]))

    def take(self, order: DialogOrder, rows: Mapping[DialogId, DialogRow]) -> bool:
        """Have another order; tells whether it is one of the same dialogs, whose rows are kept."""
        same = self.order is not None and self.order.wanted == order.wanted
        self._rows = {**self._rows, **rows} if same else dict(rows)
        self.order, self._asked = order, range(0)
        return same

    def fill(self, rows: Mapping[DialogId, DialogRow]) -> set[DialogId]:
        """Have rows that were asked for or changed; returns those that are other than before."""
        changed = {one for one, row in rows.items() if self._rows.get(one) != row}
        self._rows.update(rows)
        if len(self._rows) > 8 * MARGIN:
            near = set(self.ids[self._asked.start : self._asked.stop])
            self._rows = {one: row for one, row in self._rows.items() if one in near}
        return changed

    def lacks(self, seen: range) -> range | None:
        """The rows to ask for when these are seen, unless they are here or on their way."""
        if not seen or (seen.start in self._asked and seen[-1] in self._asked):
            return None
        self._asked = range(max(0, seen.start - MARGIN), seen.stop + MARGIN)
        return self._asked

    def at(self, places: Iterable[int]) -> dict[int, tuple[int, DialogRow | None]]:
        """Which dialogs are at places, and what is known of them."""
        return {at: (self.ids[at], self.row(at)) for at in places}

"""The ids of the dialog list in their order, kept right by news without reading the list again."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows import DialogRow
from chatapp_cli.store.tx import Tx

MANY = 64
"""Changes at once from which reading the whole order again is cheaper."""


@dataclass(frozen=True, slots=True)
class Order:
    """One filter's dialogs in order: eight bytes each, however much there is to show of them."""

    wanted: DialogFilter
    dialect: str
    ids: array[int]

    def window(self, tx: Tx, start: int, n: int) -> dict[DialogId, DialogRow]:
        """The rows of a part of the list."""
        return dialog_list.rows(tx, self.dialect, [DialogId(i) for i in self.ids[max(0, start) : start + n]])

    def after(self, tx: Tx, changed: Collection[DialogId]) -> Order:
        """The order once these dialogs have changed: each is taken out and put back where it belongs now."""
        if len(changed) > MANY:
            return read(tx, self.dialect, self.wanted)
        ids = array("q", self.ids)
        for one in changed:
            if one in ids:
                ids.remove(one)
        for row in dialog_list.rows(tx, self.dialect, list(changed), among=self.wanted).values():
            ids.insert(self._place(tx, ids, row), row.id)
        return Order(self.wanted, self.dialect, ids)

    def _place(self, tx: Tx, ids: Sequence[int], row: DialogRow) -> int:
        def rank(one: int) -> tuple[int, ...]:
            found = dialog_list.rows(tx, self.dialect, [DialogId(one)])
            return self._rank(found[DialogId(one)]) if found else self._rank(row)

        return bisect_left(ids, self._rank(row), key=rank)

    def _rank(self, row: DialogRow) -> tuple[int, ...]:
        if self.wanted.waiting:
            return (row.waiting_since or 0, row.id)
        return (-row.pinned, -row.last_at, -row.id)


def head(tx: Tx, dialect: str, wanted: DialogFilter, n: int) -> tuple[Order, dict[DialogId, DialogRow]]:
    """The first dialogs alone, with their rows: enough for a screen before everything has been read."""
    rows = dialog_list.page(tx, dialect, wanted, n=n)
    return Order(wanted, dialect, array("q", (row.id for row in rows))), {row.id: row for row in rows}


def read(tx: Tx, dialect: str, wanted: DialogFilter) -> Order:
    """Every dialog that passes the filter."""
    return Order(wanted, dialect, array("q", dialog_list.ids(tx, dialect, wanted)))

"""The ids of the dialog list in their order, kept right by news without reading the list again."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.store.search import Index

NEARLY = "≈"
"""Before the name of what does not fit but nearly does."""
MANY = 64
"""Changes at once from which reading the whole order again is cheaper."""


class DialogOrder(NamedTuple):
    """One filter's dialogs in order: eight bytes each, however much there is to show of them."""

    wanted: DialogFilter
    dialect: str
    ids: array[int]
    near: frozenset[int] = frozenset()
    """The last of them, which do not fit but nearly do."""

    def window(self, tx: Tx, start: int, n: int) -> dict[DialogId, DialogRow]:
        """The rows of a part of the list."""
        return self.rows(tx, [DialogId(i) for i in self.ids[max(0, start) : start + n]])

    def rows(self, tx: Tx, wanted: Sequence[DialogId]) -> dict[DialogId, DialogRow]:
        """These rows; what fits only nearly is marked."""
        found = dialog_list.rows(tx, self.dialect, wanted)
        return {
            one: row._replace(name=f"{NEARLY} {row.name}") if one in self.near else row for one, row in found.items()
        }

    def joined(self, near: Sequence[DialogId]) -> DialogOrder:
        """The same with what nearly fits below."""
        others = [one for one in near if one not in self.ids]
        return DialogOrder(self.wanted, self.dialect, self.ids + array("q", others), frozenset(others))

    def after(self, tx: Tx, changed: AbstractSet[DialogId]) -> DialogOrder:
        """The order once these dialogs have changed: each is taken out and put back where it belongs now."""
        if len(changed) > MANY:
            return read(tx, self.dialect, self.wanted)
        fitting = dialog_list.rows(tx, self.dialect, list(changed), among=self.wanted)
        near = self.near - fitting.keys()
        ids = array("q", self.ids)
        for one in changed - near:
            if one in ids:
                ids.remove(one)
        exact, below = ids[: len(ids) - len(near)], ids[len(ids) - len(near) :]
        for row in fitting.values():
            exact.insert(self._place(tx, exact, row), row.id)
        return DialogOrder(self.wanted, self.dialect, exact + below, near)

    def _place(self, tx: Tx, ids: Sequence[int], row: DialogRow) -> int:
        def rank(one: int) -> tuple[int, ...]:
            found = dialog_list.rows(tx, self.dialect, [DialogId(one)])
            return self._rank(found[DialogId(one)]) if found else self._rank(row)

        return bisect_left(ids, self._rank(row), key=rank)

    def _rank(self, row: DialogRow) -> tuple[int, ...]:
        if self.wanted.waiting:
            return (row.waiting_since or 0, row.id)
        return (-row.pinned, -row.last_at, -row.id)


def head(
    tx: Tx, dialect: str, wanted: DialogFilter, n: int, *, among: Sequence[DialogId] | None = None
) -> tuple[DialogOrder, dict[DialogId, DialogRow]]:
    """The first dialogs alone, with their rows: enough for a screen before everything has been read."""
    rows = dialog_list.page(tx, dialect, wanted, n=n, among=among)
    return DialogOrder(wanted, dialect, array("q", (row.id for row in rows))), {row.id: row for row in rows}


def read(tx: Tx, dialect: str, wanted: DialogFilter, *, among: Sequence[DialogId] | None = None) -> DialogOrder:
    """Every dialog that passes the filter; with ``among`` no others are looked at."""
    return DialogOrder(wanted, dialect, array("q", dialog_list.ids(tx, dialect, wanted, among=among)))


def found(
    tx: Tx, index: Index, dialect: str, wanted: DialogFilter, n: int
) -> tuple[DialogOrder, dict[DialogId, DialogRow]]:
    """The first dialogs that pass a filter with a text, with their rows; fewer than ``n`` are all of them."""
    from chatapp_cli.services import names

    return head(tx, dialect, wanted, n, among=names.among(tx, index, wanted.text))


def rest(tx: Tx, index: Index, first: DialogOrder, n: int) -> DialogOrder:
    """Every dialog of which at most ``n`` were found first; if those are few, what nearly fits too."""
    from chatapp_cli.services import names

    wanted, dialect = first.wanted, first.dialect
    if len(first.ids) == n:
        return read(tx, dialect, wanted, among=names.among(tx, index, wanted.text))
    return first if len(first.ids) >= names.FEW else first.joined(names.near(tx, index, dialect, wanted))

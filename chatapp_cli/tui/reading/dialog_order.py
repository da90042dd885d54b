"""The ids of the dialog list in order; changed dialogs are moved without reading the whole list again."""

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
"""Stands before the name of a dialog that matches a search only nearly."""
MANY = 64
"""Number of changed dialogs above which reading the whole order again is cheaper."""


class DialogOrder(NamedTuple):
    """The dialogs that pass one filter, in order; eight bytes each."""

    dialog_filter: DialogFilter
    dialect: str
    ids: array[int]
    near: frozenset[int] = frozenset()
    """The dialogs at the end that match only nearly."""

    def window(self, tx: Tx, start: int, n: int) -> dict[DialogId, DialogRow]:
        """The rows of ``n`` dialogs from a place on."""
        return self.rows(tx, [DialogId(i) for i in self.ids[max(0, start) : start + n]])

    def rows(self, tx: Tx, wanted: Sequence[DialogId]) -> dict[DialogId, DialogRow]:
        """The rows of some dialogs, by id; the names of near matches are marked."""
        found = dialog_list.rows(tx, self.dialect, wanted)
        return {
            one: row._replace(name=f"{NEARLY} {row.name}") if one in self.near else row for one, row in found.items()
        }

    def joined(self, near: Sequence[DialogId]) -> DialogOrder:
        """The same order with near matches at its end."""
        others = [one for one in near if one not in self.ids]
        return DialogOrder(self.dialog_filter, self.dialect, self.ids + array("q", others), frozenset(others))

    def after(self, tx: Tx, changed: AbstractSet[DialogId]) -> DialogOrder:
        """The order after some dialogs have changed: each is moved to its new place, added or removed."""
        if len(changed) > MANY:
            return read(tx, self.dialect, self.dialog_filter)
        fitting = dialog_list.rows(tx, self.dialect, list(changed), among=self.dialog_filter)
        near = self.near - fitting.keys()
        ids = array("q", self.ids)
        for one in changed - near:
            if one in ids:
                ids.remove(one)
        exact, below = ids[: len(ids) - len(near)], ids[len(ids) - len(near) :]
        for row in fitting.values():
            exact.insert(self._place(tx, exact, row), row.id)
        return DialogOrder(self.dialog_filter, self.dialect, exact + below, near)

    def _place(self, tx: Tx, ids: Sequence[int], row: DialogRow) -> int:
        def rank(one: int) -> tuple[int, ...]:
            found = dialog_list.rows(tx, self.dialect, [DialogId(one)])
            return self._rank(found[DialogId(one)]) if found else self._rank(row)

        return bisect_left(ids, self._rank(row), key=rank)

    def _rank(self, row: DialogRow) -> tuple[int, ...]:
        if self.dialog_filter.waiting:
            return (row.waiting_since or 0, row.id)
        return (-row.pinned, -row.last_at, -row.id)


def head(
    tx: Tx, dialect: str, dialog_filter: DialogFilter, n: int, *, among: Sequence[DialogId] | None = None
) -> tuple[DialogOrder, dict[DialogId, DialogRow]]:
    """The first ``n`` dialogs with their rows: enough for a screen, until all have been read."""
    rows = dialog_list.page(tx, dialect, dialog_filter, n=n, among=among)
    return DialogOrder(dialog_filter, dialect, array("q", (row.id for row in rows))), {row.id: row for row in rows}


def read(tx: Tx, dialect: str, dialog_filter: DialogFilter, *, among: Sequence[DialogId] | None = None) -> DialogOrder:
    """All dialogs that pass the filter, or those of ``among`` that do."""
    return DialogOrder(dialog_filter, dialect, array("q", dialog_list.each_id(tx, dialect, dialog_filter, among=among)))


def found(
    tx: Tx, index: Index, dialect: str, dialog_filter: DialogFilter, n: int
) -> tuple[DialogOrder, dict[DialogId, DialogRow]]:
    """The first ``n`` dialogs that pass a filter with a text, with their rows; fewer if there are no more."""
    from chatapp_cli.services import names

    return head(tx, dialect, dialog_filter, n, among=names.among(tx, index, dialog_filter.text))


def rest(tx: Tx, index: Index, first: DialogOrder, n: int) -> DialogOrder:
    """All dialogs of a search whose first ``n`` were `found`; if there are few, near matches follow them."""
    from chatapp_cli.services import names

    dialog_filter, dialect = first.dialog_filter, first.dialect
    if len(first.ids) == n:
        return read(tx, dialect, dialog_filter, among=names.among(tx, index, dialog_filter.text))
    return first if len(first.ids) >= names.FEW else first.joined(names.near(tx, index, dialect, dialog_filter))

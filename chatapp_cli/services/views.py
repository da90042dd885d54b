"""Saved views: named filters, shared and personal, in an order (S-117)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.dialog import DialogFilter, filters
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.journal.company import ViewKept, ViewMoved, ViewRemoved
from chatapp_cli.domain.name import sound
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import access
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.operators import ViewRow
from chatapp_cli.store.tx import Tx

EVERYBODY = ""
_ME = "@me"
"""Stands in a view for the operator who uses it."""


def seen(tx: Tx) -> list[ViewRow]:
    """The shared views and the acting operator's own, in order."""
    return tx.all(ViewRow, "views.seen_by", operator=tx.name)


def find(tx: Tx, named: str) -> ViewRow:
    """A view by name or number; of two with the same name, one's own. Raises NotFound."""
    known = seen(tx)
    fitting = [row for row in known if fold(named) == fold(row.name)] or [row for row in known if named == str(row.id)]
    if not fitting:
        raise _no_view(named)
    return max(fitting, key=lambda row: row.operator)


def add(tx: Tx, name: str, wanted: DialogFilter, *, own: bool = False) -> int:
    """Store a view, shared or one's own; an existing one of that name is replaced. Returns its number."""
    access.require(tx, _right(tx, owner := tx.name if own else EVERYBODY))
    name = sound(name)
    if not name:
        raise UsageError(T("A view needs a name."), field="name")
    for value in wanted.chosen.values():
        limits.SEARCH.require(str(value), field="search")
    kept = _kept(wanted, tx.name)
    known = next((row for row in seen(tx) if (row.operator, fold(row.name)) == (owner, fold(name))), None)
    if known is None:
        number = int(tx.insert("views.add", operator=owner, name=name, wanted=kept))
    else:
        number = known.id
        tx.run("views.change", id=number, wanted=kept)
    tx.emit(ViewKept(name=name))
    return number


def move(tx: Tx, view: ViewRow, place: int) -> None:
    """Move a view to a place, counted from 1. Raises NotFound if the acting operator does not see it."""
    _require_own(tx, view)
    others = [row.id for row in seen(tx) if row.id != view.id]
    others.insert(max(0, place - 1), view.id)
    for at, number in enumerate(others, start=1):
        tx.run("views.place", id=number, place=at)
    tx.emit(ViewMoved(name=view.name))


def remove(tx: Tx, view: ViewRow) -> None:
    """Delete a view; no dialog is affected. Raises NotFound if the acting operator does not see it."""
    _require_own(tx, view)
    tx.run("views.remove", id=view.id)
    tx.emit(ViewRemoved(name=view.name))


def _right(tx: Tx, owner: str) -> Right:
    """The right needed to change a view of this owner."""
    return Right.VIEWS if owner == tx.name != EVERYBODY else Right.SHARED_VIEWS


def _require_own(tx: Tx, view: ViewRow) -> None:
    there = next((row for row in seen(tx) if row.id == view.id), None)
    access.require(tx, _right(tx, (there or view).operator))
    if there is None:
        raise _no_view(view.name)


def _no_view(named: str) -> NotFound:
    return NotFound(T("There is no view {name}.", name=named), T("See them with: {how}", how=to_do(Next.VIEWS)))


def filter_of(view: ViewRow, *, operator: str) -> DialogFilter:
    """The filter of a view, for the acting operator."""
    kept = json.loads(view.wanted)
    found = DialogFilter(**{one.name: kept[one.name] for one in filters() if one.name in kept})
    return found.but(assignee=operator) if found.assignee == _ME else found


def counts(tx: Tx, dialect: str, views: Sequence[ViewRow], *, most: int = dialog_list.ALL) -> Mapping[int, int]:
    """The number of dialogs in each view for the acting operator; counting stops at ``most``."""
    return {row.id: dialog_list.count(tx, dialect, filter_of(row, operator=tx.name), most=most) for row in views}


def _kept(wanted: DialogFilter, me: str) -> str:
    """The filter in stored form: only set values, with oneself as ``@me``."""
    kept = wanted.but(assignee=_ME) if me and wanted.assignee == me else wanted
    return json.dumps(kept.chosen, ensure_ascii=False)

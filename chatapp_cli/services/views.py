"""Saved views: filters under a name, in a row of everybody's and one's own (S-117)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.dialog import DialogFilter, filters
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.journal.company import ViewKept, ViewMoved, ViewRemoved
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import access
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.operators import ViewRow
from chatapp_cli.store.tx import Tx

EVERYBODY = ""
_ME = "@me"
"""Stands in a view for whoever looks: what is mine is another's own there."""


def seen(tx: Tx) -> list[ViewRow]:
    """Everybody's views and the own ones of whoever looks, in the order of the row."""
    return tx.all(ViewRow, "views.seen_by", operator=tx.name)


def find(tx: Tx, named: str) -> ViewRow:
    """A view by its name or number; of two with one name one's own. Raises NotFound."""
    known = seen(tx)
    fitting = [row for row in known if fold(named) == fold(row.name)] or [row for row in known if named == str(row.id)]
    if not fitting:
        raise _no_view(named)
    return max(fitting, key=lambda row: row.operator)


def add(tx: Tx, name: str, wanted: DialogFilter, *, own: bool = False) -> int:
    """Keep a filter under a name, for everybody or for oneself; one of that name takes it. Returns its number."""
    access.require(tx, _right(tx, owner := tx.name if own else EVERYBODY))
    name = name.strip()
    if not name:
        raise UsageError(T("A view needs a name."), field="name")
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
    """Put a view at a place of the row, counted from 1. Raises NotFound for one that whoever acts does not see."""
    _insist_theirs(tx, view)
    others = [row.id for row in seen(tx) if row.id != view.id]
    others.insert(max(0, place - 1), view.id)
    for at, number in enumerate(others, start=1):
        tx.run("views.place", id=number, place=at)
    tx.emit(ViewMoved(name=view.name))


def remove(tx: Tx, view: ViewRow) -> None:
    """Forget a view; no dialog is touched. Raises NotFound for one that whoever acts does not see."""
    _insist_theirs(tx, view)
    tx.run("views.remove", id=view.id)
    tx.emit(ViewRemoved(name=view.name))


def _right(tx: Tx, owner: str) -> Right:
    """What whoever acts needs to change a view of this owner's."""
    return Right.VIEWS if owner == tx.name != EVERYBODY else Right.SHARED_VIEWS


def _insist_theirs(tx: Tx, view: ViewRow) -> None:
    there = next((row for row in seen(tx) if row.id == view.id), None)
    access.require(tx, _right(tx, (there or view).operator))
    if there is None:
        raise _no_view(view.name)


def _no_view(named: str) -> NotFound:
    return NotFound(T("There is no view {name}.", name=named), T("See them with: {how}", how=to_do(Next.VIEWS)))


def wanted(view: ViewRow, *, operator: str) -> DialogFilter:
    """The filter of a view, as the operator sees it."""
    kept = json.loads(view.wanted)
    found = DialogFilter(**{one.name: kept[one.name] for one in filters() if one.name in kept})
    return found.but(assignee=operator) if found.assignee == _ME else found


def counts(tx: Tx, dialect: str, views: Sequence[ViewRow], *, most: int = dialog_list.ALL) -> Mapping[int, int]:
    """How many dialogs are in each view for whoever looks; counting ends at ``most``."""
    return {row.id: dialog_list.count(tx, dialect, wanted(row, operator=tx.name), most=most) for row in views}


def _kept(wanted: DialogFilter, me: str) -> str:
    """Only what is set; whoever keeps it stands for whoever looks."""
    kept = wanted.but(assignee=_ME) if me and wanted.assignee == me else wanted
    return json.dumps(kept.chosen, ensure_ascii=False)

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


def seen_by(tx: Tx, operator: str) -> list[ViewRow]:
    """Everybody's views and the operator's own, in the order of the row."""
    return tx.all(ViewRow, "views.seen_by", operator=operator)


def find(tx: Tx, named: str, *, operator: str) -> ViewRow:
    """A view by its name or number; of two with one name the operator's own. Raises NotFound."""
    seen = seen_by(tx, operator)
    fitting = [row for row in seen if fold(named) == fold(row.name)] or [row for row in seen if named == str(row.id)]
    if not fitting:
        raise NotFound(T("There is no view {name}.", name=named), T("See them with: {how}", how=to_do(Next.VIEWS)))
    return max(fitting, key=lambda row: row.operator)


def add(tx: Tx, name: str, wanted: DialogFilter, *, owner: str = EVERYBODY, actor: str) -> int:
    """Keep a filter under a name; one that the owner has already takes the new filter. Returns its number."""
    access.require(tx, _right(owner, actor))
    name = name.strip()
    if not name:
        raise UsageError(T("A view needs a name."), field="name")
    kept = _kept(wanted, actor)
    known = next((row for row in seen_by(tx, actor) if (row.operator, fold(row.name)) == (owner, fold(name))), None)
    if known is None:
        number = int(tx.insert("views.add", operator=owner, name=name, wanted=kept))
    else:
        number = known.id
        tx.run("views.change", id=number, wanted=kept)
    tx.emit(ViewKept(name=name), actor=actor)
    return number


def move(tx: Tx, view: ViewRow, place: int, *, actor: str) -> None:
    """Put a view at a place of the row, counted from 1. Raises NotFound for one that whoever acts does not see."""
    _insist_theirs(tx, view, actor)
    others = [row.id for row in seen_by(tx, actor) if row.id != view.id]
    others.insert(max(0, place - 1), view.id)
    for at, number in enumerate(others, start=1):
        tx.run("views.place", id=number, place=at)
    tx.emit(ViewMoved(name=view.name), actor=actor)


def remove(tx: Tx, view: ViewRow, *, actor: str) -> None:
    """Forget a view; no dialog is touched. Raises NotFound for one that whoever acts does not see."""
    _insist_theirs(tx, view, actor)
    tx.run("views.remove", id=view.id)
    tx.emit(ViewRemoved(name=view.name), actor=actor)


def _right(owner: str, actor: str) -> Right:
    """What somebody needs who changes a view of this owner's."""
    return Right.VIEWS if owner == actor != EVERYBODY else Right.SHARED_VIEWS


def _insist_theirs(tx: Tx, view: ViewRow, actor: str) -> None:
    access.require(tx, _right(view.operator, actor))
    if all(row.id != view.id for row in seen_by(tx, actor)):
        raise NotFound(T("There is no view {name}.", name=view.name), T("See them with: {how}", how=to_do(Next.VIEWS)))


def wanted(view: ViewRow, *, operator: str) -> DialogFilter:
    """The filter of a view, as the operator sees it."""
    kept = json.loads(view.wanted)
    found = DialogFilter(**{one.name: kept[one.name] for one in filters() if one.name in kept})
    return found.but(assignee=operator) if found.assignee == _ME else found


def counts(
    tx: Tx, dialect: str, views: Sequence[ViewRow], *, operator: str, most: int = dialog_list.ALL
) -> Mapping[int, int]:
    """How many dialogs are in each view; counting ends at ``most``."""
    return {row.id: dialog_list.count(tx, dialect, wanted(row, operator=operator), most=most) for row in views}


def _kept(wanted: DialogFilter, me: str) -> str:
    """Only what is set; whoever keeps it stands for whoever looks."""
    kept = wanted.but(assignee=_ME) if me and wanted.assignee == me else wanted
    return json.dumps(kept.chosen, ensure_ascii=False)

"""Who is who between the desk and a CRM, as people see it: by what they are joined, who is nobody, who left (K-04)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access, crm_owners, employees, operators
from chatapp_cli.store.rows.crm import EmployeeRow, LinkRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm_manifest import CrmManifest


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonThere:
    """Somebody who works in a CRM, or did."""

    employee: Employee
    operator: str = ""
    """Who they are here; empty: nobody."""
    way: str = ""
    """``hand`` or ``email``; empty: they are nobody."""
    left_at: Millis = 0


def roster(found: Sequence[Employee], rows: Sequence[EmployeeRow]) -> list[PersonThere]:
    """The employees in the order of the CRM, and behind them those whom it does not name any more."""
    joined = {row.employee: row for row in rows if row.employee}
    there = [_person(one, joined.get(one.id)) for one in found]
    gone = [row for number, row in joined.items() if all(one.id != number for one in found)]
    return [*there, *(_person(Employee(id=row.employee, name=row.name), row) for row in gone)]


def _person(one: Employee, row: EmployeeRow | None) -> PersonThere:
    if row is None:
        return PersonThere(employee=one)
    return PersonThere(employee=one, operator=row.operator, way=row.way, left_at=row.left_at)


def without(tx: Tx, rows: Sequence[EmployeeRow]) -> list[str]:
    """The operators with accounts who are no employee of a CRM; only oneself for who may change neither."""
    joined = {row.operator for row in rows if row.employee}
    return [name for name in operators_to_join(tx) if name not in joined]


def operators_to_join(tx: Tx) -> list[str]:
    """The operators who can log in; only oneself for who may change neither accounts nor CRMs."""
    every = [one.name for one in operators.everything(tx) if not one.disabled]
    return every if _may_know_all(tx) else [name for name in every if name == tx.name]


def shown(tx: Tx, people: Sequence[PersonThere]) -> list[PersonThere]:
    """Those of a roster who are shown: all for who may change accounts or CRMs, otherwise oneself."""
    return list(people) if _may_know_all(tx) else [one for one in people if tx.name and one.operator == tx.name]


def _may_know_all(tx: Tx) -> bool:
    return bool({Right.USERS, Right.CRM} & access.rights(tx))


def troubles(
    tx: Tx, about: CrmManifest, link: LinkRow, called: Mapping[str, str] | None = None
) -> Iterator[tuple[Text, Text]]:
    """Whom synchronising passes over, what is kept because of that, and what to do.

    ``called``: the names of employees by their numbers, as far as they are known.
    """
    for number in crm_owners.unknown_employees(tx, about, link.id):
        who = f"{called[number]} ({number})" if called and called.get(number) else number
        what = T(
            "Employee {n} of {crm} is no operator here: dialogs of their cards stay as they are.",
            n=who,
            crm=link.title,
        )
        yield what, _say_who(link, employee=number)
    for name in crm_owners.unknown_operators(tx, about, link.id):
        what = T(
            "{name} answers dialogs and is no employee of {crm}: it is not told of them.", name=name, crm=link.title
        )
        yield what, _say_who(link, operator=name)
    for row in employees.everything(tx, link.id) if crm_owners.synchronises(tx, about, link.id) else ():
        if row.left_at:
            yield (
                T(
                    "{employee}, who is {name} here, does not work in {crm} any more: dialogs and cards stay as they"
                    " are.",
                    employee=row.name or row.employee,
                    name=row.operator,
                    crm=link.title,
                ),
                _say_who(link, operator=row.operator),
            )


def _say_who(link: LinkRow, employee: str = "EMPLOYEE", operator: str = "") -> Text:
    said = f"'{operator}'" if operator else "OPERATOR"
    return T("Say who they are: {how}", how=to_do(Next.CRM_USERS, link=link.id, employee=employee, operator=said))

"""Which operators of ours are which employees of a CRM: by hand, else by the same e-mail address (K-04).

What a person said holds: who is nobody there by hand is not joined with anybody by an address. Two who share an address
are not told apart, so that neither is joined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain import border, limits
from chatapp_cli.domain.access import PROGRAM, Right
from chatapp_cli.domain.finding import by_name
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.journal.links import EmployeeLeft, EmployeeMapped
from chatapp_cli.services import access, links, operators
from chatapp_cli.store.rows.crm import EmployeeRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.link import Employee

BY_HAND: Final = "hand"
BY_EMAIL: Final = "email"


def everything(tx: Tx, link: LinkId) -> list[EmployeeRow]:
    """The operators who are employees of a CRM."""
    return [row for row in said(tx, link) if row.employee]


def said(tx: Tx, link: LinkId) -> list[EmployeeRow]:
    """The same with those of whom a person said that they are nobody there."""
    return sorted(tx.all(EmployeeRow, "employees.all", link=link), key=lambda row: by_name(row.operator))


def are_wanted(tx: Tx, link: LinkId) -> bool:
    """Whether anybody is an employee of a CRM, or could be by their address."""
    return tx.value("employees.wanted", link=link) is not None


def of(tx: Tx, link: LinkId, name: str) -> str:
    """The CRM's id of the employee who the operator of a name is; empty for nobody."""
    return str(tx.value("employees.of", link=link, operator=name) or "")


def named(tx: Tx, link: LinkId, employee: str) -> str:
    """The operator who is an employee of a CRM; empty for nobody."""
    return str(tx.value("employees.named", link=link, employee=employee) or "") if employee else ""


def at_work(tx: Tx, link: LinkId, employee: str) -> str:
    """The same; empty as well for an employee who left."""
    return next((one.operator for one in everything(tx, link) if one.employee == employee and not one.left_at), "")


def map_to(tx: Tx, link: LinkId, operator: str, employee: Employee | None) -> None:
    """Record that an operator's messages are an employee's, or nobody's in particular with ``None``.

    An employee is one operator: another one is that no more. Raises NotFound for a name that is no operator's.
    """
    access.require(tx, Right.CRM)
    links.one(tx, link)
    limits.NAME.require(operator, field="operator")
    if employee is None:
        tx.run("employees.map", link=link, operator=operator, employee="", name="", way=BY_HAND)
        tx.emit(EmployeeMapped(link=link, name=operator, employee=""))
        return
    operators.require_somebody(tx, operator)
    _join(tx, link, operator, employee, BY_HAND)
    tx.emit(EmployeeMapped(link=link, name=operator, employee=employee.id))


def recognise(tx: Tx, link: LinkId, found: Sequence[Employee]) -> None:
    """Take in who works in a CRM: join those who have an operator's address, and note who left or came back.

    Nobody is taken to have left a CRM that tells of no employee at all: it may not be allowed to.
    """
    if not found:
        return
    wanted = _by_address(tx, found)
    for row in said(tx, link):
        if row.way == BY_EMAIL and row.employee and row.operator not in wanted:
            tx.run("employees.unmap", link=link, operator=row.operator)
            tx.emit(EmployeeMapped(link=link, name=row.operator, employee=""), actor=PROGRAM)
    known = said(tx, link)
    taken = {row.employee for row in known}
    for operator, one in wanted.items():
        if one.id not in taken and all(row.operator != operator for row in known):
            _join(tx, link, operator, one, BY_EMAIL)
            tx.emit(EmployeeMapped(link=link, name=operator, employee=one.id), actor=PROGRAM)
    _note_who_left(tx, link, {one.id for one in found})


def _by_address(tx: Tx, found: Sequence[Employee]) -> Mapping[str, Employee]:
    """By operator, the only employee who has the only operator's address."""
    theirs = Counter(one.email.casefold() for one in found if one.email)
    accounts = [one for one in operators.everything(tx) if one.email and not one.disabled]
    ours = Counter(one.email.casefold() for one in accounts)
    by_address = {one.email.casefold(): one for one in found if one.email and theirs[one.email.casefold()] == 1}
    return {
        one.name: by_address[one.email.casefold()]
        for one in accounts
        if ours[one.email.casefold()] == 1 and one.email.casefold() in by_address
    }


def _join(tx: Tx, link: LinkId, operator: str, employee: Employee, way: str) -> None:
    number, name = border.external_id(employee.id), border.name(employee.name)
    tx.run("employees.take_over", link=link, operator=operator, employee=number)
    tx.run("employees.map", link=link, operator=operator, employee=number, name=name, way=way)


def _note_who_left(tx: Tx, link: LinkId, there: Collection[str]) -> None:
    for row in everything(tx, link):
        if bool(row.left_at) == (row.employee in there):
            left = 0 if row.employee in there else tx.now
            tx.run("employees.left", link=link, operator=row.operator, left_at=left)
            if left:
                tx.emit(EmployeeLeft(link=link, name=row.operator, employee=row.employee), actor=PROGRAM)

"""Which operators of ours are which employees of a CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.domain import border, limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.journal.links import EmployeeMapped
from chatapp_cli.services import access, links, operators
from chatapp_cli.store.rows.crm import EmployeeRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.link import Employee


def everything(tx: Tx, link: LinkId) -> list[EmployeeRow]:
    """The operators who are employees of a CRM."""
    return tx.all(EmployeeRow, "employees.all", link=link)


def of(tx: Tx, link: LinkId, name: str) -> str:
    """The CRM's id of the employee who the operator of a name is; empty for nobody."""
    return str(tx.value("employees.of", link=link, operator=name) or "")


def named(tx: Tx, link: LinkId, employee: str) -> str:
    """The operator who is an employee of a CRM; empty for nobody."""
    return str(tx.value("employees.named", link=link, employee=employee) or "") if employee else ""


def map_to(tx: Tx, link: LinkId, operator: str, employee: Employee | None) -> None:
    """Record that an operator's messages are an employee's, or nobody's in particular with ``None``.

    An employee is one operator: another one is that no more. Raises NotFound for a name that is no operator's.
    """
    access.require(tx, Right.CRM)
    links.one(tx, link)
    limits.NAME.require(operator, field="operator")
    if employee is None:
        tx.run("employees.unmap", link=link, operator=operator)
    else:
        operators.require_somebody(tx, operator)
        number, name = border.external_id(employee.id), border.name(employee.name)
        tx.run("employees.take_over", link=link, operator=operator, employee=number)
        tx.run("employees.map", link=link, operator=operator, employee=number, name=name)
    tx.emit(EmployeeMapped(link=link, name=operator, employee="" if employee is None else employee.id))

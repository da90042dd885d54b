"""``chatapp crm users``: which employees of a CRM are which operators (K-04)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Noun, Verb, completing, noun, opened
from chatapp_cli.commands.crm_names import Link, OneLink
from chatapp_cli.commands.crm_own import app
from chatapp_cli.commands.errors import note, say
from chatapp_cli.commands.user import account_names
from chatapp_cli.documents import crm as documents
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _
from chatapp_cli.services import crm_people

if TYPE_CHECKING:
    from chatapp_cli.services.crm_people import PersonThere


class UsersNoun(Noun):
    """``crm users`` alone, or with the name of a link, lists them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the verb where none is named."""
        if not args or (args[0] not in self.list_commands(ctx) and args[0] != "--help"):
            args = ["list", *args]
        found: list[str] = super().parse_args(ctx, args)
        return found


users = noun(UsersNoun)
app.add_typer(users, name="users", help=N_("Which employees of the CRM are which operators"))

_NOBODY = "0"
EmployeeName = Annotated[
    str, typer.Argument(metavar="EMPLOYEE", help=N_("Employee by number, e-mail address or name in the CRM"))
]
OperatorName = Annotated[
    str, typer.Argument(metavar="OPERATOR", help=N_("Name of the operator"), autocompletion=completing(account_names))
]


@users.command("list", cls=Verb)
def list_(ctx: typer.Context, link: OneLink = "", as_json: Json = False) -> None:
    """Show who works in the CRM, which operator each is and by what, and who is nobody on the other side."""
    from chatapp_cli.commands import linking

    with opened(ctx) as company:
        people, alone = linking.roster(company, link)
        nobody = not company.read(crm_people.operators_to_join)
    if as_json:
        printing.document([documents.employee(one) for one in people])
        return
    columns = (_("No."), _("Name"), _("E-mail"), _("Operator"), _("Joined by"))
    printing.table(columns, [_row(one) for one in people])
    for name in alone:
        note("{name} is no employee of the CRM.", name=name)
    if nobody:
        how = T("Add one, then join them: {add}, {join}", add=to_do(Next.ADD_OPERATOR), join=to_do(Next.CRM_USERS))
        say(T("There are no operators who could be these employees."), how)


def _row(one: PersonThere) -> Sequence[object]:
    about = one.employee
    return about.id, about.name, about.email, one.operator, how(one)


def how(one: PersonThere) -> str:
    """By what an employee is joined with an operator, in a word or two."""
    if one.left_at:
        return _("left the CRM")
    if not one.operator:
        return _("nobody here")
    return _("e-mail address") if one.way == "email" else _("hand")


@users.command("map", cls=Verb)
def map_(ctx: typer.Context, employee: EmployeeName, operator: OperatorName, link: Link = "") -> None:
    """Say which operator an employee is; it holds whatever their addresses are."""
    from chatapp_cli.commands import linking

    with opened(ctx) as company:
        named = linking.map_employee(company, link, operator, employee)
    note("{operator} is {employee} in the CRM.", operator=operator, employee=named)


@users.command(cls=Verb)
def unmap(ctx: typer.Context, operator: OperatorName, link: Link = "") -> None:
    """Say that an operator is nobody in the CRM, whatever their address is."""
    from chatapp_cli.commands import linking

    with opened(ctx) as company:
        title = linking.unmap(company, link, operator)
    note("{operator} is nobody in {crm}.", operator=operator, crm=title)


@app.command(cls=Verb)
def employees(
    ctx: typer.Context,
    link: OneLink = "",
    *,
    operator: Annotated[
        str, typer.Option("--operator", metavar="NAME", help=N_("The operator whose messages are an employee's"))
    ] = "",
    employee: Annotated[
        str, typer.Option("--is", metavar="NUMBER", help=N_("Number of the employee in the CRM; 0: nobody"))
    ] = "",
    as_json: Json = False,
) -> None:
    """The same as crm users, with options in place of its verbs."""
    if not operator and not employee:
        list_(ctx, link, as_json)
    elif not operator or not employee:
        raise UsageError(
            T("Both the operator and the employee are needed."),
            T("Write it so: {how}", how="--operator NAME --is NUMBER"),
            field="is" if operator else "operator",
        )
    elif employee == _NOBODY:
        unmap(ctx, operator, link)
    else:
        map_(ctx, employee, operator, link)

"""``chatapp user`` and ``chatapp line``: who is away, who works when, and who is given dialogs (K-06)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands.base import Json, OneLine, Verb, completing, noun, opened, write
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import may_be_empty, number
from chatapp_cli.documents import operators as documents
from chatapp_cli.i18n import N_, _
from chatapp_cli.services import attendance, operators

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company

app = noun()
of_lines = noun()


def _account_names(company: Company) -> list[str]:
    return [who.name for who in company.read(operators.everything)]


Account = Annotated[
    str, typer.Argument(metavar="NAME", help=N_("Name of the account"), autocompletion=completing(_account_names))
]


@app.command(cls=Verb)
def away(
    ctx: typer.Context,
    until: Annotated[
        str, typer.Option("--until", metavar="TIME", help=N_("Until then: 14:00, +1h, tomorrow 9:00"))
    ] = "",
    reason: Annotated[str, typer.Option("--for", metavar="TEXT", help=N_("What for, as colleagues see it"))] = "",
) -> None:
    """Say that you are away: nothing is given to you, and what waits for you may be handed over."""
    from chatapp_cli.commands import attended
    from chatapp_cli.domain.when import when

    with opened(ctx) as company:
        at = when(until, now=company.world.clock.now()) if until else None
        company.write(lambda tx: attendance.leave(tx, until=at, reason=reason))
        found = attended.one(company, company.acting_name)
    note("{name}: {state}. When you are back: chatapp user back", name=found.operator, state=attended.words(found))


@app.command(cls=Verb)
def back(ctx: typer.Context) -> None:
    """Say that you are there again."""
    with opened(ctx) as company:
        was_away = company.write(attendance.come_back)
    if was_away:
        note("You are back.")
    else:
        note("You were not away.")


@app.command(cls=Verb)
def hours(
    ctx: typer.Context,
    name: Account,
    week: Annotated[
        str,
        typer.Argument(
            metavar="HOURS",
            parser=may_be_empty,
            help=N_("Such as: mon-fri 09:00-18:00; an empty text: the hours of the lines"),
        ),
    ],
    zone: Annotated[
        str, typer.Option("--zone", metavar="ZONE", help=N_("Time zone, such as Asia/Omsk; otherwise that of the line"))
    ] = "",
) -> None:
    """Give an operator working hours of their own."""
    write(ctx, lambda tx: attendance.set_hours(tx, name, week, zone), whole=True)


@app.command(cls=Verb)
def limit(
    ctx: typer.Context,
    name: Account,
    most: Annotated[int, typer.Argument(metavar="N", parser=number, help=N_("How many dialogs; 0: any number"))],
) -> None:
    """Set how many dialogs may wait for an operator before nothing more is given to them."""
    write(ctx, lambda tx: attendance.set_limit(tx, name, most), whole=True)


@of_lines.command("operators", cls=Verb)
def operators_(ctx: typer.Context, line: OneLine = "", as_json: Json = False) -> None:
    """Show which operators of a line are there, and why the others are not."""
    from chatapp_cli.commands import attended, printing
    from chatapp_cli.services import lines

    with opened(ctx) as company:
        chosen = company.read(lambda tx: lines.find(tx, line))
        found = company.read(lambda tx: attended.roster(company).of_line(tx, chosen.id))
    if as_json:
        printing.document([documents.attendance(one) for one in found])
        return
    if not found:
        note("Nobody with an account sees line {name}. Make one: chatapp user add NAME", name=chosen.name)
        return
    columns = (_("Operator"), _("Now"), _("Waiting"), _("At most"), _("Working hours"))
    rows = [
        (one.operator, attended.words(one), one.waiting, one.most or "", " ".join(filter(None, (one.hours, one.zone))))
        for one in found
    ]
    printing.table(columns, rows)

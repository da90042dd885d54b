"""``chatapp view``: saved filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import listing, printing
from chatapp_cli.commands.base import Json, Verb, completing, noun, opened, write
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import amount
from chatapp_cli.commands.narrowing import Narrowing, narrowed
from chatapp_cli.documents import dialogs
from chatapp_cli.documents import operators as documents
from chatapp_cli.i18n import N_, _
from chatapp_cli.services import views

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company

app = noun()


def _names(company: Company) -> list[str]:
    return [row.name for row in company.read(views.seen)]


Named = Annotated[
    str, typer.Argument(metavar="VIEW", help=N_("View by name or number"), autocompletion=completing(_names))
]


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the views with how many dialogs are in each."""
    with opened(ctx) as company:
        dialect = company.database.driver.dialect
        seen, counts = company.read(lambda tx: ((rows := views.seen(tx)), views.counts(tx, dialect, rows)))
    if as_json:
        printing.document([documents.view(row, counts[row.id]) for row in seen])
        return
    columns = (_("No."), _("Name"), _("Whose"), _("Dialogs"))
    printing.table(columns, [(row.id, row.name, row.operator or _("everybody's"), counts[row.id]) for row in seen])
    if not seen:
        note("There is no view yet. Save one: chatapp view add NAME --waiting")


@app.command("show", cls=Verb)
def show_(
    ctx: typer.Context, named: Named, limit: listing.Limit = 50, after: listing.After = 0, as_json: Json = False
) -> None:
    """Show the dialogs of a view."""
    with opened(ctx) as company:
        found = company.read(
            lambda tx: listing.page(company, tx, views.filter_of(views.find(tx, named), operator=tx.name), after, limit)
        )
    if as_json:
        printing.document([dialogs.row(row) for row in found])
    else:
        listing.table(found)


@app.command(cls=Verb)
@narrowed
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=N_("What the view is called"))],
    *,
    narrowing: Narrowing,
    mine: Annotated[bool, typer.Option("--mine", help=N_("Only you see it"))] = False,
) -> None:
    """Save a filter as a view; an existing one of that name is replaced."""
    with opened(ctx) as company:
        made = company.write(lambda tx: views.add(tx, name, narrowing.wanted(tx), own=mine))
    typer.echo(made)


@app.command(cls=Verb)
def remove(ctx: typer.Context, named: Named) -> None:
    """Delete a view; dialogs are not affected."""
    write(ctx, lambda tx: views.remove(tx, views.find(tx, named)))


@app.command(cls=Verb)
def move(
    ctx: typer.Context,
    named: Named,
    place: Annotated[int, typer.Argument(parser=amount, metavar="PLACE", help=N_("Its place in the row, from 1"))],
) -> None:
    """Move a view."""
    write(ctx, lambda tx: views.move(tx, views.find(tx, named), place))

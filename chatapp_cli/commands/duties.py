"""``chatapp dialog``: assignment, members, snoozing and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands.base import Dialog, Json, Verb, completing, noun, opened, typed, write
from chatapp_cli.commands.several import Dialogs, each
from chatapp_cli.documents import dialogs as documents
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _
from chatapp_cli.services import duties, notes

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.store.tx import Tx

app = noun()
ME, NOBODY = "me", "nobody"


def operator_names(company: Company) -> list[str]:
    """The known operators to whom a dialog can be assigned."""
    return [ME, *company.read(duties.operators)]


def named(name: str, me: str) -> str:
    """The operator that a person named."""
    return me if name == ME else name


Operator = Annotated[
    str,
    typer.Argument(metavar="NAME", help=N_("Operator; «me» is yourself"), autocompletion=completing(operator_names)),
]


@app.command(cls=Verb)
def assign(
    ctx: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="DIALOG... [NAME]",
            help=N_("Numbers of dialogs, - reads them from standard input; then the operator, without one yourself"),
            autocompletion=completing(operator_names),
        ),
    ],
) -> None:
    """Assign a dialog to an operator."""
    last = words[-1]
    unnamed = last == "-" or last.isdigit()
    chosen, name = (words, ME) if unnamed else (words[:-1] or words, last)
    each(ctx, chosen, lambda tx, one: duties.assign(tx, one, named(name, tx.name)))
    if name != ME:
        _note_if_absent(ctx, name)


def _note_if_absent(ctx: typer.Context, name: str) -> None:
    from chatapp_cli.commands.attended import note_if_absent

    with opened(ctx) as company:
        note_if_absent(company, {name.strip()})


@app.command(cls=Verb)
def claim(ctx: typer.Context, dialog: Dialogs) -> None:
    """Assign an unassigned dialog to yourself."""
    each(ctx, dialog, duties.take)


@app.command(cls=Verb)
def unassign(ctx: typer.Context, dialog: Dialogs) -> None:
    """Remove the assignee of a dialog."""
    each(ctx, dialog, duties.unassign)


@app.command(name="no-answer", cls=Verb)
def no_answer(ctx: typer.Context, dialog: Dialogs) -> None:
    """Mark a dialog as needing no answer."""
    each(ctx, dialog, duties.no_answer)


@app.command(cls=Verb)
def snooze(
    ctx: typer.Context,
    dialog: Dialogs,
    until: Annotated[
        str, typer.Argument(metavar="TIME", help=N_("Until then: 18:30, +30m, tomorrow 9:00, 2026-12-01 10:00"))
    ],
) -> None:
    """Snooze a dialog: it returns to the list at that time, or as soon as the client writes."""
    from chatapp_cli.domain.when import when

    each(ctx, dialog, lambda tx, one: duties.snooze(tx, one, when(until, now=tx.now)))


@app.command(cls=Verb)
def unsnooze(ctx: typer.Context, dialog: Dialogs) -> None:
    """End the snooze of a dialog."""
    each(ctx, dialog, duties.unsnooze)


@app.command(cls=Verb)
def note(
    ctx: typer.Context,
    dialog: Dialog,
    text: Annotated[str, typer.Argument(metavar="TEXT", help=N_("What it says; - reads it from standard input"))],
) -> None:
    """Write a note that the client never sees; @NAME mentions an operator."""
    body = typed(text)
    write(ctx, lambda tx: notes.add(tx, DialogId(dialog), body))


@app.command(name="notes", cls=Verb)
def notes_(ctx: typer.Context, dialog: Dialog, as_json: Json = False) -> None:
    """Show the notes of a dialog."""
    from chatapp_cli.commands import printing
    from chatapp_cli.services.dialogs import card

    with opened(ctx) as company:
        found = company.read(lambda tx: notes.between(tx, card(tx, DialogId(dialog)).id))
    if as_json:
        printing.document([documents.note(row) for row in found])
        return
    columns = (_("No."), _("Time"), _("Author"), _("Text"))
    printing.table(columns, [(row.id, printing.moment(row.at), row.author, row.text) for row in found])


@app.command(cls=Verb)
def mentions(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the notes of the last week that mention you and that you have not answered with a note."""
    from chatapp_cli.commands import printing

    with opened(ctx) as company:
        found = company.read(notes.calling)
    if as_json:
        printing.document([documents.note(row) for row in found])
        return
    columns = (_("Dialog"), _("Name"), _("Time"), _("Author"), _("Text"))
    rows = [(row.dialog_id, row.name, printing.moment(row.at), row.author, row.text) for row in found]
    printing.table(columns, rows)


@app.command(cls=Verb)
def member(
    ctx: typer.Context,
    dialog: Dialog,
    change: Annotated[str, typer.Argument(metavar="add|remove", help=N_("What to do"))],
    name: Operator,
    role: Annotated[str, typer.Option("--role", help=N_("producer, participant or observer"))] = "participant",
) -> None:
    """Add an operator to a dialog, or remove them."""
    if change not in {"add", "remove"}:
        raise UsageError(T("{said} is neither add nor remove.", said=change))

    def job(tx: Tx) -> None:
        if change == "add":
            duties.join(tx, DialogId(dialog), named(name, tx.name), role)
        else:
            duties.leave(tx, DialogId(dialog), named(name, tx.name))

    write(ctx, job)

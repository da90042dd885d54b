"""``chatapp deadletter``: arrivals that could not be read."""

from __future__ import annotations

from typing import Annotated

import typer

from chatapp_cli.commands import listing, printing
from chatapp_cli.commands.base import Json, Verb, noun, opened
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import number
from chatapp_cli.documents import channels as documents
from chatapp_cli.i18n import N_, _
from chatapp_cli.services import deadletters

app = noun()

Letter = Annotated[int, typer.Argument(metavar="NUMBER", parser=number, help=N_("Number of the dead letter"))]


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, limit: listing.Limit = 100, as_json: Json = False) -> None:
    """Show the dead letters, the newest first."""
    with opened(ctx) as company:
        found, every = company.read(lambda tx: (deadletters.everything(tx, n=limit), deadletters.count(tx)))
    if len(found) < every:
        note("These are the newest {n} of {all}; more with: --limit {all}", n=len(found), all=every)
    if as_json:
        printing.document([documents.dead_letter(one) for one in found])
        return
    printing.table(
        (_("No."), _("When"), _("Channel"), _("Who"), _("Dialog"), _("Problem")),
        [(one.id, printing.moment(one.at), one.channel_id, one.who, one.dialog_id or "", one.problem) for one in found],
    )
    if not every:
        note("There are no dead letters.")


@app.command(cls=Verb)
def show(
    ctx: typer.Context,
    letter: Letter,
    *,
    raw: Annotated[bool, typer.Option("--raw", help=N_("Write it as it came, to the byte"))] = False,
    as_json: Json = False,
) -> None:
    """Show a dead letter: who, when, why, and how it came."""
    from chatapp_cli.runtime import rereading

    with opened(ctx) as company:
        one = company.read(lambda tx: deadletters.one(tx, letter))
        content = rereading.dead(company, one)
    if raw:
        typer.echo(content, nl=False)
        return
    words = content.decode("utf-8", errors="replace")
    if as_json:
        printing.document(documents.raw_letter(one, words))
        return
    note("{problem} ({moment}, channel {n})", problem=one.problem, moment=printing.moment(one.at), n=one.channel_id)
    if one.who:
        note("From: {who}", who=one.who)
    if one.dialog_id is not None:
        note("It stands in the dialog: chatapp dialog show {n}", n=one.dialog_id)
    typer.echo(printing.plain(words))


@app.command(cls=Verb)
def retry(ctx: typer.Context, letter: Letter) -> None:
    """Read a dead letter again, as after an update of the program."""
    import asyncio

    from chatapp_cli.runtime import rereading

    with opened(ctx) as company:
        asyncio.run(rereading.retry(company, letter))
    note("Dead letter {n} is understood now.", n=letter)


@app.command(cls=Verb)
def forget(ctx: typer.Context, letter: Letter) -> None:
    """Delete a dead letter."""
    with opened(ctx) as company:
        company.write(lambda tx: deadletters.delete(tx, letter))
    note("Dead letter {n} is forgotten.", n=letter)

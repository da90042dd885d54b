"""``chatapp doctor``: diagnosis of the installation."""

from __future__ import annotations

from typing import Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Verb, loaded, single
from chatapp_cli.i18n import N_

app = single()


@app.command(cls=Verb)
def doctor(
    ctx: typer.Context,
    *,
    providers: Annotated[
        bool, typer.Option("--providers", help=N_("Also check every channel's provider, without sending a message"))
    ] = False,
    as_json: Json = False,
) -> None:
    """Check that everything is in order, and say what to do if not."""
    from chatapp_cli.commands.binding import print_findings
    from chatapp_cli.documents import channels as documents
    from chatapp_cli.runtime.doctor import examine

    found = list(examine(loaded(ctx), ctx.find_root().obj, providers=providers))
    if as_json:
        printing.document([documents.finding(one) for one in found])
    else:
        print_findings(found)
    raise typer.Exit(0 if all(one.ok for one in found) else 1)

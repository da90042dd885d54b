"""``chatapp doctor``: diagnosis of the installation, and of the links to CRMs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Noun, Verb, loaded, opened
from chatapp_cli.i18n import N_

if TYPE_CHECKING:
    from chatapp_cli.ports.connector import Finding

app = typer.Typer(cls=Noun, invoke_without_command=True, rich_markup_mode=None, add_completion=False)


@app.callback()
def doctor(
    ctx: typer.Context,
    *,
    providers: Annotated[
        bool, typer.Option("--providers", help=N_("Also check every channel's provider, without sending a message"))
    ] = False,
    as_json: Json = False,
) -> None:
    """Check that everything is in order, and say what to do if not."""
    if ctx.invoked_subcommand is None:
        from chatapp_cli.runtime.doctor import examine

        _tell(list(examine(loaded(ctx), ctx.find_root().obj, providers=providers)), as_json=as_json)


@app.command(cls=Verb)
def crm(
    ctx: typer.Context,
    link: Annotated[
        str, typer.Argument(metavar="LINK", help=N_("CRM by address or number; without it all are examined"))
    ] = "",
    as_json: Json = False,
) -> None:
    """Check why messages do not reach a CRM, or its answers do not come. It has the CRM send a test event."""
    from chatapp_cli.runtime.doctor_crm import examine

    with opened(ctx) as company:
        found = list(examine(company, link))
    _tell(found, as_json=as_json or bool(ctx.parent and ctx.parent.params.get("as_json")))


def _tell(found: Sequence[Finding], *, as_json: bool) -> None:
    """Print the findings; the exit code is 1 if one of them is a problem."""
    from chatapp_cli.commands.binding import print_findings
    from chatapp_cli.documents import channels as documents

    if as_json:
        printing.document([documents.finding(one) for one in found])
    else:
        print_findings(found)
    raise typer.Exit(0 if all(one.ok for one in found) else 1)

"""``chatapp serve``: the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands.base import Verb, single, unattended
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company

app = single()


@app.command(cls=Verb)
def serve(
    ctx: typer.Context,
    http: Annotated[bool, typer.Option("--http/--no-http", help=N_("Listen for webhooks and health checks"))] = True,
    web: Annotated[
        bool | None,
        typer.Option("--web/--no-web", help=N_("The window in a browser too, whatever the setting web says")),
    ] = None,
    until_stdin_closes: Annotated[
        bool, typer.Option("--until-stdin-closes", help=N_("Exit when standard input closes, for a parent process"))
    ] = False,
) -> None:
    """Receive and send until stopped; print the address that is listened on."""
    from asyncio import run

    from chatapp_cli.kit.garbage import collected_rarely
    from chatapp_cli.runtime.logs import configure

    with collected_rarely(), unattended(ctx) as company:
        wanted = company.settings.web == "on" if web is None else web
        if web:
            _require_web(company, http=http)
        configure(company.settings.log_level)
        company.media.sweep()
        run(_serve(company, http=http, web=wanted, leashed=until_stdin_closes))


def _require_web(company: Company, *, http: bool) -> None:
    """Raise UsageError for a login page that is unreachable or at which nobody can log in."""
    from chatapp_cli.services import operators

    if not (http and company.settings.http_host):
        raise UsageError(
            T("The window in a browser needs the daemon to listen."), T("Set http_host, and leave --no-http out.")
        )
    if not any(account.password and not account.disabled for account in company.read(operators.everything)):
        raise UsageError(
            T("There is no account yet, so nobody could log in."), T("Make one first: chatapp user add NAME")
        )


async def _serve(company: Company, *, http: bool, web: bool, leashed: bool) -> None:
    from asyncio import Event
    from gettext import textdomain

    textdomain("messages")  # our parser is done; uvicorn's own would load the catalogue a second time, for nothing
    from chatapp_cli.api.server import serve as run
    from chatapp_cli.commands.errors import end_at_once
    from chatapp_cli.kit.garbage import leave_out_what_is_here
    from chatapp_cli.runtime.lease import HolderKind
    from chatapp_cli.runtime.parent_watch import watch_input

    stop = Event()
    if leashed:
        watch_input(stop)

    def announce(address: str) -> None:
        leave_out_what_is_here()
        typer.echo(address)

    kind = HolderKind.WINDOW if leashed else HolderKind.DAEMON
    await run(company, http=http, web=web, announce=announce, stop=stop, kind=kind, stuck=end_at_once)

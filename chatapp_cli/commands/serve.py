"""``chatapp serve``: the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands.frame import Verb, opened, single
from chatapp_cli.i18n import N_

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Desk

app = single()


@app.command(cls=Verb)
def serve(
    ctx: typer.Context,
    http: Annotated[bool, typer.Option("--http/--no-http", help=N_("Listen for webhooks and health questions"))] = True,
    until_stdin_closes: Annotated[
        bool, typer.Option("--until-stdin-closes", help=N_("End when standard input is closed, for a starting program"))
    ] = False,
) -> None:
    """Receive and send until stopped; print the address that is listened on."""
    from asyncio import run

    from chatapp_cli.runtime.logs import configure

    with opened(ctx) as desk:
        configure(desk.settings.log_level)
        run(_serve(desk, http=http, leashed=until_stdin_closes))


async def _serve(desk: Desk, *, http: bool, leashed: bool) -> None:
    from asyncio import Event

    from chatapp_cli.api.server import serve as run
    from chatapp_cli.runtime.leash import watch_input

    stop = Event()
    if leashed:
        watch_input(stop)
    await run(desk, http=http, announce=typer.echo, stop=stop)

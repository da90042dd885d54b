"""``chatapp login``: log in as an operator."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from chatapp_cli.commands import door
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.frame import Verb, single, unattended
from chatapp_cli.i18n import N_, _

app = single()


@app.command(cls=Verb)
def login(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=N_("Name of the account; asked for without it"))] = "",
) -> None:
    """Log in as an operator; the password is asked for, or read from standard input."""
    from chatapp_cli.runtime import seat

    with unattended(ctx) as desk:
        name = name or _asked(_("Your name"))
        token = seat.log_in(desk, name, password())
        seat.keep(seat.token_file(os.environ, desk.settings.company), token)
    note("You are logged in as {name}. To log out: chatapp logout", name=name)


def password(*, new: bool = False) -> str:
    """Ask for a password without echo, a new one twice; in a script read it from standard input."""
    if not sys.stdin.isatty():
        return door.line().rstrip("\n")
    with door.hearing():
        said: str = typer.prompt(
            _("New password") if new else _("Your password"),
            hide_input=True,
            confirmation_prompt=_("Once more") if new else False,
            err=True,
        )
    return said


def _asked(words: str) -> str:
    with door.hearing():
        said: str = typer.prompt(words, err=True)
    return said

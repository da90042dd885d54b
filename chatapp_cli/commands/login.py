"""``chatapp login``: log in as an operator."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from chatapp_cli.commands import input_checks
from chatapp_cli.commands.base import Verb, single, unattended
from chatapp_cli.commands.errors import note
from chatapp_cli.i18n import N_, _

app = single()


@app.command(cls=Verb)
def login(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=N_("Name of the account; asked for without it"))] = "",
) -> None:
    """Log in as an operator; the password is asked for, or read from standard input."""
    from chatapp_cli.runtime import login, login_token

    with unattended(ctx) as company:
        name = name or _asked(_("Your name"))
        token = login.log_in(company, name, password())
        login_token.save_token(login_token.token_file(os.environ, company.settings.company), token)
    note("You are logged in as {name}. To log out: chatapp logout", name=name)


def password(*, new: bool = False) -> str:
    """Ask for a password without echo, a new one twice; in a script read it from standard input."""
    if not sys.stdin.isatty():
        return input_checks.line().rstrip("\n")
    with input_checks.hearing():
        answer: str = typer.prompt(
            _("New password") if new else _("Your password"),
            hide_input=True,
            confirmation_prompt=_("Once more") if new else False,
            err=True,
        )
    return answer


def _asked(words: str) -> str:
    with input_checks.hearing():
        answer: str = typer.prompt(words, err=True)
    return answer

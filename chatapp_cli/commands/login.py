"""``chatapp login``: log in as an operator."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import input_checks
from chatapp_cli.commands.base import Verb, single, unattended
from chatapp_cli.commands.errors import note
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _
from chatapp_cli.services import operators

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company

app = single()


@app.command(cls=Verb)
def login(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=N_("Name of the account; asked for without it"))] = "",
    amo: Annotated[
        str,
        typer.Option(
            "--amo",
            metavar="DOMAIN",
            help=N_("Log in through amoCRM, as an administrator of the account at this address"),
        ),
    ] = "",
) -> None:
    """Log in as an operator.

    The password, or what the last page of amoCRM shows, is asked for or read from standard input.
    """
    from chatapp_cli.runtime import login, login_token

    if name and amo:
        what = T("Who signs in at amoCRM needs no name.")
        raise UsageError(what, T("Leave out one of the two: NAME, --amo"), field="name")
    with unattended(ctx) as company:
        token = _by_amo(company, amo) if amo else login.log_in(company, name or _asked(_("Your name")), password())
        login_token.save_token(login_token.token_file(os.environ, company.settings.company), token)
        who = company.read(partial(operators.of_session, token=token))
    if who is not None:
        note("You are logged in as {name}. To log out: chatapp logout", name=who.name)


def _by_amo(company: Company, domain: str) -> str:
    """The token of a login by amoCRM."""
    from chatapp_cli.commands.asking import LineAsker, TerminalAsker
    from chatapp_cli.runtime import login, login_ways

    ask = TerminalAsker({}) if sys.stdin.isatty() else LineAsker({})

    async def log_in() -> str:
        return await login.log_in_by(company, await login_ways.by_crm(company, login_ways.AMO, domain), ask)

    return asyncio.run(log_in())


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

"""``chatapp logout``: log out."""

from __future__ import annotations

import os
from functools import partial

import typer

from chatapp_cli.commands.base import Verb, single, unattended

app = single()


@app.command(cls=Verb)
def logout(ctx: typer.Context) -> None:
    """Log out on this machine and in the store."""
    from chatapp_cli.runtime import login_token
    from chatapp_cli.services import operators

    with unattended(ctx) as company:
        token = login_token.token(os.environ, company.settings.company)
        if token:
            company.write(partial(operators.close_session, token=token))
        login_token.token_file(os.environ, company.settings.company).unlink(missing_ok=True)

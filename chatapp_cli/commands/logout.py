"""``chatapp logout``: log out."""

from __future__ import annotations

import os
from functools import partial

import typer

from chatapp_cli.commands.frame import Verb, single, unattended

app = single()


@app.command(cls=Verb)
def logout(ctx: typer.Context) -> None:
    """Log out on this machine and in the store."""
    from chatapp_cli.runtime import seat
    from chatapp_cli.services import operators

    with unattended(ctx) as desk:
        token = seat.token(os.environ, desk.settings.company)
        if token:
            desk.write(partial(operators.close_session, token=token))
        seat.token_file(os.environ, desk.settings.company).unlink(missing_ok=True)

"""``chatapp inbox``: the window."""

from __future__ import annotations

import sys

import typer

from chatapp_cli.commands.frame import Verb, single, unattended
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T

app = single()


@app.command(cls=Verb)
def inbox(ctx: typer.Context) -> None:
    """Open the window with all dialogs."""
    if not (sys.stdout.isatty() and sys.stdin.isatty()) and not _behind_a_browser():
        raise UsageError(T("The window needs a terminal."), T("In a script use: chatapp dialog list, reply, tail"))
    from chatapp_cli.tui.app import run

    with unattended(ctx) as desk:
        run(desk)


def _behind_a_browser() -> bool:
    from chatapp_cli.tui.browser import carried

    return carried()

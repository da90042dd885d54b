"""``chatapp inbox``: the window."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli import i18n
from chatapp_cli.commands.base import Verb, loaded, single, unattended
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company

app = single()


@app.command(cls=Verb)
def inbox(
    ctx: typer.Context,
    plain: Annotated[
        bool, typer.Option("--plain", help=N_("Line by line, for screen readers: words in, lines out"))
    ] = False,
    restricted: Annotated[
        bool,
        typer.Option(
            "--restricted",
            help=N_("For operators over SSH: no editor or other program, files only from their own folder"),
        ),
    ] = False,
) -> None:
    """Open the window with all dialogs."""
    if restricted:
        from chatapp_cli.runtime.restricted import restrict

        restrict(loaded(ctx).settings, os.environ)
        i18n.use(i18n.choose(loaded(ctx).settings.lang))
    if plain or loaded(ctx).settings.plain == "on":
        from chatapp_cli.runtime import identity, login_token
        from chatapp_cli.tui.plain import plain as line_by_line

        with _entered(ctx, restricted=restricted) as company:
            token = login_token.token(os.environ, company.settings.company)
            line_by_line.run(identity.as_acting(company, token), token)
        return
    if not (sys.stdout.isatty() and sys.stdin.isatty()) and not _behind_a_browser():
        raise UsageError(T("The window needs a terminal."), T("In a script use: chatapp dialog list, reply, tail"))
    from chatapp_cli.tui.launch import run

    with _entered(ctx, restricted=restricted) as company:
        run(company)


@contextmanager
def _entered(ctx: typer.Context, *, restricted: bool) -> Iterator[Company]:
    """The company, whose window asks for a login itself; a restricted one opens only for an account."""
    with unattended(ctx) as company:
        if restricted:
            from chatapp_cli.runtime.restricted import enter

            enter(company)
        yield company


def _behind_a_browser() -> bool:
    from chatapp_cli.tui.media.browser import carried

    return carried()

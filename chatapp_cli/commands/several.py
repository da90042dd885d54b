"""One verb for several dialogs, fifty in a transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands.base import opened
from chatapp_cli.commands.errors import INTERRUPTED, note, say
from chatapp_cli.commands.input_checks import number, standard_input
from chatapp_cli.commands.interrupt import interruptible
from chatapp_cli.domain.dialog import TOGETHER
from chatapp_cli.domain.errors import ChatappError, UsageError
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_

if TYPE_CHECKING:
    from chatapp_cli.store.tx import Tx

Dialogs = Annotated[
    list[str],
    typer.Argument(metavar="DIALOG...", help=N_("Numbers of dialogs; - reads them from standard input")),
]


def numbers(given: Sequence[str]) -> list[DialogId]:
    """The numbers of the dialogs; ``-`` reads more of them from standard input. Raises UsageError."""
    words = [word for one in given for word in (standard_input().split() if one == "-" else [one])]
    if not words:
        raise UsageError(
            T("{what} is empty: there is no number of a dialog in it.", what=T("Standard input")),
            T("Name the dialogs, such as from: chatapp dialog list"),
            field="dialog",
        )
    return [DialogId(number(word)) for word in dict.fromkeys(words)]


def each(ctx: typer.Context, given: Sequence[str], job: Callable[[Tx, DialogId], object]) -> None:
    """Do the same with several dialogs, ``TOGETHER`` at a time: with all of those, or with none if one refuses.

    Ctrl+C ends it between two of these pieces.
    """
    from chatapp_cli.runtime.pieces import together

    chosen, done = numbers(given), 0

    def act(tx: Tx, some: Sequence[DialogId]) -> None:
        for one in some:
            job(tx, one)

    with opened(ctx) as company, interruptible() as interrupt:
        try:
            for done in together(company, chosen, TOGETHER, act):
                if interrupt.pressed and done < len(chosen):
                    say(
                        T(
                            "Interrupted: {n} of {total} dialogs are changed, the others are not.",
                            n=done,
                            total=len(chosen),
                        )
                    )
                    raise typer.Exit(INTERRUPTED)
        except ChatappError:
            if done:
                note("The first {n} dialogs are changed, the others are not.", n=done)
            raise

"""One verb for several dialogs, a thousand in a transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands.base import opened
from chatapp_cli.commands.input_checks import number, standard_input
from chatapp_cli.domain.dialog import MOST_AT_ONCE
from chatapp_cli.domain.ids import DialogId
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
    return [DialogId(number(word)) for word in dict.fromkeys(words)]


def each(ctx: typer.Context, given: Sequence[str], job: Callable[[Tx, DialogId], object]) -> None:
    """Do the same with several dialogs: with all of them, or with none if one refuses; of more, with each thousand."""
    chosen = numbers(given)

    def some(tx: Tx, dialogs: Sequence[DialogId]) -> None:
        for one in dialogs:
            job(tx, one)

    with opened(ctx) as company:
        for at in range(0, len(chosen), MOST_AT_ONCE):
            company.write(partial(some, dialogs=chosen[at : at + MOST_AT_ONCE]))

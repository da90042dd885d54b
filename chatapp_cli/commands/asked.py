"""Shared by commands that call a channel's live session."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatapp_cli.commands.door import seconds
from chatapp_cli.domain.errand import Errand
from chatapp_cli.i18n import N_

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Desk
    from chatapp_cli.store.rows.channels import ChannelRow

PATIENCE = 60.0
Wait = Annotated[
    float,
    typer.Option("--wait", parser=seconds, metavar="SECONDS", help=N_("Seconds to wait for the messenger's answer")),
]


def all_of(
    desk: Desk, what: Errand, wishes: Mapping[ChannelRow, Mapping[str, object]], *, seconds: float
) -> Sequence[Any]:
    """Ask several channels; returns an answer or an error for each."""
    from chatapp_cli.runtime.asking import Wish, ask_all
    from chatapp_cli.runtime.logs import configure

    configure("error")
    asked = [Wish(row, what, arguments) for row, arguments in wishes.items()]
    return asyncio.run(ask_all(desk, asked, seconds=seconds))


def one(desk: Desk, channel: str, line: str, what: Errand, arguments: Mapping[str, object], *, seconds: float) -> Any:
    """Ask the channel that a person named. Raises its error if there is no answer."""
    from chatapp_cli.commands.binding import found

    return of(desk, found(desk, channel, line), what, arguments, seconds=seconds)


def of(desk: Desk, channel: ChannelRow, what: Errand, arguments: Mapping[str, object], *, seconds: float) -> Any:
    """Ask this channel. Raises its error if there is no answer."""
    (answer,) = all_of(desk, what, {channel: arguments}, seconds=seconds)
    if isinstance(answer, Exception):
        raise answer
    return answer

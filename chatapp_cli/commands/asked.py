"""Shared by commands that call a channel's live session."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatapp_cli.commands.input_checks import seconds
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.i18n import N_

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.store.rows.channels import ChannelRow

PATIENCE = 60.0
Wait = Annotated[
    float,
    typer.Option("--wait", parser=seconds, metavar="SECONDS", help=N_("Seconds to wait for the messenger's answer")),
]


def all_of(
    company: Company, what: SessionMethod, wishes: Mapping[ChannelRow, Mapping[str, object]], *, seconds: float
) -> Sequence[Any]:
    """Ask several channels; returns an answer or an error for each."""
    from chatapp_cli.runtime.asking import SessionRequest, ask_all
    from chatapp_cli.runtime.logs import configure

    configure("error")
    asked = [SessionRequest(row, what, arguments) for row, arguments in wishes.items()]
    return asyncio.run(ask_all(company, asked, seconds=seconds))


def one(
    company: Company, channel: str, line: str, what: SessionMethod, arguments: Mapping[str, object], *, seconds: float
) -> Any:
    """Ask the channel that a person named. Raises its error if there is no answer."""
    from chatapp_cli.commands.binding import found

    return of(company, found(company, channel, line), what, arguments, seconds=seconds)


def of(
    company: Company, channel: ChannelRow, what: SessionMethod, arguments: Mapping[str, object], *, seconds: float
) -> Any:
    """Ask this channel. Raises its error if there is no answer."""
    (answer,) = all_of(company, what, {channel: arguments}, seconds=seconds)
    if isinstance(answer, Exception):
        raise answer
    return answer

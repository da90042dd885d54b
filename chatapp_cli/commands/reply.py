"""``chatapp reply``: an answer in a dialog."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from chatapp_cli.commands.base import Dialog, Json, Verb, completing, opened, single
from chatapp_cli.commands.input_checks import number
from chatapp_cli.commands.quick import titles
from chatapp_cli.commands.send_options import MessageOptions, UnlessHeard, channel_of, composed, send_off
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.i18n import N_

app = single()


@app.command(cls=Verb)
@composed
def reply(
    ctx: typer.Context,
    dialog: Dialog,
    *,
    options: MessageOptions,
    quick: Annotated[
        str,
        typer.Option(
            "--quick",
            metavar="REPLY",
            help=N_("Quick reply: TITLE, or SECTION/TITLE"),
            autocompletion=completing(titles),
        ),
    ] = "",
    quote: Annotated[
        int, typer.Option("--quote", parser=number, metavar="MESSAGE", help=N_("Message that is answered"))
    ] = 0,
    unless_heard: UnlessHeard = False,
    as_json: Json = False,
) -> None:
    """Answer in a dialog and wait for the verdict."""
    from chatapp_cli.services.message_request import InDialog

    options, to = replace(options, quick=quick, unless_heard=unless_heard), InDialog(DialogId(dialog))
    with opened(ctx) as company:
        channel = company.read(lambda tx: channel_of(tx, to.dialog))
        with options.request(company, to, [channel], reply_to=MessageId(quote) if quote else None) as request:
            code = send_off(company, request, wait=options.wait, as_json=as_json)
    raise typer.Exit(code)

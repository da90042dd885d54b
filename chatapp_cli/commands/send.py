"""``chatapp send``: a message to an address."""

from __future__ import annotations

from typing import Annotated

import typer

from chatapp_cli.commands.frame import Json, Line, Verb, channel_names, completing, opened, single
from chatapp_cli.commands.sendoff import PATIENCE, At, Files, Key, Subject, Text, Wait, Wish, send_off
from chatapp_cli.commands.way import Way
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.i18n import N_
from chatapp_cli.services.sending import Order
from chatapp_cli.store.tx import Tx

app = single()


@app.command(cls=Verb)
def send(
    ctx: typer.Context,
    to: Annotated[str, typer.Argument(metavar="TO", help=N_("E-mail, phone, @username or chat id"))],
    *,
    channel: Annotated[
        str,
        typer.Option(
            "--channel",
            "-c",
            help=N_("Channel by kind, account or number; without it the client's chain"),
            autocompletion=completing(channel_names),
        ),
    ] = "",
    others: Annotated[
        list[str] | None,
        typer.Option(
            "--or",
            metavar="CHANNEL[:ADDRESS]",
            help=N_("Next channel if it fails for good in the one before; repeat it"),
            autocompletion=completing(channel_names),
        ),
    ] = None,
    line: Line = "",
    text: Text = "",
    subject: Subject = "",
    files: Files = None,
    at: At = "",
    wait: Wait = PATIENCE,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Send a message to an address and wait for the verdict."""
    from chatapp_cli.services import relay

    wish = Wish(text=text, subject=subject, files=files or (), at=at, wait=wait, key=key)
    way = Way(channel=channel, others=others or (), line=line)
    with opened(ctx) as desk:
        draft = wish.draft(desk)

        def accept(tx: Tx, order: Order) -> MessageId:
            return relay.accept(tx, desk.capabilities, way.steps(desk, tx, to), draft, order)

        code = send_off(desk, wish, accept, as_json=as_json)
    raise typer.Exit(code)

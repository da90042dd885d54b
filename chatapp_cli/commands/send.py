"""``chatapp send``: a message to an address."""

from __future__ import annotations

from typing import Annotated

import typer

from chatapp_cli.commands.frame import Json, Line, Verb, channel_names, completing, opened, single
from chatapp_cli.commands.sendoff import PATIENCE, At, Files, Key, Subject, Text, Wait, Wish, send_off
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import N_
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
            "--channel", "-c", help=N_("Channel by kind, account or number"), autocompletion=completing(channel_names)
        ),
    ],
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
    from chatapp_cli.services import channels, lines, sending

    wish = Wish(text=text, subject=subject, files=files or (), at=at, wait=wait, key=key)
    with opened(ctx) as desk:

        def place(tx: Tx) -> DialogId:
            row = channels.find(tx, channel, line=lines.find(tx, line).id if line else None)
            return sending.dialog_for(tx, row, desk.capabilities(row), to, subject=subject)

        code = send_off(desk, wish, wish.draft(desk), place, as_json=as_json)
    raise typer.Exit(code)

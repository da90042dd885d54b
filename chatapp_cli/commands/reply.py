"""``chatapp reply``: an answer in a dialog."""

from __future__ import annotations

from typing import Annotated

import typer

from chatapp_cli.commands.door import number
from chatapp_cli.commands.frame import Dialog, Json, Verb, completing, opened, single
from chatapp_cli.commands.quick import titles
from chatapp_cli.commands.sendoff import (
    PATIENCE,
    Approved,
    At,
    Files,
    Key,
    Subject,
    Text,
    UnlessHeard,
    Values,
    Wait,
    Wish,
    channel_of,
    into_dialog,
    send_off,
)
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.i18n import N_

app = single()


@app.command(cls=Verb)
def reply(
    ctx: typer.Context,
    dialog: Dialog,
    *,
    text: Text = "",
    template: Approved = "",
    quick: Annotated[
        str,
        typer.Option(
            "--quick",
            metavar="REPLY",
            help=N_("Quick reply: TITLE, or SECTION/TITLE"),
            autocompletion=completing(titles),
        ),
    ] = "",
    values: Values = None,
    subject: Subject = "",
    files: Files = None,
    quote: Annotated[
        int, typer.Option("--quote", parser=number, metavar="MESSAGE", help=N_("Message that is answered"))
    ] = 0,
    at: At = "",
    unless_heard: UnlessHeard = False,
    wait: Wait = PATIENCE,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Answer in a dialog and wait for the verdict."""
    wish = Wish(
        text=text,
        subject=subject,
        files=files or (),
        at=at,
        wait=wait,
        key=key,
        template=template,
        values=values or (),
        quick=quick,
        unless_heard=unless_heard,
    )
    with opened(ctx) as desk:
        channel = desk.read(lambda tx: channel_of(tx, DialogId(dialog)))
        with wish.drafted(desk, [channel], reply_to=MessageId(quote) if quote else None) as draft:
            code = send_off(desk, wish, into_dialog(desk, wish, DialogId(dialog), draft), as_json=as_json)
    raise typer.Exit(code)

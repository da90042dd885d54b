"""``chatapp chat``: groups and channels that an account reads."""

from __future__ import annotations

from typing import Annotated

import typer

from chatapp_cli.commands import asked, printing
from chatapp_cli.commands.base import Channel, Json, Line, Verb, noun, opened
from chatapp_cli.commands.errors import note
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.i18n import N_, _

app = noun()

Chat = Annotated[str, typer.Argument(metavar="CHAT", help=N_("Public name, link or chat id"))]


@app.command("list", cls=Verb)
def list_(
    ctx: typer.Context, channel: Channel, line: Line = "", *, wait: asked.Wait = asked.PATIENCE, as_json: Json = False
) -> None:
    """List the groups and channels that an account is in."""
    with opened(ctx) as company:
        chats = asked.one(company, channel, line, SessionMethod.CHATS, {}, seconds=wait)
    if as_json:
        printing.document(chats)
        return
    kinds = {"group": _("group"), "channel": _("channel"), "private": _("private")}
    rows = [(chat["title"], kinds[chat["kind"]], chat["address"]) for chat in chats]
    printing.table((_("Title"), _("Kind"), _("Chat id")), rows)
    if not chats:
        note("The account is in no chats.")


@app.command(cls=Verb)
def follow(
    ctx: typer.Context,
    channel: Channel,
    chat: Chat,
    line: Line = "",
    *,
    wait: asked.Wait = asked.PATIENCE,
    as_json: Json = False,
) -> None:
    """Follow a chat, joining it if needed: its messages arrive from now on."""
    with opened(ctx) as company:
        peer = asked.one(company, channel, line, SessionMethod.FOLLOW, {"address": chat}, seconds=wait)
    if as_json:
        printing.document(peer)
        return
    typer.echo(peer["address"])
    note("{title} is followed.", title=peer["title"])


@app.command(cls=Verb)
def unfollow(
    ctx: typer.Context, channel: Channel, chat: Chat, line: Line = "", *, wait: asked.Wait = asked.PATIENCE
) -> None:
    """Stop following a chat; the account stays a member."""
    with opened(ctx) as company:
        asked.one(company, channel, line, SessionMethod.UNFOLLOW, {"address": chat}, seconds=wait)
    note("Not followed any more.")


@app.command("read-back", cls=Verb)
def read_back(
    ctx: typer.Context,
    channel: Channel,
    chat: Chat,
    line: Line = "",
    *,
    after: Annotated[
        str, typer.Option("--after", metavar="ID", help=N_("The messenger's id of the last message that is known"))
    ] = "",
    wait: asked.Wait = 600.0,
    as_json: Json = False,
) -> None:
    """Import a chat's messages after a given one; duplicates are skipped."""
    with opened(ctx) as company:
        read = asked.one(company, channel, line, SessionMethod.HISTORY, {"address": chat, "after": after}, seconds=wait)
    if as_json:
        printing.document(read)
        return
    typer.echo(read["messages"])
    note("{messages} new messages, {known} known already.", **read)

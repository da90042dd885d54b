"""``chatapp group``: groups in messengers (S-045, S-177)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatapp_cli.commands import asked, printing
from chatapp_cli.commands.base import Channel, Dialog, Json, Line, Verb, noun, opened
from chatapp_cli.commands.errors import note, say
from chatapp_cli.documents import channels as documents
from chatapp_cli.domain.address import named
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.manifest import Manifest
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.rows.dialogs import DialogCard

app = noun()

Title = Annotated[str, typer.Argument(metavar="TITLE", help=N_("What the group is called"))]
Members = Annotated[
    list[str], typer.Argument(metavar="MEMBER...", help=N_("Phone, @username or chat id of each member"))
]


@app.command(cls=Verb)
def create(
    ctx: typer.Context,
    channel: Channel,
    title: Title,
    members: Members,
    *,
    line: Line = "",
    wait: asked.Wait = asked.PATIENCE,
    as_json: Json = False,
) -> None:
    """Create a group and print the number of its dialog. Exit code 1 if somebody could not be added."""
    from chatapp_cli.commands.binding import found

    with opened(ctx) as company:
        row = found(company, channel, line)
        arguments = {"title": title, "members": [named(member) for member in members]}
        answer = asked.of(company, row, SessionMethod.CREATE_GROUP, arguments, seconds=wait)
        code = _tell(company, row, answer, as_json=as_json)
    raise typer.Exit(code)


@app.command(cls=Verb)
def add(
    ctx: typer.Context, dialog: Dialog, members: Members, *, wait: asked.Wait = asked.PATIENCE, as_json: Json = False
) -> None:
    """Add people to a group. Exit code 1 if somebody could not be added."""
    raise typer.Exit(
        _change(
            ctx,
            dialog,
            SessionMethod.ADD_MEMBERS,
            {"members": [named(member) for member in members]},
            wait,
            as_json=as_json,
        )
    )


@app.command(cls=Verb)
def remove(
    ctx: typer.Context, dialog: Dialog, members: Members, *, wait: asked.Wait = asked.PATIENCE, as_json: Json = False
) -> None:
    """Remove people from a group. Exit code 1 if somebody could not be removed."""
    raise typer.Exit(
        _change(
            ctx,
            dialog,
            SessionMethod.REMOVE_MEMBERS,
            {"members": [named(member) for member in members]},
            wait,
            as_json=as_json,
        )
    )


@app.command(cls=Verb)
def rename(ctx: typer.Context, dialog: Dialog, title: Title, *, wait: asked.Wait = asked.PATIENCE) -> None:
    """Rename a group in the messenger."""
    _change(ctx, dialog, SessionMethod.RENAME_GROUP, {"title": title}, wait)
    note("Renamed.")


@app.command(cls=Verb)
def end(ctx: typer.Context, dialog: Dialog, *, wait: asked.Wait = asked.PATIENCE) -> None:
    """Delete a group in the messenger, or empty and leave it if it cannot be deleted. The dialog stays here."""
    _change(ctx, dialog, SessionMethod.END_GROUP, {}, wait)
    note("The group has ended.")


def _change(
    ctx: typer.Context,
    dialog: int,
    what: SessionMethod,
    arguments: Mapping[str, object],
    wait: float,
    *,
    as_json: bool = False,
) -> int:
    with opened(ctx) as company:
        card, row = _place(company, DialogId(dialog))
        answer = asked.of(company, row, what, {"address": card.address, **arguments}, seconds=wait)
        return 0 if answer is None else _tell(company, row, answer, as_json=as_json)


def _place(company: Company, dialog: DialogId) -> tuple[DialogCard, ChannelRow]:
    from chatapp_cli.services import channels, dialogs

    card = company.read(lambda tx: dialogs.card(tx, dialog))
    return card, company.read(lambda tx: channels.one(tx, card.channel_id))


def _tell(company: Company, row: ChannelRow, answer: Mapping[str, Any], *, as_json: bool) -> int:
    from chatapp_cli.services import reaching

    dialog = company.read(lambda tx: reaching.dialog_for(tx, row, company.capabilities(row), answer["peer"]["address"]))
    missing = answer["missing"]
    if as_json:
        printing.document(documents.group(dialog, answer["peer"]["address"], missing))
    else:
        typer.echo(dialog)
    _tell_missing(company.manifest(row), missing)
    return 1 if missing else 0


def _tell_missing(manifest: Manifest, missing: Mapping[str, str]) -> None:
    from chatapp_cli.services import words

    for member, code in missing.items():
        what, step = words.why(manifest, code)
        say(T("{member}: {why}", member=member, why=what), step)

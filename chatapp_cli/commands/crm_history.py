"""``chatapp crm history``: conversations from before a pairing, shown in the CRM silently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from chatapp_cli.commands import input_checks, printing
from chatapp_cli.commands.base import Channel, Json, Line, Verb, noun, opened
from chatapp_cli.commands.crm_names import Link
from chatapp_cli.commands.crm_own import app
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.served import note_if_unserved
from chatapp_cli.documents import crm as documents
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import crm_history, links, words
from chatapp_cli.store.rows.crm import ImportRow

history = noun()
app.add_typer(history, name="history", help=N_("Conversations from before a pairing, shown in the CRM silently"))

Days = Annotated[
    int | None,
    typer.Option(
        "--days",
        metavar="N",
        parser=input_checks.days,
        help=N_("Only what was written in the last days; 0: everything"),
    ),
]


@history.command("list", cls=Verb)
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show how far the conversations from before are shown."""
    with opened(ctx) as company:
        found, named = company.read(lambda tx: (crm_history.everything(tx), links.everything(tx)))
    titles = {row.id: row.title for row in named}
    if as_json:
        printing.document([documents.history(row) for row in found])
        return
    columns = (_("CRM"), _("Channel"), _("Shown"), _("State"), _("Since"))
    printing.table(columns, [_line(row, titles[row.link_id]) for row in found])
    _note_refused(found)
    if not found:
        note("Nothing from before a pairing was asked for. Ask for it: chatapp crm history start CHANNEL")


def _note_refused(found: Sequence[ImportRow]) -> None:
    refused = sum(row.refused for row in found)
    if refused:
        note("The CRM refused {n} of them. Once the reason is gone: chatapp crm outbox retry --all", n=refused)


def _line(row: ImportRow, title: str) -> Sequence[object]:
    shown = _("{n} of {total}", n=row.shown, total=row.total)
    return title, row.channel, shown, show(words.of_import(row)), printing.moment(row.at)


@history.command(cls=Verb)
def start(ctx: typer.Context, channel: Channel, line: Line = "", link: Link = "", *, days: Days = None) -> None:
    """Have the CRM shown what was written before the channel was paired, without notices and deals."""
    from chatapp_cli.commands import linking
    from chatapp_cli.commands.binding import found
    from chatapp_cli.kit.crms import manifest

    with opened(ctx) as company:
        pairing = linking.paired(company, link, found(company, channel, line))
        kind = company.read(lambda tx: links.one(tx, pairing.link_id)).kind
        row = company.write(lambda tx: crm_history.begin(tx, manifest(kind), pairing, days=days or 0))
        left = row.total - row.shown - row.refused
        note("{title}: messages from before that go to the CRM: {n}.", title=row.channel, n=left)
        note("See how far it is: chatapp crm history list")
        _note_refused([row])
        note_if_unserved(company)


@history.command(cls=Verb)
def stop(ctx: typer.Context, channel: Channel, line: Line = "", link: Link = "") -> None:
    """Show no more of it; what is shown stays, and it can be started again."""
    from chatapp_cli.commands import linking
    from chatapp_cli.commands.binding import found

    with opened(ctx) as company:
        pairing = linking.paired(company, link, found(company, channel, line))
        row = company.write(lambda tx: crm_history.stop(tx, pairing))
    note("{title}: stopped, {n} of {total} are shown.", title=row.channel, n=row.shown, total=row.total)

"""``chatapp dialog``: finding, reading and marking dialogs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import duties as duty_verbs
from chatapp_cli.commands import listing, presence, printing
from chatapp_cli.commands.base import Dialog, Json, Verb, noun, opened, write
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import count, may_be_empty
from chatapp_cli.commands.narrowing import Narrowing, narrowed
from chatapp_cli.commands.several import Dialogs, each
from chatapp_cli.documents import dialogs as documents
from chatapp_cli.documents import messages
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import dialogs, duties, notes

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.store.rows.dialogs import DialogCard, DialogRow, MemberRow

app = noun()
app.registered_commands += duty_verbs.app.registered_commands
app.registered_commands += presence.app.registered_commands


Tag = Annotated[str, typer.Argument(metavar="TAG", help=N_("Tag"))]


@app.command("list", cls=Verb)
@narrowed
def list_(
    ctx: typer.Context,
    *,
    narrowing: Narrowing,
    limit: listing.Limit = 50,
    after: listing.After = 0,
    as_json: Json = False,
) -> None:
    """Find dialogs; the filters combine."""
    with opened(ctx) as company:
        wanted = company.read(narrowing.wanted)
        found = company.read(lambda tx: listing.page(company, tx, wanted, after, limit))
        near = _near(company, wanted, found) if wanted.text and not after else []
    if as_json:
        near_ones = (documents.hit(row, near=True) for row in near)
        printing.document([*(documents.hit(row, near=False) for row in found), *near_ones])
        return
    found += [row._replace(author="", name=f"≈ {row.full_name}") for row in near]
    listing.table(found)
    if not found:
        note("No dialog fits.")


def _near(company: Company, wanted: DialogFilter, found: list[DialogRow]) -> list[DialogRow]:
    """Dialogs with similar client names, if there are hardly any matches."""
    from chatapp_cli.services import names, search
    from chatapp_cli.store.dialog_list import rows

    if len(found) >= names.FEW:
        return []
    search.catch_up(company.database, company.search)
    dialect, exact = company.database.driver.dialect, {row.id for row in found}
    near = company.read(lambda tx: rows(tx, dialect, names.near(tx, company.search, dialect, wanted)))
    return [row for row in near.values() if row.id not in exact]


@app.command("show", cls=Verb)
def show_(
    ctx: typer.Context,
    dialog: Dialog,
    n: Annotated[int, typer.Option("-n", parser=count, metavar="N", help=N_("Number of last messages"))] = 20,
    *,
    person: Annotated[
        bool, typer.Option("--person", help=N_("Of all dialogs of the client, in the order of time"))
    ] = False,
    as_json: Json = False,
) -> None:
    """Show a dialog: the client and the last messages."""
    from chatapp_cli.commands import transcripts
    from chatapp_cli.services import chains, channels, transcript

    if person:
        from chatapp_cli.commands import thread

        with opened(ctx) as company:
            thread.show(company, DialogId(dialog), n, as_json=as_json)
        return
    with opened(ctx) as company:
        card, tags, members, entries, shown, channel = company.read(
            lambda tx: (
                (found := dialogs.card(tx, DialogId(dialog))),
                dialogs.tags(tx, found.id),
                duties.members(tx, found.id),
                (latest := chains.with_onward(tx, transcript.latest(tx, found.id, n=n))),
                notes.among(tx, found.id, latest, complete=len(latest) < n),
                channels.one(tx, found.channel_id),
            )
        )
        manifest, can = company.manifest(channel), company.capabilities(channel)
    if as_json:
        printing.document(messages.conversation(card, tags, members, can, entries))
        return
    printing.facts(_facts(card, tags, members, transcripts.receipts_word(can)))
    for entry in shown:
        typer.echo()
        for line in transcripts.entry_lines(entry, card, manifest):
            typer.echo(line)


def _facts(card: DialogCard, tags: list[str], members: list[MemberRow], receipts: str) -> Mapping[str, object]:
    return {
        _("Dialog"): f"{card.name} ({card.id})",
        _("Line"): card.line,
        _("Channel"): f"{card.channel} ({card.kind})",
        _("Chat id"): card.address,
        _("Username"): f"@{card.username}" if card.username else "",
        _("Phone"): card.phone,
        _("E-mail"): card.email,
        _("Contact"): card.contact_id or "",
        _("Chain"): printing.chain(card.chain),
        _("Tags"): ", ".join(tags),
        _("Answers"): card.assignee,
        _("Members"): ", ".join(f"{one.operator} ({show(duties.ROLES[one.role])})" for one in members),
        _("Snoozed until"): printing.moment(card.snoozed_until),
        _("Pinned"): _("yes") if card.pinned else "",
        _("Blacklist"): _("yes") if card.blocked else "",
        _("Unreachable"): card.unreachable_code if not card.reachable else "",
        _("Unread"): card.unread or "",
        _("Waits since"): printing.moment(card.waiting_since),
        _("Receipts"): receipts,
    }


@app.command(cls=Verb)
def read(
    ctx: typer.Context,
    dialog: Dialogs,
    quiet: Annotated[
        bool, typer.Option("--quiet", help=N_("Only for yourself: neither the client nor colleagues see it"))
    ] = False,
) -> None:
    """Mark a dialog as read."""
    look = dialogs.peek if quiet else dialogs.read
    each(ctx, dialog, look)


@app.command(cls=Verb)
def unread(ctx: typer.Context, dialog: Dialogs) -> None:
    """Mark a dialog as unread."""
    each(ctx, dialog, dialogs.unread)


@app.command(cls=Verb)
def pin(ctx: typer.Context, dialog: Dialogs) -> None:
    """Pin a dialog to the top of the list."""
    each(ctx, dialog, lambda tx, one: dialogs.pin(tx, one, pinned=True))


@app.command(cls=Verb)
def unpin(ctx: typer.Context, dialog: Dialogs) -> None:
    """Unpin a dialog."""
    each(ctx, dialog, lambda tx, one: dialogs.pin(tx, one, pinned=False))


@app.command(cls=Verb)
def block(ctx: typer.Context, dialog: Dialogs) -> None:
    """Put a dialog on the blacklist."""
    each(ctx, dialog, lambda tx, one: dialogs.block(tx, one, blocked=True))


@app.command(cls=Verb)
def unblock(ctx: typer.Context, dialog: Dialogs) -> None:
    """Take a dialog off the blacklist."""
    each(ctx, dialog, lambda tx, one: dialogs.block(tx, one, blocked=False))


@app.command(cls=Verb)
def rename(
    ctx: typer.Context,
    dialog: Dialog,
    name: Annotated[
        str, typer.Argument(parser=may_be_empty, metavar="NAME", help=N_("New name; empty: the provider's"))
    ],
) -> None:
    """Rename a dialog."""
    write(ctx, lambda tx: dialogs.rename(tx, DialogId(dialog), name))


@app.command(cls=Verb)
def tag(ctx: typer.Context, dialog: Dialogs, name: Tag) -> None:
    """Attach a tag to a dialog."""
    each(ctx, dialog, lambda tx, one: dialogs.tag(tx, one, name))


@app.command(cls=Verb)
def untag(ctx: typer.Context, dialog: Dialogs, name: Tag) -> None:
    """Remove a tag from a dialog."""
    each(ctx, dialog, lambda tx, one: dialogs.untag(tx, one, name))

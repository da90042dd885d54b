"""``chatapp contact``: where people can be reached, and the messengers' address books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatapp_cli.commands import asked, persons, printing
from chatapp_cli.commands.base import (
    Channel,
    Json,
    Line,
    Verb,
    channel_names,
    completing,
    kind_names,
    noun,
    opened,
)
from chatapp_cli.commands.errors import note, say
from chatapp_cli.documents import people as documents
from chatapp_cli.domain.errors import ChatappError, UsageError
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import N_, _, show

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.ids import Millis
    from chatapp_cli.domain.manifest import AddressKind
    from chatapp_cli.services.beginning import Outlook
    from chatapp_cli.store.rows.channels import ChannelRow

app = noun()
app.registered_commands += persons.app.registered_commands


@app.command(cls=Verb)
def find(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help=N_("Phone or @username"))],
    *,
    channel: Annotated[
        str,
        typer.Option("--channel", "-c", help=N_("Ask only this channel"), autocompletion=completing(channel_names)),
    ] = "",
    line: Line = "",
    wait: asked.Wait = asked.PATIENCE,
    as_json: Json = False,
) -> None:
    """Ask which messengers a number or a username has; exit code 1 if none."""
    from chatapp_cli.commands import binding

    with opened(ctx) as company:
        rows = _able(company, binding.wanted(company, channel, line), address)
        answers = asked.all_of(
            company, SessionMethod.FIND, {row: _arguments(company, row, address) for row in rows}, seconds=wait
        )
    found = [documents.answer(row, answer) for row, answer in zip(rows, answers, strict=True)]
    if as_json:
        printing.document(found)
    else:
        _print(rows, answers)
    raise typer.Exit(0 if any(one["found"] for one in found) else 1)


@app.command(cls=Verb)
def reach(
    ctx: typer.Context,
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help=N_("E-mail, phone, @username or chat id, in any format"))
    ],
    line: Line = "",
    *,
    as_json: Json = False,
) -> None:
    """Show which channels can write first to an address, when, or why not; no provider is asked."""
    from chatapp_cli.services import beginning, lines

    with opened(ctx) as company:
        found = company.read(
            lambda tx: beginning.ways(tx, company.capabilities, address, line=lines.find(tx, line).id if line else None)
        )
        now = company.world.clock.now()
        rows = [(one, _goes(company, one, now)) for one in found]
    if as_json:
        printing.document([documents.outlook(one) for one, _goes in rows])
    else:
        heads = (_("Channel"), _("Taken for"), _("Dialog"), _("What happens"))
        printing.table(heads, [_row(one, show(one.refusal.what if one.refusal else goes)) for one, goes in rows])
    if not found:
        note("No channel is bound here yet. Bind one: chatapp line bind")
    raise typer.Exit(0 if any(one.kind and (one.template or not one.refusal) for one in found) else 1)


def _goes(company: Company, one: Outlook, now: Millis) -> Text:
    """What becomes of a message: it waits for the channel, or for its turn."""
    from chatapp_cli.services import beginning

    return beginning.held(one.channel, now) or beginning.goes(one.turn, company.capabilities(one.channel))


def _row(one: Outlook, happens: str) -> tuple[object, ...]:
    from chatapp_cli.domain.address import KINDS

    taken = show(KINDS[one.kind]) if one.kind else ""
    return one.channel.title, taken, one.dialog.id if one.dialog else "", happens


def _able(company: Company, rows: Sequence[ChannelRow], address: str) -> list[ChannelRow]:
    """The channels that can look up such an address. Raises UsageError if there are none."""
    able = [row for row in rows if _kind(company, row, address)]
    if able:
        return able
    raise UsageError(
        T("No channel that is bound here can look for {address}.", address=address),
        T("Write a phone as +79991234567 or a name as @example; channels that can: chatapp line channels"),
    )


def _kind(company: Company, row: ChannelRow, address: str) -> AddressKind | None:
    from chatapp_cli.domain.address import kinds

    can = company.capabilities(row).finds_people
    return next((kind for kind in kinds(address) if kind in can), None)


def _arguments(company: Company, row: ChannelRow, address: str) -> Mapping[str, object]:
    from chatapp_cli.domain.address import canonical

    kind = _kind(company, row, address)
    assert kind is not None
    return {"address": canonical(address, kind)}


def _print(rows: Sequence[ChannelRow], answers: Sequence[Any]) -> None:
    found = [(row.title, _verdict(answer), *_described(answer)) for row, answer in zip(rows, answers, strict=True)]
    printing.table((_("Channel"), _("There"), _("Name"), _("Username"), _("Chat id")), found)
    for answer in answers:
        if isinstance(answer, ChatappError):
            say(answer.what, answer.next_step)


def _verdict(answer: Any) -> str:
    if isinstance(answer, ChatappError):
        return "?"
    return _("yes") if answer else _("no")


def _described(answer: Any) -> tuple[str, str, str]:
    if not answer or isinstance(answer, ChatappError):
        return "", "", ""
    return answer["name"], f"@{answer['username']}" if answer["username"] else "", answer["id"]


@app.command("list", cls=Verb)
def list_(
    ctx: typer.Context, channel: Channel, line: Line = "", *, wait: asked.Wait = asked.PATIENCE, as_json: Json = False
) -> None:
    """List the address book of a messenger's account."""
    with opened(ctx) as company:
        people = asked.one(company, channel, line, SessionMethod.CONTACTS, {}, seconds=wait)
    if as_json:
        printing.document(people)
        return
    rows = [(one["name"], one["phone"], f"@{one['username']}" if one["username"] else "", one["id"]) for one in people]
    printing.table((_("Name"), _("Phone"), _("Username"), _("Chat id")), rows)
    if not people:
        note("The address book is empty.")


@app.command(cls=Verb)
def chain(
    ctx: typer.Context,
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help=N_("Address, or number of the contact"))],
    kinds: Annotated[
        str,
        typer.Argument(
            metavar="CHANNELS",
            help=N_("Kinds of channels in their order, with commas between; without them the chain is shown"),
            autocompletion=completing(kind_names),
        ),
    ] = "",
    *,
    off: Annotated[bool, typer.Option("--off", help=N_("Delete the chain"))] = False,
    as_json: Json = False,
) -> None:
    """Set or show the order of channels in which a client is tried."""
    from chatapp_cli.commands.binding import known_kind
    from chatapp_cli.services import contacts

    order = [known_kind(kind.strip()).kind for kind in kinds.split(",") if kind.strip()]
    with opened(ctx) as company:
        if order or off:
            found = company.write(lambda tx: contacts.set_chain(tx, contacts.met_or_new(tx, contact), order))
        else:
            found = company.read(lambda tx: contacts.named(tx, contact))
    if as_json:
        printing.document([documents.contact(one) for one in found])
    elif order:
        note("The chain of {contact} is kept.", contact=contact)
    elif off:
        note("{contact} has no chain any more.", contact=contact)
    else:
        printing.table(
            (_("No."), _("Name"), _("Username"), _("Phone"), _("E-mail"), _("Chain")),
            [(one.id, one.name, one.username, one.phone, one.email, printing.chain(one.chain)) for one in found],
        )

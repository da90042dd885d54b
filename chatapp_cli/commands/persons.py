"""``chatapp contact``: merging contacts of one person, undoing it, and suggestions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatapp_cli.commands import listing, printing
from chatapp_cli.commands.base import Json, Verb, noun, opened
from chatapp_cli.commands.errors import note
from chatapp_cli.documents import people as documents
from chatapp_cli.i18n import N_, _, show

if TYPE_CHECKING:
    from chatapp_cli.services.persons import Person, Suggestion
    from chatapp_cli.store.tx import Tx

app = noun()


def _contact(metavar: str, words: str) -> Any:
    return typer.Argument(metavar=metavar, help=words)


Contact = Annotated[str, _contact("CONTACT", N_("Number of the contact, phone, e-mail or @username"))]


@app.command("show", cls=Verb)
def show_(ctx: typer.Context, contact: Contact, *, as_json: Json = False) -> None:
    """Show a client: every contact and dialog by which they are known."""
    from chatapp_cli.services import persons

    with opened(ctx) as company:
        found = company.read(lambda tx: persons.person(tx, persons.find(tx, contact).id))
    if as_json:
        printing.document(documents.person(found))
        return
    printing.facts(facts(found))
    typer.echo()
    printing.table(
        (_("Contact"), _("Name"), _("Dialog"), _("Channel"), _("Chat id"), _("Line"), _("Unread")),
        [
            (one.id, persons.title(one), way.id, f"{way.channel} ({way.kind})", way.address, way.line, way.unread or "")
            for one in found.contacts
            for way in found.ways_of(one.id)
        ],
    )


def facts(person: Person) -> Mapping[str, object]:
    """Print a client as facts."""
    known = person.contacts
    return {
        _("Contact"): f"{person.name} ({person.id})",
        _("Joined"): ", ".join(str(one.id) for one in known[1:]),
        _("Username"): ", ".join(dict.fromkeys(f"@{one.username}" for one in known if one.username)),
        _("Phone"): ", ".join(dict.fromkeys(one.phone for one in known if one.phone)),
        _("E-mail"): ", ".join(dict.fromkeys(one.email for one in known if one.email)),
        _("Chain"): printing.chain(next((one.chain for one in known if one.chain), "")),
    }


@app.command(cls=Verb)
def merge(
    ctx: typer.Context,
    kept: Annotated[str, _contact("KEPT", N_("The main contact: number, phone, e-mail or @username"))],
    gone: Annotated[str, _contact("OTHER", N_("Who is the same person, likewise"))],
) -> None:
    """Merge two contacts into one person; nothing is moved or deleted, and unmerge undoes it."""
    from chatapp_cli.services import persons

    with opened(ctx) as company:

        def join(tx: Tx) -> tuple[int, int]:
            pair = persons.find(tx, kept).id, persons.find(tx, gone).id
            found = persons.merge(tx, *pair)
            return found.kept, found.gone

        first, second = company.write(join)
    note(
        "Contact {gone} is now part of contact {kept}. To undo: chatapp contact unmerge {gone}",
        kept=first,
        gone=second,
    )


@app.command(cls=Verb)
def unmerge(ctx: typer.Context, contact: Contact) -> None:
    """Undo a merge: separate a contact from its person, or the last merged contact from the main one."""
    from chatapp_cli.services import persons

    with opened(ctx) as company:

        def part(tx: Tx) -> int:
            found = persons.merge_of(tx, persons.find(tx, contact).id)
            persons.undo(tx, found)
            return found.gone

        gone = company.write(part)
    note("Contact {gone} is separate again.", gone=gone)


@app.command(cls=Verb)
def apart(
    ctx: typer.Context, one: Contact, other: Annotated[str, _contact("OTHER", N_("Somebody else, likewise"))]
) -> None:
    """Record that two contacts are different people: they are not suggested again."""
    from chatapp_cli.services import persons

    with opened(ctx) as company:
        company.write(lambda tx: persons.apart(tx, persons.find(tx, one).id, persons.find(tx, other).id))


@app.command(cls=Verb)
def suggestions(
    ctx: typer.Context,
    contact: Annotated[str, _contact("[CONTACT]", N_("Only suggestions for this one"))] = "",
    *,
    limit: listing.Limit = 200,
    as_json: Json = False,
) -> None:
    """List contacts that may be one person, with reasons, strongest first; nothing is merged automatically."""
    from chatapp_cli.services import persons

    def look(tx: Tx) -> list[Suggestion]:
        if contact:
            return persons.suggestions(tx, persons.find(tx, contact).id, n=limit + 1)
        return persons.everybody(tx, n=limit + 1)

    with opened(ctx) as company:
        found = company.read(look)
    if len(found) > limit:
        found = found[:limit]
        note("These are the first {n}; more with: --limit {more}", n=limit, more=10 * limit)
    if as_json:
        printing.document([documents.suggestion(one) for one in found])
        return
    printing.table(
        (_("No."), _("Name"), _("No."), _("Name"), _("Why")),
        [(one.one.id, one.one.name, one.other.id, one.other.name, _why(one)) for one in found],
    )


def _why(one: Suggestion) -> str:
    return ", ".join(show(reason.reason) for reason in one.reasons)

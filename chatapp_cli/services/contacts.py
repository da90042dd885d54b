"""Contacts: finding them, and the order of channels in which each is tried."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.address import canonical, kinds, spellings
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.ids import ChannelId, ContactId, DialogId, Millis
from chatapp_cli.domain.journal.contacts import ContactChainChanged
from chatapp_cli.domain.journal.dialogs import ChainChanged
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, contact_news
from chatapp_cli.services.contact_news import KnownOfContact
from chatapp_cli.store.rows.people import ContactRow, WayRow
from chatapp_cli.store.tx import Tx


def one(tx: Tx, contact: ContactId) -> ContactRow:
    """A contact by number."""
    found = tx.one(ContactRow, "contacts.one", id=contact)
    if found is None:
        raise NotFound(T("There is no contact {n}.", n=contact), T("See it on the card: {how}", how=to_do(Next.DIALOG)))
    return found


def root(tx: Tx, contact: ContactId) -> ContactId:
    """The main contact of a person: itself, or the one that it was merged into."""
    return ContactId(tx.value("persons.root", id=one(tx, contact).id))


def of_person(tx: Tx, contact: ContactId) -> list[ContactRow]:
    """All contacts of a contact's person, the main one first."""
    return tx.all(ContactRow, "persons.contacts", id=root(tx, contact))


def at(tx: Tx, address: str) -> list[ContactRow]:
    """The contacts with an address; merged ones are represented by their main contact."""
    first = kinds(address)[0]
    normalized = canonical(address, first)
    if first == "phone":
        return tx.all(ContactRow, "contacts.at_phone", phone=normalized)
    if first == "email":
        rows = (row for one in spellings(normalized) for row in tx.all(ContactRow, "contacts.at_email", email=one))
        return [*{row.id: row for row in rows}.values()]
    named_so = _bearers(tx, normalized) if first == "username" else []
    found = {row.id: row for row in [*named_so, *tx.all(ContactRow, "contacts.at_address", address=address)]}
    return [found[number] for number in sorted(found)]


def _bearers(tx: Tx, username: str) -> list[ContactRow]:
    """The contacts with a username. It changes hands, so in each channel only the last one to write under it counts."""
    rows = tx.all(ContactRow, "contacts.at_username", username=username)
    if len(rows) < 2:  # noqa: PLR2004 - nobody to choose from
        return rows
    newest: dict[ChannelId, tuple[Millis, ContactId]] = {}
    for row in rows:
        for way in _ways_under(tx, row, username):
            newest[way.channel_id] = max(newest.get(way.channel_id, (0, row.id)), (way.heard_at or 0, row.id))
    owners = {contact for _at, contact in newest.values()}
    return [row for row in rows if row.id in owners] or rows


def _ways_under(tx: Tx, person: ContactRow, username: str) -> list[WayRow]:
    """The dialogs of a person's contacts with this username."""
    theirs = {one.id for one in of_person(tx, person.id) if one.username.lower() == username}
    return [way for way in tx.all(WayRow, "persons.dialogs", id=person.id) if way.contact_id in theirs]


def met_as(tx: Tx, channel: ChannelId, username: str) -> DialogId | None:
    """The dialog in which this username last wrote in a channel; it may have changed hands since."""
    people = tx.all(ContactRow, "contacts.at_username", username=username)
    ways = [way for row in people for way in _ways_under(tx, row, username) if way.channel_id == channel]
    return max(ways, key=lambda way: (way.heard_at or 0, way.last_at, way.id)).id if ways else None


def confirmed(tx: Tx, channel: ChannelId, address: str, chat_id: str) -> None:
    """Record whose a phone or username is by the provider's answer; its former owners in the channel lose it."""
    kind = kinds(address)[0]
    normalized = canonical(address, kind)
    if kind not in {"phone", "username"}:
        return
    rows = tx.all(ContactRow, f"contacts.at_{kind}", **{kind: normalized})
    for contact in (one for row in rows for one in of_person(tx, row.id)):
        ways = [
            way for way in tx.all(WayRow, "persons.dialogs", id=root(tx, contact.id)) if way.contact_id == contact.id
        ]
        there = [way.address for way in ways if way.channel_id == channel]
        if there and not {chat_id, normalized} & set(there):
            _forget(tx, contact, kind, normalized)


def _forget(tx: Tx, contact: ContactRow, kind: str, address: str) -> None:
    known = KnownOfContact(contact.name, contact.username, contact.phone, contact.email)
    if getattr(known, kind).lower() == address:
        contact_news.learn(tx, contact.id, known, known._replace(**{kind: ""}))


def bearing(tx: Tx, address: str) -> ContactRow | None:
    """The contact with a normalised phone or e-mail address, whatever it was merged into."""
    everyone = (row for person in at(tx, address) for row in of_person(tx, person.id))
    return next((row for row in everyone if {row.phone, row.email} & {*spellings(address)}), None)


def is_number(text: str) -> bool:
    """Whether it may be the number of a contact: an integer within the store's range."""
    return text.isdecimal() and int(text) < 2**63


def named(tx: Tx, address: str) -> list[ContactRow]:
    """The contact with a number, or all contacts at an address. Raises NotFound."""
    if found := at(tx, address):
        return found
    if is_number(address):
        return [one(tx, root(tx, ContactId(int(address))))]
    raise NotFound(
        T("Nobody is known at {address}.", address=address), T("See clients with: {how}", how=to_do(Next.DIALOGS))
    )


def chain(tx: Tx, address: str) -> tuple[Sequence[str], list[ContactRow]]:
    """The chain of the person at an address, and the contacts; empty without a chain.

    A phone or an e-mail address belongs to one person, a ChatID or a username may belong to several. Of a person with
    several contacts, those with this address come first. Raises UsageError.
    """
    first = kinds(address)[0]
    people = [of_person(tx, found.id) for found in at(tx, address)]
    if first in {"phone", "email"}:
        people = [person for person in people if _order(person)]
    if len({_order(person) for person in people}) > 1:
        raise UsageError(
            T("{address} belongs to contacts with different chains.", address=address),
            T("Name the channel with --channel."),
            field="to",
        )
    order = _order(people[0]) if people else ""
    return order.split(",") if order else (), surest_first([one for person in people for one in person], address)


def _order(person: Sequence[ContactRow]) -> str:
    return next((contact.chain for contact in person if contact.chain), "")


def surest_first(people: Sequence[ContactRow], address: str) -> list[ContactRow]:
    """Contacts, those that have the address themselves first."""
    theirs = {*spellings(canonical(address, kinds(address)[0]))}
    return sorted(people, key=lambda one: not theirs & {one.phone, one.email, one.username.lower()})


def met_or_new(tx: Tx, address: str) -> list[ContactRow]:
    """The same; an unknown phone, e-mail address or username gets a new contact."""
    access.require(tx, Right.PEOPLE)
    kind = kinds(address)[0]
    if found := at(tx, address):
        return found
    if kind == "chat_id":
        return named(tx, address)
    limits.ADDRESS.require(address, field="address")
    known = {name: canonical(address, kind) if name == kind else "" for name in ("username", "phone", "email")}
    return [one(tx, tx.insert("contacts.add", name="", now=tx.now, **known))]


def set_chain(tx: Tx, people: Sequence[ContactRow], order: Sequence[str]) -> list[ContactRow]:
    """Store the order in which kinds of channels are tried for a person; an empty one deletes it."""
    access.require(tx, Right.PEOPLE)
    limits.CHAIN.require(",".join(order), field="chain")
    for person in people:
        for contact in of_person(tx, person.id):
            _set_chain(tx, contact.id, order)
    return [one(tx, root(tx, person.id)) for person in people]


def _set_chain(tx: Tx, contact: ContactId, order: Sequence[str]) -> None:
    tx.run("contacts.chain", id=contact, chain=",".join(order))
    tx.emit(ContactChainChanged(contact=contact, chain=", ".join(order)))
    for dialog in tx.whole().all(DialogId, "contacts.dialogs", contact=contact):
        tx.emit(ChainChanged(dialog=dialog, chain=", ".join(order)))

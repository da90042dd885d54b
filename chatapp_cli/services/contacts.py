"""People outside: finding them, and the order of channels in which each is tried."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.address import canonical, kinds
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.ids import ContactId, DialogId
from chatapp_cli.domain.text import T
from chatapp_cli.store.rows import ContactRow
from chatapp_cli.store.tx import Tx


def one(tx: Tx, contact: ContactId) -> ContactRow:
    """A contact by their number."""
    found = tx.one(ContactRow, "contacts.one", id=contact)
    if found is None:
        raise NotFound(T("There is no contact {n}.", n=contact), T("See it on the card: chatapp dialog show"))
    return found


def at(tx: Tx, address: str) -> list[ContactRow]:
    """Everybody who is known by an address: one person has an entry for each channel that met them separately."""
    first = kinds(address)[0]
    said = canonical(address, first)
    if first == "phone":
        return tx.all(ContactRow, "contacts.at_phone", phone=said)
    if first == "email":
        return tx.all(ContactRow, "contacts.at_email", email=said)
    username = said if first == "username" else ""
    return tx.all(ContactRow, "contacts.at_address", address=address, username=username)


def named(tx: Tx, said: str) -> list[ContactRow]:
    """The contact with a number, or everybody at an address. Raises NotFound."""
    if found := at(tx, said):
        return found
    if said.isdigit():
        return [one(tx, ContactId(int(said)))]
    raise NotFound(T("Nobody is known at {address}.", address=said), T("See clients with: chatapp dialog list"))


def chain(tx: Tx, address: str) -> tuple[Sequence[str], list[ContactRow]]:
    """The kinds of channels that somebody at an address is tried through, and who that is; empty without a chain.

    A phone or an e-mail address is one person's; a ChatID or a username may be several people's. Raises UsageError.
    """
    found = at(tx, address)
    if kinds(address)[0] in {"phone", "email"}:
        found = [contact for contact in found if contact.chain]
    if len({contact.chain for contact in found}) > 1:
        raise UsageError(
            T("{address} belongs to contacts with different chains.", address=address),
            T("Name the channel with --channel."),
            field="to",
        )
    return found[0].chain.split(",") if found and found[0].chain else (), found


def met_or_new(tx: Tx, said: str) -> list[ContactRow]:
    """The same; somebody new by a phone, an e-mail address or a username is added."""
    kind = kinds(said)[0]
    if found := at(tx, said):
        return found
    if kind == "chat_id":
        return named(tx, said)
    known = {name: canonical(said, kind) if name == kind else "" for name in ("username", "phone", "email")}
    return [one(tx, tx.insert("contacts.add", name="", now=tx.now, **known))]


def set_chain(tx: Tx, people: Sequence[ContactRow], order: Sequence[str], *, actor: str) -> list[ContactRow]:
    """Keep in which order of kinds of channels somebody is tried; an empty one forgets it."""
    for contact in people:
        tx.run("contacts.chain", id=contact.id, chain=",".join(order))
        tx.tell("contact.chain", actor=actor, contact=contact.id, chain=", ".join(order))
        for dialog in tx.all(DialogId, "contacts.dialogs", contact=contact.id):
            tx.tell("dialog.changed", actor=actor, dialog=dialog, chain=", ".join(order))
    return [one(tx, contact.id) for contact in people]

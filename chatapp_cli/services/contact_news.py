"""What becomes known of a client: the one place where a contact's card changes, and rules are told of it."""

from __future__ import annotations

from typing import NamedTuple

from chatapp_cli.domain.ids import ContactId, DialogId
from chatapp_cli.domain.journal.contacts import ContactChanged
from chatapp_cli.store.tx import Tx


class KnownOfContact(NamedTuple):
    """What is known of a client, as it is stored; its fields are those of ``ContactChanged``."""

    name: str
    username: str
    phone: str
    email: str


def learn(tx: Tx, contact: ContactId, before: KnownOfContact, now: KnownOfContact, *, actor: str | None = None) -> None:
    """Keep what is known of a contact. ``actor``: who caused it, as ``Tx.emit`` takes it."""
    tx.run("contacts.learn", id=contact, **now._asdict())
    changed = [field for field, value in now._asdict().items() if value != getattr(before, field)]
    latest = tx.whole().all(DialogId, "contacts.latest", contact=contact) if changed else ()
    for dialog in latest:
        for field in changed:
            tx.emit(ContactChanged(dialog=dialog, contact=contact, field=field), actor=actor)

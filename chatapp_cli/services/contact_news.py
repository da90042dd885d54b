"""What becomes known of a client: the one place where a contact's card changes, and rules are told of it."""

from __future__ import annotations

from typing import NamedTuple

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.ids import ContactId, DialogId
from chatapp_cli.domain.journal.contacts import ContactChanged
from chatapp_cli.store.tx import Tx


class KnownOfContact(NamedTuple):
    """What is known of a client, as it is stored; its fields are those of ``ContactChanged``."""

    name: str
    username: str
    phone: str
    email: str


def learn(tx: Tx, contact: ContactId, before: KnownOfContact, now: KnownOfContact, *, reported: bool = False) -> None:
    """Keep what is known of a contact. ``reported``: a provider told it, and nobody here."""
    tx.run("contacts.learn", id=contact, **now._asdict())
    changed = [field for field, value in now._asdict().items() if value != getattr(before, field)]
    latest = tx.whole().all(DialogId, "contacts.latest", contact=contact) if changed else ()
    for event in [ContactChanged(dialog=one, contact=contact, field=field) for one in latest for field in changed]:
        if reported:
            tx.emit(event, actor=PROGRAM)
        else:
            tx.emit(event)

"""The @username by which somebody is written to whose phone is given (S-055)."""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.ids import ContactId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.services import contacts
from chatapp_cli.store.rows.people import ContactRow, WayRow
from chatapp_cli.store.tx import Tx

LATELY: Final = 86_400_000
"""Milliseconds for which a username is assumed not to have changed hands."""


def of_phone(tx: Tx, can: Capabilities, phone: str) -> ContactRow | None:
    """The contact with a username under which the person with a normalised phone wrote lately.

    ``None`` if it may be somebody else's by now: it is older, or others wrote under it too.
    """
    bearer = contacts.bearing(tx, phone) if can.usernames_of else None
    if bearer is None:
        return None
    person = contacts.root(tx, bearer.id)
    named = {one.id: one for one in contacts.of_person(tx, person) if one.username}
    lately = {
        way.heard_at: way.contact_id
        for way in _ways(tx, can, person)
        if way.contact_id in named and way.heard_at is not None and way.heard_at >= tx.now - LATELY
    }
    if not lately:
        return None
    found = named[lately[max(lately)]]
    others = (row.id for row in contacts.at(tx, f"@{found.username}") if row.id != person)
    return None if any(_ways(tx, can, other) for other in others) else found


def _ways(tx: Tx, can: Capabilities, person: ContactId) -> list[WayRow]:
    """The person's dialogs in channels with the same usernames."""
    return [way for way in tx.all(WayRow, "persons.dialogs", id=person) if way.kind in can.usernames_of]

"""Edits and deletions by employees: events are not ordered, so they overtake what they change, and one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from chatapp_cli.domain.crm.events import CrmRewrote, CrmWithdrew, CrmWrote
from chatapp_cli.domain.ids import LinkId, MessageId, Millis
from chatapp_cli.services.crm_event_form import event_of, pattern_of
from chatapp_cli.store.rows.crm import CrmArrivedRow
from chatapp_cli.store.tx import Tx

_EDITS: Final = pattern_of(CrmRewrote)
_DELETIONS: Final = pattern_of(CrmWithdrew)


class StandingMessage(NamedTuple):
    """A message as its author left it, and when they did, if it is known."""

    message: CrmWrote
    at: Millis | None


def as_it_stands(tx: Tx, link: LinkId, event: CrmWrote) -> StandingMessage | None:
    """A message with the edits that came before it; ``None`` if its deletion did. Those are done with then."""
    changes = _overtaking(tx, link, event.remote)
    if any(isinstance(one, CrmWithdrew) for one in changes):
        return None
    edits = [one for one in changes if isinstance(one, CrmRewrote)]
    if not edits:
        return StandingMessage(event, event.at)
    newest = max(edits, key=lambda one: one.at or 0)
    return StandingMessage(replace(event, text=newest.text), newest.at)


def _overtaking(tx: Tx, link: LinkId, remote: str) -> Sequence[CrmRewrote | CrmWithdrew]:
    """The changes of a message that wait for it, which are applied herewith."""
    found = []
    for row in tx.all(CrmArrivedRow, "crmevents.changes", link=link, edits=_EDITS, deletions=_DELETIONS):
        change = event_of(row)
        if isinstance(change, CrmRewrote | CrmWithdrew) and remote and change.remote == remote:
            tx.run("crmevents.done", id=row.id)
            found.append(change)
    return found


def forget(tx: Tx, link: LinkId, event: CrmWithdrew) -> None:
    """Be done with what else waits for a message that was deleted and never came: nothing of it went out."""
    _overtaking(tx, link, event.remote)


def note(tx: Tx, link: LinkId, message: MessageId, at: Millis | None) -> bool:
    """Note a change of a message; false if a later one is known already, by the CRM's clock."""
    return at is None or bool(tx.run("ledger.changed", link=link, message=message, at=at))

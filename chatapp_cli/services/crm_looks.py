"""Looks into the chats of a CRM for what employees wrote and nobody told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chatapp_cli.domain.crm.events import CrmArrival, CrmEvent, CrmWrote, CrmWroteFirst, MirroredChat
from chatapp_cli.domain.ids import LinkId, Millis
from chatapp_cli.services import crm_intake, pairings
from chatapp_cli.store.rows.crm import ChatRow, CrmArrivedRow, PairingRow
from chatapp_cli.store.tx import Tx

_SECOND: Final[Millis] = 1000
"""Some CRMs date their messages by whole seconds."""


def mirrored(tx: Tx, link: LinkId, chat: str = "") -> list[MirroredChat]:
    """The chats of a link that a look goes into, or one of them."""
    by_pairing = {row.id: row for row in pairings.of_link(tx, link)}
    return [
        MirroredChat(
            kind=by_pairing[one.pairing_id].kind,
            place=by_pairing[one.pairing_id].place,
            chat=one.chat,
            remote=one.remote,
            session=one.session,
        )
        for one in tx.all(ChatRow, "chats.of_link", link=link)
        if one.pairing_id in by_pairing and chat in {"", one.chat}
    ]


def keep(tx: Tx, link: LinkId, arrivals: Sequence[CrmArrival], since: Millis) -> int:
    """Store what a look has found; returns how many are new.

    Neither what is older than the look goes back, of which nobody knows whether it was sent, refused or dropped, nor
    what was written before its channel was paired, or while it was detached. What a CRM does not date is taken.
    """
    paired = pairings.of_link(tx, link)
    return crm_intake.keep(tx, link, [one for one in arrivals if _is_missed(one.event, paired, since)])


def done(tx: Tx, row: CrmArrivedRow, arrivals: Sequence[CrmArrival], since: Millis) -> None:
    """Store what a look into a chat has found, and be done with the event that asked for it."""
    if tx.run("crmevents.done", id=row.id):
        keep(tx, row.link_id, arrivals, since)


def _is_missed(event: CrmEvent | None, paired: Sequence[PairingRow], since: Millis) -> bool:
    if not isinstance(event, CrmWrote | CrmWroteFirst):
        return True
    begun = [row.since for row in paired if _is_of(event, row)]
    return event.at is None or event.at >= max([since, *begun]) // _SECOND * _SECOND


def _is_of(event: CrmWrote | CrmWroteFirst, row: PairingRow) -> bool:
    if isinstance(event, CrmWrote):
        return (event.kind, event.place) == (row.kind, row.place)
    return event.channel == row.channel_id

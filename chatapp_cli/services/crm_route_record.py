"""Remembers which card a CRM's session made or moved by what the rules said (``services/crm_route_choice.py``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.store.rows.crm import EntryRow, RouteRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.entry import CrmReceipt


def settled(tx: Tx, row: EntryRow, shown: CrmReceipt) -> None:
    """Record the card that was made or moved for an entry; nothing for a chat that no rule was asked about."""
    if row.message_id is None or not shown.card:
        return
    before = tx.one(RouteRow, "routes.find", pairing=row.pairing_id, chat=row.chat)
    if before is None:
        return
    about = {"pairing": row.pairing_id, "chat": row.chat, "rule": shown.outcome, "card": shown.card}
    tx.run("rules.take_turn", id=shown.outcome, turn=shown.turn)
    if row.message_id == before.message_id or before.card == shown.card:
        tx.run("routes.made", **about)
    else:
        tx.run("routes.renew", message=row.message_id, **about)

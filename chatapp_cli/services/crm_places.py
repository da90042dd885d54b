"""What an administrator of a CRM chose for a place, on a page of ours there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.domain.access import PROGRAM, Right, system
from chatapp_cli.domain.crm.events import PlaceConfigured
from chatapp_cli.services import channels, pairings
from chatapp_cli.store.rows.crm import CrmArrivedRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.link import Place
    from chatapp_cli.domain.crm_manifest import CrmManifest


def configure(tx: Tx, manifest: CrmManifest, row: CrmArrivedRow, event: PlaceConfigured, place: Place) -> None:
    """Pair the channel that was chosen, in place of another one of its kind. Raises Refused, NotFound, UsageError."""
    if not tx.run("crmevents.done", id=row.id):
        return
    by = tx.by(system(PROGRAM, Right.CRM))
    for other in pairings.of_link(tx, row.link_id):
        if (other.kind, other.place) == (event.kind, event.place) and other.channel_id != event.channel:
            pairings.detach(by, other)
    pairings.attach(by, manifest, row.link_id, channels.one(tx, event.channel), place, event.options)

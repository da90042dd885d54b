"""Pairings of which the CRM refuses the place, as an open line that is switched off: what it is to be told waits.

At once, and then ever more rarely, the CRM is arranged anew, and what was refused first is told once more. Its answer
tells whether the place is right again: then everything goes out in order.
"""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.crm.entry import CrmReceipt
from chatapp_cli.domain.crm.states import ANYWHERE
from chatapp_cli.domain.errors import ChannelError, PlaceRefused
from chatapp_cli.domain.ids import EntryId, LinkId, Millis, PairingId
from chatapp_cli.services import ledger, pairings
from chatapp_cli.store.rows.crm import EntryRow, PairingRow
from chatapp_cli.store.tx import Tx

FIRST_PAUSE: Final = 5.0
"""Seconds after the first attempt until the next one; doubled each time."""
LONGEST_PAUSE: Final = 300.0
"""The longest pause in seconds."""


def claim(tx: Tx, link: LinkId, n: int, epoch: int = 0) -> list[EntryRow]:
    """Claim as ``ledger.claim`` does, and one entry of each pairing that is to be tried anew."""
    rows = ledger.claim(tx, link, n, epoch)
    for pairing in tx.all(PairingId, "holds.ready", link=link):
        tried = tx.one(EntryRow, "ledger.claim_held", link=link, pairing=pairing, epoch=epoch, now=tx.now)
        if tried is not None:
            _put_off(tx, pairing, tried.id)
            rows.append(tried)
        else:
            _release_idle(tx, link, pairing)
    return rows


def hold(tx: Tx, row: EntryRow, error: PlaceRefused) -> bool:
    """Put back an entry that was refused for its place, and let its pairing wait; false if the claim was lost.

    What is told elsewhere, or belongs to no pairing, is given up as after any refusal.
    """
    if row.pairing_id is None or row.act in ANYWHERE:
        return ledger.die(tx, row, error.code, error.detail)
    if not ledger.again(tx, row, error, seconds=0, counted=False):
        return False
    lost(tx, row.pairing_id, error.code, error.detail)
    return True


def lost(tx: Tx, pairing: PairingId, code: str, detail: str) -> None:
    """Let a pairing wait whose place the CRM refuses."""
    pairings.refused(tx, pairing, code, detail)
    tx.run("holds.begin", pairing=pairing, now=tx.now)


def arranged(tx: Tx, row: PairingRow, error: ChannelError | None) -> None:
    """Record whether the CRM could be arranged as a pairing says; one that waits is tried only then.

    Why it waits stays its code until that has proved wrong.
    """
    held = tx.value("holds.tries", id=row.id) is not None
    if error is not None:
        if not held or isinstance(error, PlaceRefused):
            pairings.refused(tx, row.id, error.code, error.detail)
        if held:
            _put_off(tx, row.id, None)
    elif not held:
        pairings.refused(tx, row.id, "", "")
    else:
        tx.run("holds.try", pairing=row.id)
        _release_idle(tx, row.link_id, row.id)


def due(tx: Tx, link: LinkId) -> Millis | None:
    """When the CRM is to be arranged anew for a pairing that waits; ``None`` for none."""
    found: Millis | None = tx.value("holds.due", link=link)
    return found


def settle(tx: Tx, row: EntryRow, shown: CrmReceipt) -> bool:
    """Record as ``ledger.settle`` does; if it was the one that was tried, its pairing waits no longer."""
    return ledger.settle(tx, row, shown) and _answered(tx, row)


def die(tx: Tx, row: EntryRow, code: str, detail: str) -> bool:
    """Record as ``ledger.die`` does; a refusal of the entry itself says that its place was right."""
    return ledger.die(tx, row, code, detail) and _answered(tx, row)


def skip(tx: Tx, row: EntryRow) -> bool:
    """Give up an entry as ``ledger.skip`` does; if it was to be tried, the next one is."""
    done = ledger.skip(tx, row)
    for pairing in tx.all(PairingId, "holds.of_entry", id=row.id) if done else ():
        tx.run("holds.try", pairing=pairing)
    return done


def _answered(tx: Tx, row: EntryRow) -> bool:
    for pairing in tx.all(PairingId, "holds.of_entry", id=row.id):
        _release(tx, pairing)
    return True


def _release(tx: Tx, pairing: PairingId) -> None:
    tx.run("holds.end", pairing=pairing)
    pairings.refused(tx, pairing, "", "")


def _release_idle(tx: Tx, link: LinkId, pairing: PairingId) -> None:
    """Let a pairing go of which nothing waits that could prove its place wrong."""
    if tx.value("holds.waits", link=link, pairing=pairing) is None:
        _release(tx, pairing)


def _put_off(tx: Tx, pairing: PairingId, entry: EntryId | None) -> None:
    tries = tx.value("holds.tries", id=pairing) or 0
    until = tx.now + int(pause_after(tries) * 1000)
    tx.run("holds.put_off", pairing=pairing, until=until, entry=entry)


def pause_after(tries: int) -> float:
    """Seconds until a pairing is tried anew that was tried so often."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries, 10))

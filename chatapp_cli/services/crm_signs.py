"""Signs about messages that some CRMs can show: that the client has read one, and how they react to it."""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.crm.states import Act, Tells
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.messages import MessageStateChanged, ReactionsShown
from chatapp_cli.services import crm_owed
from chatapp_cli.store.rows.crm import KnownMessageRow, PairedRow
from chatapp_cli.store.tx import Tx

_OF_READING: Final = 9
"""The rank of a read mark: of all that is told about messages nobody waits for it less."""
_OF_REACTION: Final = 4


def on_read(tx: Tx, event: MessageStateChanged) -> None:
    """Have the CRMs that can show it told that the client has read a message, in place of that it was delivered."""
    for pairing, known in _shown(tx, event, Tells.READ):
        if known is None or tx.run("ledger.told", link=pairing.link_id, message=event.message, told=Act.READ):
            tx.run("ledger.overtake", link=pairing.link_id, message=event.message)
            _owe(tx, pairing, event, Act.READ, known, rank=_OF_READING)


def on_reactions(tx: Tx, event: ReactionsShown) -> None:
    """Have the CRMs that can show it told how the client reacts to a message."""
    for pairing, known in _shown(tx, event, Tells.REACTIONS):
        _owe(tx, pairing, event, Act.REACT, known, rank=_OF_REACTION)


def telling(tx: Tx, dialog: DialogId, what: Tells) -> list[PairedRow]:
    """The pairings of a dialog whose CRMs can be told something."""
    return tx.all(PairedRow, "pairings.telling", dialog=dialog, what=f"%{what}%")


def _shown(
    tx: Tx, event: MessageStateChanged | ReactionsShown, what: Tells
) -> list[tuple[PairedRow, KnownMessageRow | None]]:
    """The pairings whose CRMs show the message of an event, or are being told of it."""
    found: list[tuple[PairedRow, KnownMessageRow | None]] = []
    for pairing in telling(tx, event.dialog, what):
        known = next((one for one in crm_owed.known_to(tx, event.message) if one.link_id == pairing.link_id), None)
        asked = known is None and tx.value("ledger.asked", message=event.message, link=pairing.link_id) is not None
        if asked or (known is not None and known.remote):
            found.append((pairing, known))
    return found


def _owe(
    tx: Tx,
    pairing: PairedRow,
    event: MessageStateChanged | ReactionsShown,
    act: Act,
    known: KnownMessageRow | None,
    *,
    rank: int,
) -> None:
    chat, remote = ("", "") if known is None else (known.chat, known.remote)
    crm_owed.owe_sign(tx, pairing, event.dialog, event.message, act, rank=rank, chat=chat, remote=remote)

"""Chats of a CRM in which a conversation does not go on, because its client has another one: their cards say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chatapp_cli.domain.crm.states import Tells
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.text import T
from chatapp_cli.services import crm_signs, dialogs, ledger
from chatapp_cli.store.rows.crm import ChatRow, PairedRow
from chatapp_cli.store.tx import Tx


def tell(tx: Tx, pairing: PairedRow, dialog: DialogId, remote_chat: str) -> None:
    """Have the cards of a chat say that the client of a dialog answers in another, if the CRM has such notes."""
    if pairing not in crm_signs.telling(tx, dialog, Tells.REMARKS):
        return
    name = dialogs.card(tx, dialog).name
    words = T(
        "{name} has a chat in this channel already. What was written in the new chat went out; "
        "the answers come in the older one: go on there.",
        name=name,
    )
    ledger.owe_remark(tx, pairing, dialog, remote_chat, words)


@contextmanager
def told(tx: Tx, old: DialogId, new: DialogId) -> Iterator[None]:
    """Tell it of the chats that are left behind as one dialog becomes part of another within."""
    pairings = ledger.pairings_of(tx, new)
    before = [(one, row) for one in pairings for each in (old, new) if (row := _chat(tx, one, each)) is not None]
    yield
    for pairing, row in before:
        now = _chat(tx, pairing, new)
        if row.remote and now is not None and now.remote not in {"", row.remote}:
            tell(tx, pairing, new, row.remote)


def _chat(tx: Tx, pairing: PairedRow, dialog: DialogId) -> ChatRow | None:
    """The chat in which a CRM is told of a dialog."""
    return tx.one(ChatRow, "chats.of_dialog", dialog=dialog, pairing=pairing.id)

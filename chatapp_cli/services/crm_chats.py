"""Dialogs as a CRM knows them: each chat there has an id of ours, which a message keeps when dialogs become one."""

from __future__ import annotations

from chatapp_cli.domain.ids import DialogId, PairingId
from chatapp_cli.store.rows.crm import ChatRow
from chatapp_cli.store.tx import Tx


def name_of(tx: Tx, pairing: PairingId, dialog: DialogId) -> str:
    """Our id of the chat in which a CRM is told of a dialog from now on."""
    known = tx.one(ChatRow, "chats.of_dialog", dialog=dialog, pairing=pairing)
    return f"chat-{dialog}" if known is None else known.chat


def any_link(tx: Tx) -> bool:
    """Whether a CRM is linked at all."""
    return tx.value("links.any") is not None

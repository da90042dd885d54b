"""Dialogs as a CRM knows them: each chat there has an id of ours, which a message keeps when dialogs become one."""

from __future__ import annotations

from chatapp_cli.domain.crm import CrmChat
from chatapp_cli.domain.ids import DialogId, PairingId
from chatapp_cli.store.rows.crm import ChatRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx


def name_of(tx: Tx, pairing: PairingId, dialog: DialogId) -> str:
    """Our id of the chat in which a CRM is told of a dialog from now on."""
    known = tx.one(ChatRow, "chats.of_dialog", dialog=dialog, pairing=pairing)
    return f"chat-{dialog}" if known is None else known.chat


def chat_of(tx: Tx, pairing: PairingId, card: DialogCard, chat: str = "") -> CrmChat:
    """A chat as a CRM knows it, or will; without its id the one that the dialog has now."""
    chat = chat or name_of(tx, pairing, card.id)
    known = tx.one(ChatRow, "chats.find", pairing=pairing, chat=chat)
    if known is None:
        return CrmChat(id=chat, name=card.name, kind=card.chat_kind)
    return CrmChat(
        id=chat,
        name=card.name,
        kind=card.chat_kind,
        remote=known.remote,
        session=known.session,
        code=known.code,
    )

"""Dialogs and messages as a CRM knows them: each has an id of ours, which stays when dialogs become one."""

from __future__ import annotations

import re
from typing import Final

from chatapp_cli.domain.ids import DialogId, MessageId, PairingId
from chatapp_cli.store.rows.crm import ChatRow
from chatapp_cli.store.tx import Tx

_CHAT: Final = re.compile(r"chat-([0-9]{1,18})")
_MESSAGE: Final = re.compile(r"m-([0-9]{1,18})(?:\.[0-9]+)?")


def new_name(dialog: DialogId) -> str:
    """Our id of the first chat of a dialog; also that of the person in whose name a group writes."""
    return f"chat-{dialog}"


def dialog_of(chat: str) -> DialogId | None:
    """The dialog that a chat was made for, by our id of the chat; ``None`` for an id that is none of ours."""
    found = _CHAT.fullmatch(chat)
    return None if found is None else DialogId(int(found[1]))


def message_key(message: MessageId) -> str:
    """Our id of a message."""
    return f"m-{message}"


def message_of(key: str) -> MessageId | None:
    """The message with our id, or the one of which it names a part; ``None`` for an id that is none of ours."""
    found = _MESSAGE.fullmatch(key)
    return None if found is None else MessageId(int(found[1]))


def name_of(tx: Tx, pairing: PairingId, dialog: DialogId) -> str:
    """Our id of the chat in which a CRM is told of a dialog from now on."""
    known = tx.one(ChatRow, "chats.of_dialog", dialog=dialog, pairing=pairing)
    return new_name(dialog) if known is None else known.chat


def any_link(tx: Tx) -> bool:
    """Whether a CRM is linked at all."""
    return tx.value("links.any") is not None

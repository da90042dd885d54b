"""Dialogs and messages as a CRM knows them: each has an id of ours, which stays when dialogs become one."""

from __future__ import annotations

import re
from typing import Final

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, PairingId
from chatapp_cli.domain.text import T
from chatapp_cli.services import dialogs
from chatapp_cli.store.rows.crm import ChatRow, PairingRow
from chatapp_cli.store.tx import Tx

_CHAT: Final = re.compile(r"chat-([0-9]{1,18})")
_MESSAGE: Final = re.compile(r"m-([0-9]{1,18})(?:\.[0-9]+)?")


def new_name(dialog: DialogId) -> str:
    """Our id of the first chat of a dialog; also that of the person in whose name a group writes."""
    return f"chat-{dialog}"


def beside(dialog: DialogId, remote: str) -> str:
    """Our id of a chat that the CRM has of a dialog beside the first one; in the order of chats it comes behind."""
    return f"{new_name(dialog)}/{remote}"


def age(chat: str) -> tuple[int, str]:
    """By what chats are ordered, the oldest first: their ids end with the number of a dialog."""
    return len(chat), chat


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


def find(tx: Tx, pairing: PairingRow, chat: str, remote: str = "") -> ChatRow | None:
    """The chat that an event of a CRM is about: by our id of it, and by the CRM's own number, if it tells one.

    Raises NotFound if the two are of different chats: nobody knows then whom an employee means, and words must not go
    to the wrong person. Also if the dialog of the chat was deleted, or is another channel's.
    """
    named = tx.one(ChatRow, "chats.find", pairing=pairing.id, chat=chat)
    theirs = tx.one(ChatRow, "chats.by_remote", pairing=pairing.id, remote=remote) if remote else None
    meant = dialog_of(chat) if named is None else named.dialog_id
    if theirs is not None and meant not in {None, theirs.dialog_id}:
        raise _contradiction(tx, meant, remote)
    if theirs is None and named is not None and named.remote and remote not in {"", named.remote}:
        raise _contradiction(tx, meant, remote)
    return named or theirs or _opened(tx, pairing, chat)


def _contradiction(tx: Tx, meant: DialogId | None, remote: str) -> NotFound:
    who = "–" if meant is None or _channel_of(tx, meant) is None else dialogs.card(tx, meant).name
    return NotFound(
        T(
            "The CRM tells a message to {client}, but from its chat {remote}, which is not the one of this client:"
            " it was sent to nobody. See in the CRM whom it is for, and write it there again.",
            client=who,
            remote=remote,
        )
    )


def _opened(tx: Tx, pairing: PairingRow, chat: str) -> ChatRow | None:
    """A chat that we named and whose first answer was lost: its dialog stands in its name."""
    dialog = dialog_of(chat)
    if dialog is None:
        return None
    if _channel_of(tx, dialog) != pairing.channel_id:
        raise NotFound(T("Chat {chat} belongs to no dialog of this channel any more.", chat=chat))
    tx.run("chats.keep", pairing=pairing.id, chat=chat, dialog=dialog, remote="", session="")
    return tx.one(ChatRow, "chats.find", pairing=pairing.id, chat=chat)


def _channel_of(tx: Tx, dialog: DialogId) -> ChannelId | None:
    """The channel of a dialog; ``None`` if it was deleted."""
    try:
        return dialogs.card(tx, dialog).channel_id
    except NotFound:
        return None

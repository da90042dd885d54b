"""Convert the history that WhatsApp sends to a new device to live events. Pure functions.

A removed device gets nothing any more, and its replacement does not get what it missed: instead the phone sends the
latest part of its chats, in pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from chatapp_cli.connectors.whatsapp_web.child import jids
from chatapp_cli.connectors.whatsapp_web.child.library import Event, Jid, events
from chatapp_cli.kit.understanding import readable

_SECOND: Final = 1000
_BLANK: Final = dict.fromkeys(("Type", "Category", "MediaType", "Edit"), "")
_FLAGS: Final = (
    "IsEphemeral",
    "IsViewOnce",
    "IsViewOnceV2",
    "IsViewOnceV2Extension",
    "IsDocumentWithCaption",
    "IsLottieSticker",
    "IsEdit",
)


def messages(event: Event, since: int, me: str) -> Sequence[Event]:
    """The messages in one piece of history that are not older than ``since`` (ms), oldest first; ``me`` is us."""
    found = [
        (told.message, chat)
        for chat in event.Data.conversations
        for told in chat.messages
        if told.message.HasField("message") and told.message.messageTimestamp * _SECOND >= since
    ]
    found.sort(key=lambda one: int(one[0].messageTimestamp))
    read, _ = readable(found, lambda one: _message(*one, me))
    return read


def _message(told: Any, chat: Any, me: str) -> Event:
    return events.Message(
        Info=_info(told, chat, me),
        Message=told.message,
        UnavailableRequestID="",
        RetryCount=0,
        **dict.fromkeys(_FLAGS, False),
    )


def _info(told: Any, chat: Any, me: str) -> Event:
    return events.MessageInfo(
        MessageSource=_source(told, chat, me),
        ID=told.key.ID,
        ServerID=0,
        Pushname=told.pushName,
        Timestamp=told.messageTimestamp * _SECOND,
        Multicast=False,
        **_BLANK,
    )


def _source(told: Any, chat: Any, me: str) -> Event:
    address = chat.ID or told.key.remoteJID
    group = address.endswith(f"@{jids.GROUPS}")
    sender = me if told.key.fromMe else (told.key.participant or told.participant if group else address)
    other = jids.made("") if group else _jid(chat.pnJID if jids.is_hidden(address) else chat.lidJID)
    return events.MessageSource(
        Chat=_jid(address),
        Sender=_jid(sender),
        IsFromMe=told.key.fromMe,
        IsGroup=group,
        SenderAlt=jids.made("") if told.key.fromMe else other,
        RecipientAlt=other if told.key.fromMe else jids.made(""),
        BroadcastListOwner=jids.made(""),
    )


def _jid(address: str) -> Jid:
    """An address without the device, which history may include."""
    user, _, server = address.partition("@")
    return jids.made(f"{user.partition(':')[0]}@{server}" if user else "")

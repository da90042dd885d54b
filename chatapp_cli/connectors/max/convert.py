"""MAX's words into ours: pure functions from a raw update to what happened."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from chatapp_cli.connectors.max import content, wire
from chatapp_cli.connectors.max.wire import Message, Update, User
from chatapp_cli.domain.event import (
    Arrival,
    ChatKind,
    Event,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    Person,
)

_KINDS: Final[Mapping[str, ChatKind]] = {"dialog": "private", "chat": "group", "channel": "channel"}


def arrival(raw: bytes, bot: str) -> Arrival:
    """Understand one update, or set it aside with the reason; ``bot`` is our own id."""
    try:
        update = msgspec.json.decode(raw, type=Update)
        events = _EVENTS[update.update_type](update, bot)
    except msgspec.MsgspecError as error:
        return _odd(raw, str(error))
    except KeyError:
        return _odd(raw, f"unknown type of update: {update.update_type}")
    except _Incomplete as error:
        return _odd(raw, f"{update.update_type} without {error}")
    return Arrival(provider_id=_identity(update), raw=raw, events=events)


class _Incomplete(Exception):
    """An update lacks what its type needs."""


def _odd(raw: bytes, problem: str) -> Arrival:
    return Arrival(provider_id="sha256:" + hashlib.sha256(raw).hexdigest(), raw=raw, problem=problem)


def _identity(update: Update) -> str:
    """The same whenever MAX delivers the same again."""
    kind = update.update_type
    if update.callback:
        return f"{kind}:{update.callback.callback_id}"
    if update.message and update.message.body:
        edit = f":{update.timestamp}" if kind == "message_edited" else ""
        return f"{kind}:{update.message.body.mid}{edit}"
    user = update.user.user_id if update.user else 0
    return f"{kind}:{update.message_id or update.chat_id}:{user}:{update.timestamp}"


def peer(chat_id: int, kind: ChatKind, title: str = "") -> Peer:
    """Name a chat; its id is both what makes it unique and where it is written to."""
    return Peer(key=str(chat_id), address=str(chat_id), kind=kind, title=title)


def kind_of(chat_type: str) -> ChatKind:
    """A chat's kind in our words."""
    return _KINDS.get(chat_type, "group")


def person(user: User | None, phone: str = "") -> Person:
    """Somebody as MAX describes them."""
    if user is None:
        return Person()
    return Person(id=str(user.user_id), name=user.full_name, username=user.username or "", phone=phone)


def _arrived(update: Update, bot: str) -> Sequence[Event]:
    message = _message(update)
    return (arrived(message, bot),)


def arrived(message: Message, bot: str) -> MessageArrived:
    """Somebody wrote; a message that was only passed on has its content in its link."""
    kind = kind_of(message.recipient.chat_type)
    body, sender = message.body, message.sender
    if body is None:
        raise _Incomplete("body")
    from_us = sender is not None and str(sender.user_id) == bot
    return MessageArrived(
        peer=_peer_of(message, bot),
        ext_id=body.mid,
        at=message.timestamp,
        text=content.words(message),
        sender=person(sender, content.own_phone(message)),
        from_us=from_us,
        files=content.files(message),
        reply_to=message.link.message.mid if message.link and message.link.type == "reply" else "",
        automatic=kind == "channel" or (sender is not None and sender.is_bot),
    )


def _peer_of(message: Message, bot: str) -> Peer:
    """A dialog is named by its client, and only where the client is who wrote."""
    kind = kind_of(message.recipient.chat_type)
    client = message.sender if kind == "private" and message.sender and str(message.sender.user_id) != bot else None
    return peer(message.recipient.chat_id, kind, client.full_name if client else "")


def _edited(update: Update, bot: str) -> Sequence[Event]:
    message = arrived(_message(update), bot)
    at = update.timestamp or message.at
    return (MessageEdited(peer_key=message.peer.key, ext_id=message.ext_id, at=at, text=message.text),)


def _removed(update: Update, _bot: str) -> Sequence[Event]:
    peer_key = str(_chat_id(update))
    return (MessagesDeleted(peer_key=peer_key, ext_ids=(update.message_id,), at=update.timestamp),)


def _pressed(update: Update, bot: str) -> Sequence[Event]:
    """A pressed button is what its person says; without a message there is nothing to answer."""
    press = update.callback
    if press is None or update.message is None:
        return ()
    where, at = _peer_of(update.message, bot), press.timestamp or update.timestamp
    text = press.payload or "[button]"
    return (
        MessageArrived(peer=where, ext_id=f"button:{press.callback_id}", at=at, text=text, sender=person(press.user)),
    )


def _started(update: Update, _bot: str) -> Sequence[Event]:
    """The client opened the bot; what the link to it carried is what they say."""
    where = peer(_chat_id(update), "private", _user(update).full_name)
    met = PeerChanged(peer=where, at=update.timestamp)
    if not update.payload:
        return (met,)
    said = MessageArrived(
        peer=where,
        ext_id=f"start:{update.timestamp}",
        at=update.timestamp,
        text=f"/start {update.payload}",
        sender=person(update.user),
    )
    return met, said


def _stopped(update: Update, _bot: str) -> Sequence[Event]:
    where = peer(_chat_id(update), "private", _user(update).full_name)
    return (PeerChanged(peer=where, at=update.timestamp, reachable=False, code="blocked_by_user"),)


def _added(update: Update, _bot: str) -> Sequence[Event]:
    return (PeerChanged(peer=_gathering(update), at=update.timestamp),)


def _taken_out(update: Update, _bot: str) -> Sequence[Event]:
    return (PeerChanged(peer=_gathering(update), at=update.timestamp, reachable=False, code="removed_from_chat"),)


def _titled(update: Update, _bot: str) -> Sequence[Event]:
    return (PeerChanged(peer=peer(_chat_id(update), "group", update.title or ""), at=update.timestamp),)


def _came_or_went(sign: str) -> Callable[[Update, str], Sequence[Event]]:
    def told(update: Update, _bot: str) -> Sequence[Event]:
        who = person(_user(update))
        ext_id = f"{update.update_type}:{who.id}:{update.timestamp}"
        where = _gathering(update)
        return (
            MessageArrived(
                peer=where, ext_id=ext_id, at=update.timestamp, text=f"{sign} {who.name}", sender=who, automatic=True
            ),
        )

    return told


def _gathering(update: Update) -> Peer:
    return peer(_chat_id(update), "channel" if update.is_channel else "group", update.title or "")


def _message(update: Update) -> wire.Message:
    if update.message is None:
        raise _Incomplete("message")
    return update.message


def _user(update: Update) -> User:
    if update.user is None:
        raise _Incomplete("user")
    return update.user


def _chat_id(update: Update) -> int:
    if update.chat_id is None:
        raise _Incomplete("chat_id")
    return update.chat_id


_EVENTS: Final[Mapping[str, Callable[[Update, str], Sequence[Event]]]] = {
    "message_created": _arrived,
    "message_callback": _pressed,
    "message_edited": _edited,
    "message_removed": _removed,
    "bot_started": _started,
    "bot_stopped": _stopped,
    "dialog_removed": _stopped,
    "bot_added": _added,
    "bot_removed": _taken_out,
    "user_added": _came_or_went("+"),
    "user_removed": _came_or_went("−"),
    "chat_title_changed": _titled,
}

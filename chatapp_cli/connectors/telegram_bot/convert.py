"""Telegram's words into ours: pure functions from a raw update to what happened."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import msgspec

from chatapp_cli.connectors.telegram_bot import content
from chatapp_cli.connectors.telegram_bot import updates as tg
from chatapp_cli.domain.event import (
    Arrival,
    ChatKind,
    Event,
    IncomingFile,
    MessageArrived,
    MessageEdited,
    Peer,
    PeerChanged,
    PeerMoved,
    Person,
    ReactionsChanged,
)

_KINDS: Mapping[str, ChatKind] = {"private": "private", "group": "group", "supergroup": "group", "channel": "channel"}


def arrival(raw: bytes, max_download: int) -> Arrival:
    """Understand one update, or set it aside with the reason; larger files than ``max_download`` are marked."""
    try:
        update = tg.read_update(raw)
    except msgspec.MsgspecError as error:
        return Arrival(provider_id=_identity(raw), raw=raw, problem=str(error))
    return Arrival(provider_id=str(update.update_id), raw=raw, events=events(update, raw, max_download))


def _identity(raw: bytes) -> str:
    try:
        return str(tg.read_identity(raw).update_id)
    except msgspec.MsgspecError:
        return "sha256:" + hashlib.sha256(raw).hexdigest()


def events(update: tg.Update, raw: bytes, max_download: int) -> tuple[Event, ...]:
    """Say what an update means; one that we did not ask for means nothing."""
    if post := update.message or update.channel_post:
        return _posted(post, raw, max_download)
    if edited := update.edited_message or update.edited_channel_post:
        return (_edited(edited),)
    if update.message_reaction:
        return (_reacted(update.message_reaction),)
    if update.my_chat_member:
        return (_standing(update.my_chat_member),)
    if update.callback_query:
        return _pressed(update.callback_query)
    return ()


def _posted(post: tg.Message, raw: bytes, max_download: int) -> tuple[Event, ...]:
    if post.migrate_to_chat_id:
        return (_moved(post),)
    if post.new_chat_title:
        return (PeerChanged(peer=peer(post.chat), at=post.date * 1000),)
    files = content.files(post, max_download)
    text = content.words(post) or ("" if files else content.unshown(raw))
    return (_message(post, text, files),) if text or files else ()


def _moved(post: tg.Message) -> PeerMoved:
    old = peer(post.chat)
    new = str(post.migrate_to_chat_id)
    return PeerMoved(old_key=old.key, peer=replace(old, key=new, address=new), at=post.date * 1000)


def _message(post: tg.Message, text: str, files: tuple[IncomingFile, ...]) -> MessageArrived:
    return MessageArrived(
        peer=peer(post.chat),
        ext_id=str(post.message_id),
        at=post.date * 1000,
        text=text,
        sender=_sender(post),
        files=files,
        reply_to=_reply_to(post),
        album=post.media_group_id,
        automatic=_automatic(post),
    )


def peer(chat: tg.Chat) -> Peer:
    """Name a chat; its id is both what makes it unique and where it is written to."""
    return Peer(key=str(chat.id), address=str(chat.id), kind=_KINDS.get(chat.type, "group"), title=content.name(chat))


def _person(who: tg.User | tg.Chat, phone: str = "") -> Person:
    return Person(id=str(who.id), name=content.name(who), username=who.username, phone=phone)


def _sender(post: tg.Message) -> Person:
    """A chat may speak for a person: a channel, or a group's anonymous administrator."""
    if who := post.sender_chat or post.from_:
        return _person(who, _own_phone(post))
    return _person(post.chat)


def _own_phone(post: tg.Message) -> str:
    """A shared card proves a phone only if it is the sender's own."""
    card, who = post.contact, post.from_
    if card is None or who is None or card.user_id != who.id:
        return ""
    return "+" + card.phone_number.lstrip("+")


def _reply_to(post: tg.Message) -> str:
    """In a forum every message formally answers the one that opened its topic: that is no quotation."""
    quoted = post.reply_to_message
    if quoted is None or (post.is_topic_message and quoted.message_id == post.message_thread_id):
        return ""
    return str(quoted.message_id)


def _automatic(post: tg.Message) -> bool:
    by_bot = post.from_ is not None and post.from_.is_bot
    return by_bot or post.is_automatic_forward or post.chat.type == "channel"


def _edited(post: tg.Message) -> MessageEdited:
    at = (post.edit_date or post.date) * 1000
    return MessageEdited(peer_key=str(post.chat.id), ext_id=str(post.message_id), at=at, text=content.words(post))


def _reacted(change: tg.MessageReaction) -> ReactionsChanged:
    who = change.user or change.actor_chat
    return ReactionsChanged(
        peer_key=str(change.chat.id),
        ext_id=str(change.message_id),
        at=change.date * 1000,
        emoji=tuple(reaction.emoji or f"[{reaction.type}]" for reaction in change.new_reaction),
        person=_person(who) if who else Person(),
    )


def _standing(change: tg.MemberChange) -> PeerChanged:
    code = _obstacle(change.chat, change.new_chat_member)
    return PeerChanged(peer=peer(change.chat), at=change.date * 1000, reachable=not code, code=code)


def _obstacle(chat: tg.Chat, member: tg.Member) -> str:
    if member.status in {"left", "kicked"} or member.is_member is False:
        return "blocked_by_user" if chat.type == "private" else "removed_from_chat"
    may_write = member.can_post_messages if chat.type == "channel" else member.can_send_messages
    return "no_rights" if may_write is False else ""


def _pressed(press: tg.Press) -> tuple[Event, ...]:
    """A pressed button is what its person says; without a message or data there is nothing to answer."""
    if press.message is None or not press.data:
        return ()
    sender, chat = _person(press.from_), peer(press.message.chat)
    at = press.message.date * 1000
    return (MessageArrived(peer=chat, ext_id=f"button:{press.id}", at=at, text=press.data, sender=sender),)

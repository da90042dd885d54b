"""Telegram's words into ours: pure functions from a raw update to what happened."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from chatapp_cli.connectors.telegram_bot import updates as tg
from chatapp_cli.domain.event import (
    Arrival,
    ChatKind,
    Event,
    FileKind,
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

_SILENT = frozenset(
    """
    boost_added channel_chat_created chat_background_set chat_owner_changed chat_owner_left chat_shared
    checklist_tasks_added checklist_tasks_done connected_website delete_chat_photo direct_message_price_changed
    forum_topic_closed forum_topic_created forum_topic_edited forum_topic_reopened general_forum_topic_hidden
    general_forum_topic_unhidden giveaway_completed giveaway_created group_chat_created left_chat_member
    managed_bot_created poll_option_added poll_option_deleted suggested_post_approval_failed suggested_post_approved
    suggested_post_declined suggested_post_paid suggested_post_refunded
    message_auto_delete_timer_changed migrate_from_chat_id migrate_to_chat_id new_chat_members new_chat_photo
    new_chat_title paid_message_price_changed passport_data pinned_message proximity_alert_triggered
    supergroup_chat_created users_shared video_chat_ended video_chat_participants_invited video_chat_scheduled
    video_chat_started write_access_allowed
    """.split()  # noqa: SIM905 - reads better
)
"""Service messages: about a chat, not from a client."""

_ENVELOPE = frozenset(
    """
    author_signature business_connection_id chat date direct_messages_topic edit_date effect_id entities
    caption_entities external_reply forward_origin from has_media_spoiler has_protected_content is_automatic_forward
    guest_bot_caller_chat guest_bot_caller_user guest_query_id is_from_offline is_paid_post is_topic_message link_preview_options media_group_id message_id message_thread_id
    paid_star_count quote reply_to_poll_option_id suggested_post_info
    reply_markup reply_to_checklist_task_id reply_to_message reply_to_story
    sender_boost_count sender_business_bot sender_chat sender_tag show_caption_above_media via_bot
    """.split()  # noqa: SIM905 - reads better
)
"""What a message has beside its content."""


class _Kind(NamedTuple):
    field: str
    kind: FileKind
    ending: str
    mime: str


_FILES = (
    _Kind("animation", "video", ".mp4", "video/mp4"),  # comes together with document, so it goes first
    _Kind("video", "video", ".mp4", "video/mp4"),
    _Kind("video_note", "video", ".mp4", "video/mp4"),
    _Kind("audio", "audio", ".mp3", "audio/mpeg"),
    _Kind("voice", "voice", ".ogg", "audio/ogg"),
    _Kind("document", "document", "", "application/octet-stream"),
)
_PHOTO = _Kind("photo", "photo", ".jpg", "image/jpeg")
_STICKER = _Kind("sticker", "sticker", ".webp", "image/webp")


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
    files = _files(post, max_download)
    text = words(post) or ("" if files else _unshown(raw))
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
    return Peer(key=str(chat.id), address=str(chat.id), kind=_KINDS.get(chat.type, "group"), title=_name(chat))


def _name(who: tg.User | tg.Chat) -> str:
    title = who.title if isinstance(who, tg.Chat) else ""
    return title or f"{who.first_name} {who.last_name}".strip()


def _person(who: tg.User | tg.Chat, phone: str = "") -> Person:
    return Person(id=str(who.id), name=_name(who), username=who.username, phone=phone)


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


def words(post: tg.Message) -> str:
    """Everything of a message that can be read, under the name of whom it was forwarded from."""
    said = post.text or post.caption or _special(post)
    if post.forward_origin is None:
        return said
    return f"↪ {_origin(post.forward_origin)}\n{said}".rstrip()


def _origin(origin: tg.Origin) -> str:
    who = origin.sender_user or origin.sender_chat or origin.chat
    return _name(who) if who else origin.sender_user_name


def _special(post: tg.Message) -> str:
    for field, say in _SPECIAL:
        if (content := getattr(post, field)) is not None:
            return say(content)
    return ""


def _say_place(place: tg.Location) -> str:
    at = f"{place.latitude:.6f}/{place.longitude:.6f}"
    return f"https://www.openstreetmap.org/?mlat={place.latitude:.6f}&mlon={place.longitude:.6f}#map=17/{at}"


def _say_venue(venue: tg.Venue) -> str:
    return "\n".join(filter(None, (venue.title, venue.address, _say_place(venue.location))))


def _say_contact(card: tg.Contact) -> str:
    return f"{card.first_name} {card.last_name}".strip() + f" +{card.phone_number.lstrip('+')}"


def _say_poll(poll: tg.Poll) -> str:
    return "\n".join((poll.question, *(f"• {option.text}" for option in poll.options)))


_SPECIAL: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("venue", _say_venue),  # comes together with location, so it goes first
    ("location", _say_place),
    ("contact", _say_contact),
    ("dice", lambda dice: f"{dice.emoji} {dice.value}"),
    ("poll", _say_poll),
    ("sticker", lambda sticker: sticker.emoji),
)


def _unshown(raw: bytes) -> str:
    """Name the content that we cannot show, so that nobody waits for an answer to it unseen."""
    update = msgspec.json.decode(raw)
    content = update.get("message") or update.get("channel_post")
    if not _SILENT.isdisjoint(content):
        return ""
    return " ".join(f"[{name}]" for name in content if name not in _ENVELOPE)


def _files(post: tg.Message, max_download: int) -> tuple[IncomingFile, ...]:
    if post.photo:
        return (_file(post, max(post.photo, key=lambda size: size.file_size), _PHOTO, max_download),)
    if post.sticker:
        return (_file(post, post.sticker, _sticker(post.sticker), max_download),)
    for known in _FILES:
        if (found := getattr(post, known.field)) is not None:
            return (_file(post, found, known, max_download),)
    return ()


def _sticker(file: tg.File) -> _Kind:
    if file.is_animated:
        return _STICKER._replace(ending=".tgs", mime="application/x-tgsticker")
    return _STICKER._replace(ending=".webm", mime="video/webm") if file.is_video else _STICKER


def _file(post: tg.Message, file: tg.File, known: _Kind, max_download: int) -> IncomingFile:
    return IncomingFile(
        kind=known.kind,
        name=file.file_name or f"{known.field}_{post.message_id}{known.ending}",
        mime=file.mime_type or known.mime,
        size=file.file_size,
        remote=file.file_id,
        seconds=file.duration,
        problem="file_too_big" if file.file_size > max_download else "",
    )


def _edited(post: tg.Message) -> MessageEdited:
    at = (post.edit_date or post.date) * 1000
    return MessageEdited(peer_key=str(post.chat.id), ext_id=str(post.message_id), at=at, text=words(post))


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

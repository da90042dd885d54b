"""The content of a message: text for everything readable, files for the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from chatapp_cli.connectors.telegram_bot import updates as tg
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import FileKind, IncomingFile
from chatapp_cli.domain.links import Hidden, reveal
from chatapp_cli.kit.slices import fields

_SILENT = frozenset(
    """
    boost_added channel_chat_created chat_background_set chat_owner_changed chat_owner_left chat_shared
    checklist_tasks_added checklist_tasks_done connected_website delete_chat_photo direct_message_price_changed
    forum_topic_closed forum_topic_created forum_topic_edited forum_topic_reopened general_forum_topic_hidden
    general_forum_topic_unhidden giveaway_completed giveaway_created group_chat_created left_chat_member
    managed_bot_created message_auto_delete_timer_changed migrate_from_chat_id migrate_to_chat_id new_chat_members
    new_chat_photo new_chat_title paid_message_price_changed passport_data pinned_message poll_option_added
    poll_option_deleted proximity_alert_triggered suggested_post_approval_failed suggested_post_approved
    suggested_post_declined suggested_post_paid suggested_post_refunded supergroup_chat_created users_shared
    video_chat_ended video_chat_participants_invited video_chat_scheduled video_chat_started write_access_allowed
    """.split()  # noqa: SIM905 - reads better
)
"""Service messages: about a chat, not from a client."""

_ENVELOPE = frozenset(
    """
    author_signature business_connection_id caption_entities chat date direct_messages_topic edit_date effect_id
    entities external_reply forward_origin from guest_bot_caller_chat guest_bot_caller_user guest_query_id
    has_media_spoiler has_protected_content is_automatic_forward is_from_offline is_paid_post is_topic_message
    link_preview_options media_group_id message_id message_thread_id paid_star_count quote reply_markup
    reply_to_checklist_task_id reply_to_message reply_to_poll_option_id reply_to_story sender_boost_count
    sender_business_bot sender_chat sender_tag show_caption_above_media suggested_post_info via_bot
    """.split()  # noqa: SIM905 - reads better
)
"""Fields of a message other than its content."""


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
_CONTENT = (
    *("text", "caption", "photo", "sticker", "contact", "venue", "location", "dice", "poll"),
    *(known.field for known in _FILES),
)
"""The content fields that are checked by name if a message is partly unreadable."""
_PHOTO = _Kind("photo", "photo", ".jpg", "image/jpeg")
_STICKER = _Kind("sticker", "sticker", ".webp", "image/webp")


def name(who: tg.User | tg.Chat) -> str:
    """A chat's title or a person's first and last name."""
    title = who.title if isinstance(who, tg.Chat) else ""
    return title or f"{who.first_name} {who.last_name}".strip()


def words(post: tg.Message) -> str:
    """All readable text of a message; forwarded text under its author's name."""
    said = _text(post) or _special(post)
    if post.forward_origin is None:
        return said
    return f"↪ {_origin(post.forward_origin)}\n{said}".rstrip()


def _text(post: tg.Message) -> str:
    """A text or a caption; of its formatting only links are kept."""
    text, entities = (post.text, post.entities) if post.text else (post.caption, post.caption_entities)
    return reveal(text, (Hidden(one.offset, one.length, one.url) for one in entities if one.type == "text_link"))


def _origin(origin: tg.Origin) -> str:
    who = origin.sender_user or origin.sender_chat or origin.chat
    return name(who) if who else origin.sender_user_name


def _special(post: tg.Message) -> str:
    for field, say in _SPECIAL:
        if (content := getattr(post, field)) is not None:
            return say(content)
    return ""


def _say_place(place: tg.Location) -> str:
    at = f"{place.latitude:.6f}/{place.longitude:.6f}"
    return f"https://www.openstreetmap.org/?mlat={place.latitude:.6f}&mlon={place.longitude:.6f}#map=17/{at}"


def _say_venue(venue: tg.Venue) -> str:
    place = _say_place(venue.location) if venue.location else ""
    return "\n".join(filter(None, (venue.title, venue.address, place)))


def _say_contact(card: tg.Contact) -> str:
    return " ".join(filter(None, (card.first_name, card.last_name, phone(card))))


def phone(card: tg.Contact) -> str:
    """A contact's phone in international form; empty if it has none."""
    return "+" + card.phone_number.lstrip("+") if card.phone_number else ""


def _say_poll(poll: tg.Poll) -> str:
    return "\n".join((poll.question, *(f"• {option.text}" for option in poll.options)))


_SPECIAL: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("venue", _say_venue),  # comes together with location, so it goes first
    ("location", _say_place),
    ("contact", _say_contact),
    ("dice", lambda dice: f"{dice.emoji} {dice.value}".strip()),
    ("poll", _say_poll),
    ("sticker", lambda sticker: sticker.emoji),
)


def unshown(raw: bytes) -> str:
    """Name the content that we cannot show, so that it is not overlooked."""
    content = _content(raw)
    if not _SILENT.isdisjoint(content):
        return ""
    return " ".join(f"[{name}]" for name in content if name not in _ENVELOPE)


def unread(post: tg.Message, raw: bytes) -> list[str]:
    """The names of the parts of a message that do not match Telegram's documentation."""
    content = _content(raw)
    return [name for name in _CONTENT if content.get(name, b"null") != b"null" and not getattr(post, name)]


def _content(raw: bytes) -> Mapping[str, bytes]:
    update = fields(raw)
    found = (update.get(name, b"") for name in ("message", "channel_post", "edited_message", "edited_channel_post"))
    return fields(next((one for one in found if one.startswith(b"{")), b"{}"))


def files(post: tg.Message, max_download: int) -> tuple[IncomingFile, ...]:
    """The file of a message (at most one); above ``max_download`` bytes it cannot be downloaded."""
    if post.photo:
        return (_file(post, _largest(post.photo), _PHOTO, max_download),)
    if post.sticker:
        return (_file(post, post.sticker, _sticker(post.sticker), max_download),)
    for known in _FILES:
        if (found := getattr(post, known.field)) is not None:
            return (_file(post, found, known, max_download),)
    return ()


def _largest(sizes: list[tg.File]) -> tg.File:
    """The largest size: Telegram lists sizes in ascending order and may omit the byte count."""
    return max(reversed(sizes), key=lambda size: size.file_size)


def _sticker(file: tg.File) -> _Kind:
    if file.is_animated:
        return _STICKER._replace(ending=".tgs", mime="application/x-tgsticker")
    return _STICKER._replace(ending=".webm", mime="video/webm") if file.is_video else _STICKER


def _file(post: tg.Message, file: tg.File, known: _Kind, max_download: int) -> IncomingFile:
    return IncomingFile(
        kind=known.kind,
        name=border.file_name(file.file_name or f"{known.field}_{post.message_id}{known.ending}"),
        mime=border.name(file.mime_type or known.mime),
        size=border.count(file.file_size),
        remote=border.text(file.file_id),
        seconds=border.count(file.duration),
        problem="file_too_big" if file.file_size > max_download else "",
    )

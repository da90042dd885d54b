"""Convert raw Telegram updates to events. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from msgspec import Struct, field

from chatapp_cli.connectors.telegram_bot import content
from chatapp_cli.connectors.telegram_bot import updates as tg
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import (
    Arrival,
    ChatKind,
    IncomingFile,
    MessageArrived,
    MessageEdited,
    Peer,
    PeerChanged,
    PeerMoved,
    Profile,
    ProviderEvent,
    ReactionsChanged,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.lenient import Int, Unfit, read_as
from chatapp_cli.kit.understanding import digest, gapped, guarded

_KINDS: Final[Mapping[str, ChatKind]] = {
    "private": "private",
    "group": "group",
    "supergroup": "group",
    "channel": "channel",
}
PRESSED: Final = "button:"
"""Before the id of a press, in the place of a message's number."""
_ID: Final = re.compile(rb'"update_id"\s*:\s*"?(\d{1,18})')


@dataclass(frozen=True, slots=True)
class Ears:
    """The properties of the channel that affect how updates are read."""

    bot: str
    """Our own id."""
    max_download: int
    """Larger files are marked; in bytes."""


def arrival(raw: bytes, ears: Ears, at: Millis) -> Arrival:
    """Read one update received at this time, or set it aside with the reason."""
    return guarded(
        raw,
        lambda one: _understood(one, ears, at),
        provider_id=_identity(raw),
        glimpse=lambda one: glimpse(one, ears, at),
    )


class _Seen(Struct, frozen=True):
    """Who wrote where, without what they wrote."""

    chat: tg.Chat
    message_id: Int = 0
    date: Int = 0
    from_: tg.User | None = field(name="from", default=None)
    sender_chat: tg.Chat | None = None


class _Glimpse(Struct, frozen=True):
    message: _Seen | None = None
    channel_post: _Seen | None = None


def glimpse(raw: bytes, ears: Ears, at: Millis) -> MessageArrived | None:
    """The placeholder of a message that cannot be read. Raises ValueError."""
    found = read_as(raw, _Glimpse, lax=True)
    post = found.message or found.channel_post
    if post is None or not post.message_id:
        return None
    return MessageArrived(
        peer=peer(post.chat),
        ext_id=border.external_id(post.message_id),
        at=border.at(post.date * 1000, at),
        sender=_person(post.sender_chat or post.from_ or post.chat),
        from_us=post.from_ is not None and str(post.from_.id) == ears.bot,
        placeholder=True,
    )


def _understood(raw: bytes, ears: Ears, at: Millis) -> Arrival:
    lost: list[str] = []
    update = read_as(raw, tg.Update, lax=True, lost=lost)
    post = update.message or update.channel_post or update.edited_message or update.edited_channel_post
    unread = content.unread(post, raw) if lost and post else []
    events = _Reading(raw, ears, at, unread=unread).events(update)
    if not events and update_id(raw) is None:
        raise Unfit("neither a number nor a meaning")
    number = border.external_id(_identity(raw))
    return gapped(Arrival(provider_id=number, raw=raw, events=events), unread, provider_id=number)


def update_id(raw: bytes) -> int | None:
    """The number of an update, found in its bytes even if the rest is unreadable."""
    found = _ID.search(raw)
    return int(found[1]) if found else None


def _identity(raw: bytes) -> str:
    number = update_id(raw)
    return digest(raw) if number is None else str(number)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The conversion of one update."""

    raw: bytes
    ears: Ears
    at: Millis
    unread: Sequence[str]
    """The names of the parts that cannot be read."""

    def events(self, update: tg.Update) -> tuple[ProviderEvent, ...]:
        """The events of an update; types that we did not request give none."""
        if post := update.message or update.channel_post:
            return self._posted(post)
        if edited := update.edited_message or update.edited_channel_post:
            return (self._edited(edited),)
        if update.message_reaction:
            return (self._reacted(update.message_reaction),)
        if update.my_chat_member:
            return (self._standing(update.my_chat_member),)
        if update.callback_query:
            return self._pressed(update.callback_query)
        return ()

    def _posted(self, post: tg.Message) -> tuple[ProviderEvent, ...]:
        if post.migrate_to_chat_id:
            return (self._moved(post),)
        if post.new_chat_title:
            return (PeerChanged(peer=peer(post.chat), at=self._at(post.date)),)
        files = content.files(post, self.ears.max_download)
        text = content.words(post) or ("" if files or self.unread else content.unshown(self.raw))
        return (self._message(post, text, files),) if text or files or self.unread else ()

    def _message(self, post: tg.Message, text: str, files: tuple[IncomingFile, ...]) -> MessageArrived:
        return MessageArrived(
            peer=peer(post.chat),
            ext_id=border.external_id(post.message_id or digest(self.raw)),
            at=self._at(post.date),
            text=border.text(text),
            sender=_sender(post),
            from_us=_by(post) == self.ears.bot,
            files=files,
            reply_to=_reply_to(post),
            album=border.external_id(post.media_group_id),
            automatic=_automatic(post),
            silent=_automatic(post),
        )

    def _edited(self, post: tg.Message) -> MessageEdited:
        """An edited message. In a channel, unnamed administrators edit each other's posts, ours too."""
        if not post.message_id:
            raise Unfit("an edit of nothing")
        told = post.chat.type != "channel"
        return MessageEdited(
            peer_key=border.external_id(post.chat.id),
            ext_id=border.external_id(post.message_id),
            at=self._at(post.edit_date or post.date),
            text=border.text(content.words(post)),
            from_us=_by(post) == self.ears.bot if told else None,
            by=_sender(post) if told else Profile(),
        )

    def _pressed(self, press: tg.Press) -> tuple[ProviderEvent, ...]:
        """A pressed button counts as a message from the person, unless it has no message or no data to answer."""
        if press.message is None or not press.data:
            return ()
        said = MessageArrived(
            peer=peer(press.message.chat),
            ext_id=border.external_id(f"{PRESSED}{press.id}" if press.id else digest(self.raw)),
            at=border.at(self.at, self.at),
            text=border.text(_button(press.message, press.data)),
            pressed=True,
            sender=_presser(press, press.message.chat),
        )
        return (said,)

    def _moved(self, post: tg.Message) -> PeerMoved:
        old, new = peer(post.chat), post.migrate_to_chat_id
        there = replace(old, key=border.external_id(new), address=border.address(new))
        return PeerMoved(old_key=old.key, peer=there, at=self._at(post.date))

    def _reacted(self, change: tg.MessageReaction) -> ReactionsChanged:
        who = change.user or change.actor_chat
        return ReactionsChanged(
            peer_key=border.external_id(change.chat.id),
            ext_id=border.external_id(change.message_id),
            at=self._at(change.date),
            emoji=tuple(border.name(reaction.emoji or f"[{reaction.type}]") for reaction in change.new_reaction),
            person=_person(who) if who else Profile(),
        )

    def _standing(self, change: tg.MemberChange) -> PeerChanged:
        code = _obstacle(change.chat, change.new_chat_member)
        return PeerChanged(peer=peer(change.chat), at=self._at(change.date), reachable=not code, code=code)

    def _at(self, seconds: int) -> border.At:
        return border.at(seconds * 1000, self.at)


def peer(chat: tg.Chat) -> Peer:
    """The peer of a chat; its id is both the key and the address."""
    kind = _KINDS.get(chat.type, "private" if chat.id > 0 and not chat.type else "group")
    return Peer(
        key=border.external_id(chat.id),
        address=border.address(chat.id),
        kind=kind,
        title=border.name(content.name(chat)),
    )


def _person(who: tg.User | tg.Chat, phone: str = "") -> Profile:
    return Profile(
        id=border.external_id(who.id),
        name=border.name(content.name(who)),
        username=border.address(who.username),
        phone=border.address(phone),
    )


def _sender(post: tg.Message) -> Profile:
    """The sender; a chat can stand for a person: a channel, or a group's anonymous administrator."""
    if who := post.sender_chat or post.from_:
        return _person(who, _own_phone(post))
    return _person(post.chat)


def _button(above: tg.Pressed, data: str) -> str:
    """What the button says that has this data; the data itself if the message is too old to be shown."""
    rows = above.reply_markup.inline_keyboard if above.reply_markup else ()
    return next((one.text for row in rows for one in row if one.callback_data == data and one.text), data)


def _presser(press: tg.Press, chat: tg.Chat) -> Profile:
    """The person who pressed; in a private chat there is only one."""
    if press.from_:
        return _person(press.from_)
    return _person(chat) if peer(chat).kind == "private" else Profile()


def _by(post: tg.Message) -> str:
    return str(post.from_.id) if post.from_ else ""


def _own_phone(post: tg.Message) -> str:
    """The phone of a shared contact, if it is the sender's own."""
    card, who = post.contact, post.from_
    if card is None or who is None or card.user_id != who.id:
        return ""
    return content.phone(card)


def _reply_to(post: tg.Message) -> border.ExternalId:
    """The message being answered. In a forum every message formally answers the topic's first one: ignored."""
    quoted = post.reply_to_message
    if quoted is None or (post.is_topic_message and quoted.message_id == post.message_thread_id):
        return border.NO_ID
    return border.external_id(quoted.message_id or "")


def _automatic(post: tg.Message) -> bool:
    by_bot = post.from_ is not None and post.from_.is_bot
    return by_bot or post.is_automatic_forward or post.chat.type == "channel"


def _obstacle(chat: tg.Chat, member: tg.Member) -> str:
    if member.status in {"left", "kicked"} or member.is_member is False:
        return "blocked_by_user" if chat.type == "private" else "removed_from_chat"
    may_write = member.can_post_messages if chat.type == "channel" else member.can_send_messages
    return "no_rights" if may_write is False else ""

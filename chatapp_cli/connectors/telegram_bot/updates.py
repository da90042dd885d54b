"""Telegram's updates: only the fields that we use, as few of them required as possible.

A field is required only if its object is useless without it; such an object is left out, the rest of the message is
kept. Meanings are those of https://core.telegram.org/bots/api; times are seconds since 1970.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct, field

from chatapp_cli.kit.lenient import STANDING, VITAL, Int

WANTED = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "message_reaction",
    "callback_query",
    "my_chat_member",
)
"""The update types that we request; ``message_reaction`` comes only on request."""


class User(Struct, frozen=True, gc=False):
    """A person or a bot."""

    id: Int
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    is_bot: bool = False


class Chat(Struct, frozen=True, gc=False):
    """The chat of a message; a private chat has the id and names of its person."""

    id: Int
    type: str = ""
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    username: str = ""


class File(Struct, frozen=True, gc=False):
    """Whatever has a ``file_id``: photo size, document, video, voice, sticker and so on."""

    file_id: str
    file_size: Int = 0
    file_name: str = ""
    mime_type: str = ""
    duration: Int = 0
    emoji: str = ""
    is_animated: bool = False
    is_video: bool = False


class Contact(Struct, frozen=True, gc=False):
    """A shared contact, the sender's own or another's."""

    phone_number: str = ""
    first_name: str = ""
    last_name: str = ""
    user_id: Int = 0


class Location(Struct, frozen=True, gc=False):
    """A point on the map."""

    latitude: float
    longitude: float


class Venue(Struct, frozen=True, gc=False):
    """A named point on the map."""

    location: Location | None = None
    title: str = ""
    address: str = ""


class Dice(Struct, frozen=True, gc=False):
    """A thrown die or its like."""

    value: Int
    emoji: str = ""


class PollOption(Struct, frozen=True, gc=False):
    """One answer of a poll."""

    text: str = ""


class Poll(Struct, frozen=True):
    """A question with answers."""

    question: str
    options: list[Annotated[PollOption, STANDING]] = []


class Origin(Struct, frozen=True, gc=False):
    """The original author of a forwarded message, as far as they allow it."""

    sender_user: User | None = None
    sender_user_name: str = ""
    sender_chat: Chat | None = None
    chat: Chat | None = None


class Entity(Struct, frozen=True, gc=False):
    """Formatting of a part of a text, in UTF-16 units; the address of a ``text_link`` is only here."""

    type: str = ""
    offset: Int = 0
    length: Int = 0
    url: str = ""


class Quoted(Struct, frozen=True, gc=False):
    """A message being answered."""

    message_id: Int = 0


class Message(Struct, frozen=True):
    """A message of any kind, service messages included; times and ids are 0 where they cannot be read."""

    chat: Chat
    message_id: Int = 0
    date: Int = 0
    from_: User | None = field(name="from", default=None)
    sender_chat: Chat | None = None
    edit_date: Int = 0
    text: str = ""
    entities: list[Entity] = []
    caption: str = ""
    caption_entities: list[Entity] = []
    media_group_id: str = ""
    message_thread_id: Int = 0
    is_topic_message: bool = False
    is_automatic_forward: bool = False
    reply_to_message: Quoted | None = None
    forward_origin: Origin | None = None
    photo: list[File] = []
    animation: File | None = None
    video: File | None = None
    video_note: File | None = None
    audio: File | None = None
    voice: File | None = None
    sticker: File | None = None
    document: File | None = None
    contact: Contact | None = None
    venue: Venue | None = None
    location: Location | None = None
    dice: Dice | None = None
    poll: Poll | None = None
    new_chat_title: str = ""
    migrate_to_chat_id: Int = 0


class Key(Struct, frozen=True, gc=False):
    """A button below a message."""

    text: str = ""
    callback_data: str = ""


class Keyboard(Struct, frozen=True):
    """The buttons below a message, in rows."""

    inline_keyboard: list[list[Key]] = []


class Pressed(Message, frozen=True):
    """A message with a pressed button; one that is too old has no buttons here."""

    reply_markup: Keyboard | None = None


class Reaction(Struct, frozen=True, gc=False):
    """An emoji, a custom emoji or a paid star."""

    type: str = ""
    emoji: str = ""


class MessageReaction(Struct, frozen=True):
    """All reactions that one person now has on a message."""

    chat: Chat
    message_id: Int
    date: Int = 0
    user: User | None = None
    actor_chat: Chat | None = None
    new_reaction: list[Annotated[Reaction, STANDING]] = []


class Member(Struct, frozen=True, gc=False):
    """Our bot's membership in a chat; rights not given are ``None``."""

    status: str
    is_member: bool | None = None
    can_send_messages: bool | None = None
    can_post_messages: bool | None = None


class MemberChange(Struct, frozen=True, gc=False):
    """Our bot was added, removed, blocked, or given other rights."""

    chat: Chat
    new_chat_member: Member
    date: Int = 0


class Press(Struct, frozen=True):
    """A button under a message was pressed."""

    from_: User | None = field(name="from", default=None)
    id: str = ""
    message: Annotated[Pressed | None, VITAL] = None
    data: str = ""


class Update(Struct, frozen=True):
    """An update; at most one of the optional fields is present, and a present one must be readable."""

    update_id: Int = 0
    message: Annotated[Message | None, VITAL] = None
    edited_message: Annotated[Message | None, VITAL] = None
    channel_post: Annotated[Message | None, VITAL] = None
    edited_channel_post: Annotated[Message | None, VITAL] = None
    message_reaction: Annotated[MessageReaction | None, VITAL] = None
    callback_query: Annotated[Press | None, VITAL] = None
    my_chat_member: Annotated[MemberChange | None, VITAL] = None


class Hints(Struct, frozen=True, gc=False):
    """What Telegram adds to a refusal."""

    retry_after: float = 0
    migrate_to_chat_id: Int = 0


class Answer(Struct, frozen=True):
    """The answer of getUpdates, without the updates, which are decoded one by one."""

    ok: bool
    error_code: Int = 0
    description: str = ""
    parameters: Hints = Hints()

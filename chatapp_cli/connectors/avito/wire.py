"""What Avito answers, as far as it is read: everything optional, because it leaves out and adds as it likes.

Meanings are those of the catalogue at https://developers.avito.ru/api-catalog/messenger; times are seconds since 1970.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct


class Account(Struct, frozen=True):
    """Whose the token is."""

    id: int
    name: str = ""
    profile_url: str = ""


class Granted(Struct, frozen=True):
    """Tokens as they are handed out; ``expires_in`` counts seconds."""

    access_token: str
    expires_in: float = 86_400
    refresh_token: str = ""


class Image(Struct, frozen=True):
    """A picture in several sizes, by ``width x height``."""

    sizes: dict[str, str] = {}


class Item(Struct, frozen=True):
    """An advertisement inside a message."""

    title: str = ""
    price_string: str | None = None
    item_url: str = ""


class Link(Struct, frozen=True):
    """A link with the text around it."""

    text: str = ""
    url: str = ""


class Location(Struct, frozen=True):
    """A point on the map."""

    lat: float = 0
    lon: float = 0
    title: str = ""
    text: str = ""


class Call(Struct, frozen=True):
    """A call inside the chat."""

    status: str = ""


class Voice(Struct, frozen=True):
    """A voice message; its file is asked for by this id."""

    voice_id: str = ""


class Content(Struct, frozen=True):
    """What a message holds: at most one of these, and nothing for types that the API does not carry."""

    text: str | None = None
    image: Image | None = None
    item: Item | None = None
    link: Link | None = None
    location: Location | None = None
    call: Call | None = None
    voice: Voice | None = None


class Quote(Struct, frozen=True):
    """The message that another one answers."""

    id: str = ""


class Message(Struct, frozen=True):
    """A message of any type."""

    id: str
    author_id: int | str = 0
    created: int = 0
    type: str = ""
    direction: str = ""
    content: Content | None = None
    quote: Quote | None = None
    read: int | None = None


class User(Struct, frozen=True):
    """One of the people in a chat."""

    id: int | str = 0
    name: str = ""


class Advertisement(Struct, frozen=True):
    """What a chat is about."""

    title: str = ""
    price_string: str | None = None
    url: str = ""


class Context(Struct, frozen=True):
    """The advertisement, for a chat that has one."""

    value: Advertisement | None = None


class Newest(Struct, frozen=True):
    """The last message of a chat, as far as it tells that something happened."""

    id: str = ""
    created: int = 0


class Chat(Struct, frozen=True):
    """A chat with one person, mostly about one advertisement."""

    id: str
    updated: int = 0
    users: list[User] = []
    context: Context | None = None
    last_message: Newest | None = None

    @property
    def touched(self) -> int:
        """When something happened in it for the last time."""
        return max(self.updated, self.last_message.created if self.last_message else 0)


class Found(Struct, frozen=True):
    """A message together with the chat that explains it: what is kept raw of an arrival."""

    chat: Chat
    message: Message


class RawFound(Struct, frozen=True):
    """The same, not read yet."""

    chat: msgspec.Raw
    message: msgspec.Raw


class Chats(Struct, frozen=True):
    """A page of chats, each still raw."""

    chats: list[msgspec.Raw] = []


class Messages(Struct, frozen=True):
    """A page of messages, newest first, each still raw."""

    messages: list[msgspec.Raw] = []


class Subscription(Struct, frozen=True):
    """An address that Avito calls."""

    url: str = ""


class Subscriptions(Struct, frozen=True):
    """All of them."""

    subscriptions: list[Subscription] = []


class VoiceFiles(Struct, frozen=True):
    """Where voice messages can be fetched for an hour, by their ids."""

    voices_urls: dict[str, str] = {}


class Ring(Struct, frozen=True):
    """As much of a webhook as is believed: in which chat something happened."""

    chat_id: str = ""
    user_id: int | str = 0


class Payload(Struct, frozen=True):
    """Inside of a webhook."""

    value: Ring = Ring()


class Webhook(Struct, frozen=True):
    """A call of Avito's."""

    payload: Payload = Payload()


def page_of_messages(body: bytes) -> list[msgspec.Raw]:
    """Read a page of messages; the catalogue promises a bare list, the service wraps it."""
    if body.lstrip().startswith(b"["):
        return msgspec.json.decode(body, type=list[msgspec.Raw])
    return msgspec.json.decode(body, type=Messages).messages

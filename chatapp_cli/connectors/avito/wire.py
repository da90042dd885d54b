"""The fields of Avito's answers that we read. All are optional, because Avito omits and adds fields at will.

A field of an unexpected type counts as absent; required are only fields without which the object is useless.

Meanings are those of the catalogue at https://developers.avito.ru/api-catalog/messenger; times are seconds since 1970.
"""

from __future__ import annotations

from msgspec import Struct

from chatapp_cli.kit.lenient import Int


class Account(Struct, frozen=True):
    """The account that a token belongs to."""

    id: Int
    name: str = ""
    profile_url: str = ""


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

    lat: float | None = None
    lon: float | None = None
    title: str = ""
    text: str = ""


class Call(Struct, frozen=True):
    """A call inside the chat."""

    status: str = ""


class Voice(Struct, frozen=True):
    """A voice message; its file is requested by this id."""

    voice_id: str = ""


class Content(Struct, frozen=True):
    """The content of a message: at most one of these; none for types that the API does not support."""

    text: str | None = None
    image: Image | None = None
    item: Item | None = None
    link: Link | None = None
    location: Location | None = None
    call: Call | None = None
    voice: Voice | None = None


class Quote(Struct, frozen=True):
    """The message being answered."""

    id: str = ""


class Message(Struct, frozen=True):
    """A message of any type."""

    id: str = ""
    author_id: Int | str = ""
    created: Int = 0
    type: str = ""
    direction: str = ""
    content: Content | None = None
    quote: Quote | None = None
    read: Int | None = None


class User(Struct, frozen=True):
    """One of the people in a chat."""

    id: Int | str = 0
    name: str = ""


class Advertisement(Struct, frozen=True):
    """What a chat is about."""

    title: str = ""
    price_string: str | None = None
    url: str = ""


class Context(Struct, frozen=True):
    """The advertisement of a chat, if it has one."""

    value: Advertisement | None = None


class Newest(Struct, frozen=True):
    """The last message of a chat, to detect changes."""

    id: str = ""
    created: Int = 0


class Chat(Struct, frozen=True):
    """A chat with one person, mostly about one advertisement."""

    id: str
    updated: Int = 0
    users: list[User] = []
    context: Context | None = None
    last_message: Newest | None = None

    @property
    def touched(self) -> int:
        """The time of the last change."""
        return max(self.updated, self.last_message.created if self.last_message else 0)


class Found(Struct, frozen=True):
    """A message together with its chat: the stored raw form of an arrival."""

    chat: Chat
    message: Message


class Subscription(Struct, frozen=True):
    """A registered webhook address."""

    url: str = ""


class Subscriptions(Struct, frozen=True):
    """All of them."""

    subscriptions: list[Subscription] = []


class VoiceFiles(Struct, frozen=True):
    """Download links of voice messages by id, valid for an hour."""

    voices_urls: dict[str, str] = {}


class Ring(Struct, frozen=True):
    """The part of a webhook that we use: in which chat something happened."""

    chat_id: str = ""
    user_id: Int | str = ""


class Payload(Struct, frozen=True):
    """The payload of a webhook."""

    value: Ring = Ring()


class Webhook(Struct, frozen=True):
    """A webhook request from Avito."""

    payload: Payload = Payload()

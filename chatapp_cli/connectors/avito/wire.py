"""What Avito answers, as far as it is read: everything optional, because it leaves out and adds as it likes.

A field of another shape takes only itself away; what is required is what its part means nothing without.

Meanings are those of the catalogue at https://developers.avito.ru/api-catalog/messenger; times are seconds since 1970.
"""

from __future__ import annotations

from msgspec import Struct

from chatapp_cli.kit.lenient import Int


class Account(Struct, frozen=True):
    """Whose the token is."""

    id: Int
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

    lat: float | None = None
    lon: float | None = None
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
    """The advertisement, for a chat that has one."""

    value: Advertisement | None = None


class Newest(Struct, frozen=True):
    """The last message of a chat, as far as it tells that something happened."""

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
        """When something happened in it for the last time."""
        return max(self.updated, self.last_message.created if self.last_message else 0)


class Found(Struct, frozen=True):
    """A message together with the chat that explains it: what is kept raw of an arrival."""

    chat: Chat
    message: Message


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
    user_id: Int | str = ""


class Payload(Struct, frozen=True):
    """Inside of a webhook."""

    value: Ring = Ring()


class Webhook(Struct, frozen=True):
    """A call of Avito's."""

    payload: Payload = Payload()

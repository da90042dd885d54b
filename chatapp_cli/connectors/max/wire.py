"""MAX's objects: only the fields that we use, as few of them required as possible.

The documentation at https://dev.max.ru/docs-api calls fields required that the service omits when empty. A field of an
unexpected type counts as absent. Times are milliseconds since 1970.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct, field

from chatapp_cli.kit.lenient import STANDING, VITAL, Int

WANTED = (
    "message_created",
    "message_callback",
    "message_edited",
    "message_removed",
    "bot_started",
    "bot_stopped",
    "bot_added",
    "bot_removed",
    "user_added",
    "user_removed",
    "chat_title_changed",
    "dialog_removed",
)
"""The update types that we request."""


class User(Struct, frozen=True):
    """A person or a bot; older answers have ``name``."""

    user_id: Int = 0
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    username: str | None = None
    is_bot: bool = False

    @property
    def full_name(self) -> str:
        """First and last name."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or self.name or ""


class Recipient(Struct, frozen=True):
    """The chat of a message."""

    chat_id: Int
    chat_type: str = ""


class Key(Struct, frozen=True):
    """A button below a message."""

    text: str = ""
    payload: str | None = None


class Payload(Struct, frozen=True):
    """The payload of an attachment: identifies its content."""

    url: str | None = None
    token: str | None = None
    photo_id: Int = 0
    code: str = ""
    vcf_info: str | None = None
    max_info: User | None = None
    buttons: list[list[Key]] | None = None


class Attachment(Struct, frozen=True):
    """An attachment: a file, location, contact and so on; without a type if it is unreadable."""

    type: str = ""
    payload: Payload = Payload()
    filename: str = ""
    size: Int = 0
    duration: Int | None = None
    transcription: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    title: str | None = None


class Markup(Struct, frozen=True):
    """Formatting of a part of a text; the address of a ``link`` is only here."""

    type: str = ""
    start: Int = field(name="from", default=0)
    length: Int = 0
    url: str | None = None


class Body(Struct, frozen=True):
    """The body of a message."""

    mid: str = ""
    seq: Int = 0
    text: str | None = None
    markup: list[Markup] | None = None
    attachments: list[Annotated[Attachment, STANDING]] | None = None


class Link(Struct, frozen=True):
    """The message being answered or forwarded."""

    type: str = ""
    message: Body = Body()
    sender: User | None = None


class Message(Struct, frozen=True):
    """A message in a dialog, a group or a channel."""

    recipient: Recipient
    body: Body | None = None
    timestamp: Int = 0
    sender: User | None = None
    link: Link | None = None


class Callback(Struct, frozen=True):
    """A button that was pressed."""

    callback_id: str = ""
    user: User | None = None
    timestamp: Int = 0
    payload: str | None = None


class Update(Struct, frozen=True):
    """An update; which fields it has depends on its type."""

    update_type: str
    timestamp: Int = 0
    message: Annotated[Message | None, VITAL] = None
    callback: Annotated[Callback | None, VITAL] = None
    message_id: str = ""
    chat_id: Int | None = None
    user: User | None = None
    user_id: Int = 0
    payload: str | None = None
    title: str | None = None
    is_channel: bool = False


class Updates(Struct, frozen=True):
    """The answer to polling, without the updates, which are decoded one by one."""

    marker: Int | None = None


class Messages(Struct, frozen=True):
    """A chat's messages, newest first."""

    messages: list[Message] = []


class Sent(Struct, frozen=True):
    """The answer to a sent message."""

    message: Message


class Done(Struct, frozen=True):
    """Whether something was done; a refusal may come with status 200."""

    success: bool = True
    message: str = ""


class Chat(Struct, frozen=True):
    """A group or a channel."""

    chat_id: Int
    type: str = "chat"
    title: str | None = None


class Subscription(Struct, frozen=True):
    """A registered webhook."""

    url: str


class Subscriptions(Struct, frozen=True):
    """All of them."""

    subscriptions: list[Subscription] = []


class Slot(Struct, frozen=True):
    """Where to upload one file; for video and audio this includes the token."""

    url: str
    token: str = ""


class PhotoToken(Struct, frozen=True):
    """The token of one picture."""

    token: str


class Uploaded(Struct, frozen=True):
    """The upload server's answer: one token for a file, a named one for each picture."""

    token: str = ""
    photos: dict[str, PhotoToken] = {}


class Video(Struct, frozen=True):
    """Download links of a video, by quality."""

    urls: dict[str, str | None] | None = None


class Refusal(Struct, frozen=True):
    """An error answer."""

    code: str = ""
    message: str = ""

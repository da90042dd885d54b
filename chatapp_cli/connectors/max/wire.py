"""MAX's objects as we read them: only the fields that we use, and as few required ones as possible.

The description at https://dev.max.ru/docs-api lists fields as required that the service leaves out when they are
empty, and a field of another shape takes only itself away. Times are milliseconds since 1970.
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
"""What we ask MAX for."""


class User(Struct, frozen=True):
    """A person or a bot; ``name`` is what older answers call it."""

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
    """Where a message is."""

    chat_id: Int
    chat_type: str = ""


class Payload(Struct, frozen=True):
    """Inside of an attachment: what identifies its content."""

    url: str | None = None
    token: str | None = None
    photo_id: Int = 0
    code: str = ""
    vcf_info: str | None = None
    max_info: User | None = None


class Attachment(Struct, frozen=True):
    """A file, a place, a card or anything else beside a text; without a type where it cannot be read at all."""

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
    """What a part of a text is; a ``link`` has its address only here."""

    type: str = ""
    start: Int = field(name="from", default=0)
    length: Int = 0
    url: str | None = None


class Body(Struct, frozen=True):
    """What a message says."""

    mid: str = ""
    seq: Int = 0
    text: str | None = None
    markup: list[Markup] | None = None
    attachments: list[Annotated[Attachment, STANDING]] | None = None


class Link(Struct, frozen=True):
    """The message that another one answers or passes on."""

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
    """One of MAX's events; which fields there are depends on its type."""

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
    """What waiting gave beside the updates themselves, each of which is read by itself."""

    marker: Int | None = None


class Messages(Struct, frozen=True):
    """A chat's messages, newest first."""

    messages: list[Message] = []


class Sent(Struct, frozen=True):
    """What became of a message of ours."""

    message: Message


class Done(Struct, frozen=True):
    """Whether something was done; a refusal may come with a good status."""

    success: bool = True
    message: str = ""


class Chat(Struct, frozen=True):
    """A group or a channel."""

    chat_id: Int
    type: str = "chat"
    title: str | None = None


class Subscription(Struct, frozen=True):
    """An address that MAX calls."""

    url: str


class Subscriptions(Struct, frozen=True):
    """All of them."""

    subscriptions: list[Subscription] = []


class Slot(Struct, frozen=True):
    """Where to upload one file; for video and audio the token is here already."""

    url: str
    token: str = ""


class PhotoToken(Struct, frozen=True):
    """The token of one picture."""

    token: str


class Uploaded(Struct, frozen=True):
    """What the upload server says: one token for a file, one by a name of its own for a picture."""

    token: str = ""
    photos: dict[str, PhotoToken] = {}


class Video(Struct, frozen=True):
    """Where a video can be fetched, by its quality."""

    urls: dict[str, str | None] | None = None


class Refusal(Struct, frozen=True):
    """Why MAX said no."""

    code: str = ""
    message: str = ""

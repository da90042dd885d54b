"""Messages with their files and reactions."""

from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.ids import ChannelId, DialogId, FileId, MessageId, Millis

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import ChatKind, FileKind


class MessageRow(NamedTuple):
    """A message of the transcript."""

    id: MessageId
    dialog_id: DialogId
    direction: str
    origin: str
    author: str
    ext_id: str | None
    key: str | None
    state: str
    code: str
    detail: str
    text: str
    subject: str
    reply_to: str
    album: str
    at: Millis
    stored_at: Millis
    edited_at: Millis | None
    deleted_at: Millis | None


class AddressedMessage(NamedTuple):
    """A message of ours and whom it is for."""

    dialog_id: DialogId
    channel_id: ChannelId
    address: str
    name: str
    """Of the dialog."""
    chat_kind: "ChatKind"
    created_at: Millis
    """When the dialog was opened."""
    heard_at: Millis | None
    """When they last wrote; ``None`` for a stranger."""
    text: str


class MailRow(NamedTuple):
    """What a mail has beside its message, apart from the whole text."""

    message_id: MessageId
    folded: int
    """How many lines the message's text leaves out."""
    recipients: str
    """See ``domain.recipients``."""
    invitation: str = ""
    """``open`` for an invitation, ``cancelled``, or how we answered it; otherwise empty."""


class FileRow(NamedTuple):
    """A file of a message."""

    id: FileId
    message_id: MessageId
    channel_id: ChannelId
    kind: "FileKind"
    name: str
    mime: str
    size: int
    seconds: int
    sha256: str
    remote: str
    state: str
    code: str
    attempts: int
    words: str
    """The transcript of a voice message."""


class ButtonsRow(NamedTuple):
    """The buttons of a message, or the one that it stands for."""

    message_id: MessageId
    texts: str
    """As JSON; empty for a message of a client."""
    listed: int
    pressed: str


class ReactionRow(NamedTuple):
    """One emoji on a message."""

    message_id: MessageId
    person: str
    emoji: str
    name: str


class CallRow(NamedTuple):
    """A note that may mention an operator, with its dialog's name."""

    id: int
    dialog_id: DialogId
    author: str
    text: str
    at: Millis
    name: str


class TroubledRow(NamedTuple):
    """One of our messages that needs a person."""

    id: MessageId
    dialog_id: DialogId
    name: str
    channel_id: ChannelId
    kind: str
    channel: str
    state: str
    code: str
    detail: str
    at: Millis
    text: str
    person: str
    """The client's own name, where the dialog is named by a subject or by an operator."""
    address: str


class MessageRef(NamedTuple):
    """The identity and state of a message."""

    id: MessageId
    dialog_id: DialogId
    direction: str
    state: str
    origin: str
    sender: str
    placeholder: int

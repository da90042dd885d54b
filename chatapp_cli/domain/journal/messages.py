"""Events of messages and their files."""

from __future__ import annotations

from typing import ClassVar

from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.journal.base import JournalEvent
from chatapp_cli.domain.text import T, Text


class MessageEvent(JournalEvent):
    """Something happened to a message."""

    dialog: DialogId
    message: MessageId


class MessageReceived(MessageEvent):
    """A client's message arrived."""

    topic: ClassVar[str] = "message.in"
    words: ClassVar[Text] = T("Message {message} received")
    channel: ChannelId
    paired: bool | None = None
    """Whether the channel is paired with a CRM, which is then told in the same transaction."""
    again: bool | None = None
    """Whether something stood in its place before, of which a CRM may know."""


class MessageWritten(MessageEvent):
    """A message was accepted here, to be sent now or later."""

    topic: ClassVar[str] = "message.out"
    words: ClassVar[Text] = T("Message {message} written")
    channel: ChannelId
    state: str


class MessageEchoed(MessageEvent):
    """We wrote a message elsewhere, such as in the provider's own application."""

    topic: ClassVar[str] = "message.out"
    words: ClassVar[Text] = T("Message {message} written")
    channel: ChannelId
    paired: bool | None = None
    """See ``MessageReceived``."""


class MessageStateChanged(MessageEvent):
    """The state of a message changed."""

    topic: ClassVar[str] = "message.state"
    state: str
    code: str | None = None


class MessageTextChanged(MessageEvent):
    """A message was edited, or replaced its placeholder."""

    topic: ClassVar[str] = "message.edited"
    words: ClassVar[Text] = T("Message {message} edited")


class MessageWithdrawn(MessageEvent):
    """A message was deleted by its author or an administrator."""

    topic: ClassVar[str] = "message.deleted"
    words: ClassVar[Text] = T("Message {message} deleted")


class ForeignChangeIgnored(MessageEvent):
    """A message was not changed, because another person than its author tried to."""

    topic: ClassVar[str] = "message.not_theirs"
    words: ClassVar[Text] = T("Message {message}: an edit by somebody other than its author was ignored")


class ReactionsShown(MessageEvent):
    """The reactions to a message changed."""

    topic: ClassVar[str] = "message.reaction"
    words: ClassVar[Text] = T("Reaction to message {message}")
    by_us: bool | None = None
    """Whether we reacted; ``None``: somebody else."""


class ChangeAsked(MessageEvent):
    """The provider is asked for an edit, a deletion or a reaction."""

    topic: ClassVar[str] = "message.asked"
    action: str


class ChangeRefused(MessageEvent):
    """The provider refused an edit, a deletion or a reaction."""

    topic: ClassVar[str] = "message.refused"
    action: str
    code: str = ""
    detail: str = ""


class MessageRescheduled(MessageEvent):
    """A scheduled message goes at another time."""

    topic: ClassVar[str] = "message.rescheduled"
    at: Millis


class MessageMerged(MessageEvent):
    """A message was a duplicate of another one and was removed."""

    topic: ClassVar[str] = "message.merged"
    words: ClassVar[Text] = T("Message {message} merged with its copy")
    into: int


class FileEvent(JournalEvent):
    """Something happened to a file of a message."""

    dialog: DialogId
    message: MessageId
    file: int


class FileArrived(FileEvent):
    """The content was fetched."""

    topic: ClassVar[str] = "file.here"
    words: ClassVar[Text] = T("File {file} of message {message} downloaded")


class FileMissing(FileEvent):
    """The content cannot be fetched."""

    topic: ClassVar[str] = "file.missing"
    words: ClassVar[Text] = T("File {file} of message {message} cannot be downloaded")


class VoiceTranscribed(FileEvent):
    """A voice message was transcribed."""

    topic: ClassVar[str] = "file.words"
    words: ClassVar[Text] = T("File {file} of message {message} transcribed")


class VoiceNotTranscribed(FileEvent):
    """A voice message could not be transcribed."""

    topic: ClassVar[str] = "file.unheard"
    words: ClassVar[Text] = T("File {file} of message {message} could not be transcribed")
    code: str


class ArrivalEvent(JournalEvent):
    """Something happened to an arrival that could not be parsed."""

    channel: ChannelId
    arrived: int


class DeadLetterKept(ArrivalEvent):
    """An arrival could not be parsed."""

    topic: ClassVar[str] = "arrived.dead"
    words: ClassVar[Text] = T("Something arrived that could not be understood")
    problem: str


class DeadLetterRevived(ArrivalEvent):
    """It was parsed after all."""

    topic: ClassVar[str] = "arrived.revived"
    words: ClassVar[Text] = T("Dead letter {arrived} was understood after all")


class DeadLetterAsked(ArrivalEvent):
    """A person wants the provider asked for what it stands for."""

    topic: ClassVar[str] = "arrived.asked"
    words: ClassVar[Text] = T("The provider is asked again for dead letter {arrived}")


class DeadLetterForgotten(ArrivalEvent):
    """It was deleted."""

    topic: ClassVar[str] = "arrived.forgotten"
    words: ClassVar[Text] = T("Dead letter {arrived} forgotten")
    problem: str

"""Events of channels and of requests to their sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.journal.base import JournalEvent, keyed
from chatapp_cli.domain.text import T, Text


class ChannelEvent(JournalEvent):
    """Something happened to a channel itself, not to its messages."""

    channel: ChannelId


class ChannelBound(ChannelEvent):
    """A channel was bound, or bound anew."""

    topic: ClassVar[str] = "channel.bound"
    words: ClassVar[Text] = T("Channel bound: {title}")
    kind: str
    title: str


class ChannelUnbound(ChannelEvent):
    """A channel was removed with its dialogs."""

    topic: ClassVar[str] = "channel.unbound"
    words: ClassVar[Text] = T("Channel unbound: {title}")
    kind: str
    title: str


class ChannelConfigured(ChannelEvent):
    """Options or secrets of a channel changed."""

    topic: ClassVar[str] = "channel.configured"
    changed: Sequence[str]


class HealthChanged(ChannelEvent):
    """The health of a channel changed."""

    topic: ClassVar[str] = "channel.health"
    health: str
    code: str = ""
    detail: str = ""


class ChannelPaused(ChannelEvent):
    """A channel sends nothing until a time."""

    topic: ClassVar[str] = "channel.paused"
    until: Millis
    code: str = ""
    detail: str = ""


class ChannelResumed(ChannelEvent):
    """A channel sends again, because a person said so or the provider allows it."""

    topic: ClassVar[str] = "channel.resumed"
    words: ClassVar[Text] = T("Channel {channel} sends again")


class StrangersPaused(ChannelEvent):
    """A channel does not write to strangers for a while."""

    topic: ClassVar[str] = "channel.strangers"
    words: ClassVar[Text] = T("Channel {channel} sends nothing to strangers for {seconds} s")
    seconds: int
    code: str = ""


class SessionRequestMade(JournalEvent):
    """A channel's session was asked for something."""

    topic: ClassVar[str] = "errand.asked"
    words: ClassVar[Text] = T("Channel {channel} was asked: {what}")
    channel: ChannelId
    request: int = keyed("errand")
    what: str


class SessionRequestEnded(JournalEvent):
    """A request to a channel's session was answered, or will not be."""

    topic: ClassVar[str] = "errand.ended"
    channel: ChannelId
    request: int = keyed("errand")
    state: str


class OutboxReplayed(JournalEvent):
    """Messages that a program lost are sent again."""

    topic: ClassVar[str] = "outbox.replayed"
    words: ClassVar[Text] = T("{messages} messages are resent")
    channel: ChannelId
    messages: int

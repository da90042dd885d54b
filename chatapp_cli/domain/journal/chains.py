"""Events of messages that go from channel to channel until one carries them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.base import JournalEvent
from chatapp_cli.domain.text import T, Text


class ChannelPassed(JournalEvent):
    """A channel of the chain cannot carry a message and is skipped."""

    topic: ClassVar[str] = "chain.passed"
    channel: ChannelId
    message: MessageId
    why: Mapping[str, Any]
    """A ``Text`` by its ``msgid`` and ``params``."""


class HandedOn(JournalEvent):
    """A message that failed goes on through another channel."""

    topic: ClassVar[str] = "chain.handed_on"
    words: ClassVar[Text] = T("Continues as message {into} in the next channel")
    dialog: DialogId
    message: MessageId
    into: int


class LeftBehind(JournalEvent):
    """Something of a mail that went on has no place in the next channel."""

    topic: ClassVar[str] = "chain.left_behind"
    dialog: DialogId
    message: MessageId
    what: Sequence[str]
    """As ``services.words.LEFT_BEHIND`` calls it."""


class Continued(JournalEvent):
    """A message continues one that failed in another channel."""

    topic: ClassVar[str] = "chain.continued"
    words: ClassVar[Text] = T("Continues message {before}, which failed in the channel before")
    dialog: DialogId
    message: MessageId
    before: int


class ChainEnded(JournalEvent):
    """No other channel is left for a message that failed."""

    topic: ClassVar[str] = "chain.ended"
    dialog: DialogId
    message: MessageId
    why: Mapping[str, Any]

"""What happened, and what arrived as it came."""

from typing import NamedTuple

from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, Millis


class JournalRow(NamedTuple):
    """One piece of news."""

    id: int
    at: Millis
    topic: str
    actor: str
    channel_id: ChannelId | None
    dialog_id: DialogId | None
    message_id: MessageId | None
    data: str


class ArrivedRow(NamedTuple):
    """A raw arrival; dead if it has a problem."""

    id: int
    channel_id: ChannelId
    provider_id: str
    raw: bytes
    raw_sha256: str
    problem: str
    at: Millis

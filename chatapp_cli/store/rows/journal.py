"""Raw arrivals."""

from typing import NamedTuple

from chatapp_cli.domain.ids import ChannelId, DialogId, Millis


class ArrivedRow(NamedTuple):
    """A raw arrival; a dead letter if it has a problem."""

    id: int
    channel_id: ChannelId
    provider_id: str
    raw: bytes
    """As it is stored; ``runtime.rereading.raw`` reads it."""
    raw_sha256: str
    problem: str
    at: Millis
    packed: int
    """How it is stored: 0 as it came, -1 no longer, otherwise packed with this dictionary."""


class DeadLetterRow(NamedTuple):
    """An arrival that could not be understood, without its content."""

    id: int
    channel_id: ChannelId
    channel: str
    """The channel's title."""
    provider_id: str
    problem: str
    """Why it was not understood."""
    at: Millis
    who: str
    """Who sent it; empty if that could not be read either."""
    dialog_id: DialogId | None
    """Where a placeholder stands for it, if its dialog could be read."""

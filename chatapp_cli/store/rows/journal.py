"""Raw arrivals."""

from typing import NamedTuple

from chatapp_cli.domain.ids import ChannelId, Millis


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

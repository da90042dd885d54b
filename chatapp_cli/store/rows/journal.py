"""Raw arrivals."""

from typing import NamedTuple

from chatapp_cli.domain.ids import ChannelId, Millis


class ArrivedRow(NamedTuple):
    """A raw arrival; a dead letter if it has a problem."""

    id: int
    channel_id: ChannelId
    provider_id: str
    raw: bytes
    raw_sha256: str
    problem: str
    at: Millis

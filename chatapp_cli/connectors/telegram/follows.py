"""Which channels are read: supergroups unless excluded, broadcast channels only on request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from chatapp_cli.connectors.telegram.durable import Findings, entries
from chatapp_cli.connectors.telegram.position import ChannelPosition
from chatapp_cli.ports.memory import Memory

_PREFIX: Final = "follow/"
_OFF: Final = "off"


class Follows:
    """Choices by channel number: where reading began, or that the channel is excluded."""

    def __init__(self, memory: Memory, chosen: dict[int, ChannelPosition | None]) -> None:
        self._memory = memory
        self._chosen = chosen

    @classmethod
    async def load(cls, memory: Memory, findings: Findings | None = None) -> Follows:
        """Load earlier choices."""
        return cls(memory, dict(await entries(memory, _PREFIX, _read, findings)))

    async def begin(self, channel: int, place: ChannelPosition) -> None:
        """Read a channel from this position."""
        await self._keep(channel, place, msgspec.json.encode(place).decode())

    async def end(self, channel: int) -> None:
        """Exclude a channel."""
        await self._keep(channel, None, _OFF)

    async def _keep(self, channel: int, place: ChannelPosition | None, text: str) -> None:
        await self._memory.save({f"{_PREFIX}{channel}": text})
        self._chosen[channel] = place

    def wants(self, channel: int, *, broadcast: bool) -> bool:
        """Whether a channel is read."""
        return self._chosen[channel] is not None if channel in self._chosen else not broadcast

    @property
    def begun(self) -> Mapping[int, ChannelPosition]:
        """The starting positions of followed channels."""
        return {channel: place for channel, place in self._chosen.items() if place is not None}


def _read(channel: str, text: str) -> tuple[int, ChannelPosition | None]:
    return int(channel), None if text == _OFF else msgspec.json.decode(text, type=ChannelPosition)

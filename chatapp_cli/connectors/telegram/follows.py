"""Which channels are read: supergroups unless they were left out, broadcast channels only where they were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from chatapp_cli.connectors.telegram.durable import Findings, entries
from chatapp_cli.connectors.telegram.position import Reach
from chatapp_cli.ports.memory import Memory

_PREFIX: Final = "follow/"
_OFF: Final = "off"


class Follows:
    """What somebody chose, by the channel's number: where reading began, or that it is left out."""

    def __init__(self, memory: Memory, chosen: dict[int, Reach | None]) -> None:
        self._memory = memory
        self._chosen = chosen

    @classmethod
    async def load(cls, memory: Memory, findings: Findings | None = None) -> Follows:
        """What was chosen earlier."""
        return cls(memory, dict(await entries(memory, _PREFIX, _read, findings)))

    async def begin(self, channel: int, reach: Reach) -> None:
        """Read a channel from there on."""
        await self._keep(channel, reach, msgspec.json.encode(reach).decode())

    async def end(self, channel: int) -> None:
        """Leave a channel out."""
        await self._keep(channel, None, _OFF)

    async def _keep(self, channel: int, reach: Reach | None, text: str) -> None:
        await self._memory.keep({f"{_PREFIX}{channel}": text})
        self._chosen[channel] = reach

    def wants(self, channel: int, *, broadcast: bool) -> bool:
        """Tell whether what is said there arrives."""
        return self._chosen[channel] is not None if channel in self._chosen else not broadcast

    @property
    def begun(self) -> Mapping[int, Reach]:
        """Where reading began of what is followed."""
        return {channel: reach for channel, reach in self._chosen.items() if reach is not None}


def _read(channel: str, text: str) -> tuple[int, Reach | None]:
    return int(channel), None if text == _OFF else msgspec.json.decode(text, type=Reach)

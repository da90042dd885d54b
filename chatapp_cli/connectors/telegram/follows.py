"""Which channels are read: supergroups unless they were left out, broadcast channels only where they were asked for."""

from __future__ import annotations

from typing import Final

from chatapp_cli.ports.memory import Memory

_PREFIX: Final = "follow/"
_ON: Final = "on"
_OFF: Final = "off"


class Follows:
    """What somebody chose, by the channel's number."""

    def __init__(self, memory: Memory, chosen: dict[int, bool]) -> None:
        self._memory = memory
        self._chosen = chosen

    @classmethod
    async def load(cls, memory: Memory) -> Follows:
        """What was chosen earlier."""
        kept = await memory.known(_PREFIX)
        return cls(memory, {int(name.removeprefix(_PREFIX)): text == _ON for name, text in kept.items()})

    async def choose(self, channel: int, *, on: bool) -> None:
        """Read a channel, or leave it out."""
        await self._memory.keep({f"{_PREFIX}{channel}": _ON if on else _OFF})
        self._chosen[channel] = on

    def wants(self, channel: int, *, broadcast: bool) -> bool:
        """Tell whether what is said there arrives."""
        return self._chosen.get(channel, not broadcast)

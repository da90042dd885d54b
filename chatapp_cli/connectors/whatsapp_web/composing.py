"""Show the typing indicator before a text, as people do: texts without it look like a bot's."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.process import Child
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.ports.world import World

SHOWN: Final = 10.0
"""Seconds for which WhatsApp shows the indicator."""
_SHORTEST: Final = 0.6
_LONGEST: Final = 3.0
_A_SIGN: Final = 0.03
"""Seconds per character: fast, as if mostly pasted, so that the delay stays short."""


class Composing:
    """The typing indicator of one account."""

    def __init__(self, running: Child, world: World) -> None:
        self._child, self._world = running, world
        self._shown: dict[str, float] = {}
        """Until when it is shown, by chat."""

    async def show(self, chat: str) -> None:
        """Show the typing indicator in a chat. Raises ChannelError."""
        await self._child.ask("typing", wire.Chat(chat=chat), wire.Nothing)
        now = self._world.clock.monotonic()
        self._shown = {one: until for one, until in self._shown.items() if until > now} | {chat: now + SHOWN}

    async def before(self, chat: str, text: str) -> None:
        """Show the typing indicator for a moment, unless just shown; a failure delays nothing."""
        if self._shown.pop(chat, 0.0) > self._world.clock.monotonic():
            return
        with suppress(ChannelError):
            await self.show(chat)
            self._shown.pop(chat, None)
            await self._world.clock.sleep(_moment(text) * self._world.chance.between(0.7, 1.3))


def _moment(text: str) -> float:
    return min(_LONGEST, max(_SHORTEST, _A_SIGN * len(text)))

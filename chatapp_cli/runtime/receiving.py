"""Receives over a connection of its own, which falls and comes up again while the same session goes on sending."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from chatapp_cli.domain.errors import RateLimited, Retryable
from chatapp_cli.ports.connector import ReceivesApart
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.lifecycle import SOUND, pause_after
from chatapp_cli.runtime.wakeup import WakeUp


class Receiving:
    """The receiving side of one channel; ``tell`` is called with the seconds until the next attempt when it falls."""

    def __init__(self, world: World, tell: Callable[[float], Awaitable[None]]) -> None:
        self._clock, self._chance = world.clock, world.chance
        self._tell = tell
        self._go_on = WakeUp()
        self._falls = 0
        self._up_since = 0.0
        self.trouble: Retryable | RateLimited | None = None
        """Why nothing is received; ``None`` if it is."""

    async def keep(self, session: ReceivesApart, read: Callable[[], Awaitable[None]]) -> None:
        """Read until cancelled, or until the account is refused; other failures are waited out."""
        while True:
            self._go_on.clear()
            try:
                if self.trouble is not None:
                    await session.reconnect()
                self._up_since = self._clock.monotonic()
                await read()
            except (Retryable, RateLimited) as error:
                await self._fall(error)

    def lives(self, *, moved: bool) -> None:
        """Record that it receives; a failure counts as over only after data arrived or some time passed."""
        self.trouble = None
        if moved or self._clock.monotonic() - self._up_since > SOUND:
            self._falls = 0

    def resume(self) -> None:
        """Try again now."""
        self._go_on.set()

    async def _fall(self, error: Retryable | RateLimited) -> None:
        self._falls += 1
        self.trouble = error
        pause = pause_after(self._falls) * self._chance.between(0.5, 1.0)
        if isinstance(error, RateLimited):
            pause = max(error.retry_after, pause)
        await self._tell(pause)
        await self._go_on.wait_by(self._clock, pause)

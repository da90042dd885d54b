"""What wakes those who work in the background and rest while there is nothing to do."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from chatapp_cli.ports.world import Clock


class Bell:
    """Rung by whoever brings work; a ring while somebody works is heard when they want to rest."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There may be something to do."""
        self._rung.set()

    async def rest(self, longest: float | None = None) -> None:
        """Wait for a ring, so many seconds at most; what rang before is heard at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(longest):
                await self._rung.wait()
        self._rung.clear()

    def hush(self) -> None:
        """What rang until now is about to be seen to."""
        self._rung.clear()

    async def rest_by(self, clock: Clock, seconds: float) -> bool:
        """The same by a clock that may be a test's; True if it rang before the time was over."""
        sleeping = asyncio.ensure_future(clock.sleep(seconds))
        hearing = asyncio.ensure_future(self._rung.wait())
        try:
            await asyncio.wait({sleeping, hearing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            hearing.cancel()
        rung = self._rung.is_set()
        self._rung.clear()
        return rung

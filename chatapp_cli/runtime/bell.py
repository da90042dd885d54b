"""What wakes those who work in the background and rest while there is nothing to do."""

from __future__ import annotations

import asyncio
from contextlib import suppress


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

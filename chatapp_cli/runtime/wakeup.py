"""Wakes background workers that wait while there is nothing to do."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from chatapp_cli.ports.world import Clock


class WakeUp:
    """An event that announces work; if set while the worker is busy, its next wait returns at once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def set(self) -> None:
        """There may be something to do."""
        self._rung.set()

    async def wait(self, longest: float | None = None) -> None:
        """Wait for a ring, at most this many seconds; returns at once if it rang before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(longest):
                await self._rung.wait()
        self._rung.clear()

    def clear(self) -> None:
        """Clear it: the work announced so far is about to be done."""
        self._rung.clear()

    async def wait_by(self, clock: Clock, seconds: float) -> bool:
        """The same with an injectable clock; true if it rang before the timeout."""
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

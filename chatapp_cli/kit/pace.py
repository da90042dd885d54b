"""Requests at the pace that the other side bears: a leaking bucket, through which the urgent ones go first."""

from __future__ import annotations

import asyncio
import heapq
from enum import IntEnum
from itertools import count

from chatapp_cli.ports.world import Clock


class Urgency(IntEnum):
    """Who goes first when requests wait."""

    OPERATOR = 0
    """What an employee waits for."""
    CLIENT = 1
    BACKGROUND = 2


class Bucket:
    """Lets ``leak`` requests a second through, and ``burst`` at once after a pause, the urgent ones first."""

    def __init__(self, clock: Clock, *, leak: float, burst: int) -> None:
        self._clock, self._leak, self._burst = clock, leak, float(burst)
        self._level, self._seen = 0.0, clock.monotonic()
        self._waiting: list[tuple[Urgency, int, asyncio.Future[None]]] = []
        self._order = count()
        self._pump: asyncio.Task[None] | None = None

    async def enter(self, urgency: Urgency) -> None:
        """Wait for a place."""
        if not self._waiting and self._take():
            return
        place = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._order), place))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._let_in())
        await place

    def overflowed(self) -> None:
        """The other side says that its bucket is full: others fill it too."""
        self._drain()
        self._level = self._burst

    async def aclose(self) -> None:
        """Stop; nobody waits any more."""
        if self._pump:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)

    async def _let_in(self) -> None:
        while self._waiting:
            if self._waiting[0][2].done():  # its caller was cancelled
                heapq.heappop(self._waiting)
            elif self._take():
                heapq.heappop(self._waiting)[2].set_result(None)
            else:
                await self._clock.sleep(max((self._level + 1 - self._burst) / self._leak, 0.001))

    def _take(self) -> bool:
        self._drain()
        if self._level + 1 > self._burst + 1e-9:
            return False
        self._level += 1
        return True

    def _drain(self) -> None:
        now = self._clock.monotonic()
        self._level = max(0.0, self._level - (now - self._seen) * self._leak)
        self._seen = now

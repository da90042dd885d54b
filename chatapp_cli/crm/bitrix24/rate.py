"""The portal's limits: a leaking bucket for requests, and time for each method.

A portal counts two requests a second, and lets fifty more run up (b24-rest-docs ``limits.md``). All programs with our
address share that, and each process of ours has a bucket of its own, such as a command beside the daemon: so one fills
a little less than the rate and less than half of the fifty, and waits when the portal says that it is full. The time
that a method takes is counted for ten minutes; its limit is not told, but each answer tells how much is used and when
the oldest part of it ends.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Mapping
from enum import IntEnum
from itertools import count
from typing import Any, Final

from chatapp_cli.crm.bitrix24.errors import PARKED_CODE
from chatapp_cli.domain.errors import RateLimited
from chatapp_cli.ports.world import Clock

LEAK: Final = 1.9
"""Requests a second: the rest is for commands beside the daemon."""
BURST: Final = 20
"""Requests that may go at once after a pause."""
SLOW: Final = 300.0
"""Seconds of use at which a method rests by itself: the lowest limit that is known is 420."""
_LONGEST: Final = 660.0
"""Seconds: a method's time is counted for ten minutes, so a longer pause is a mistake."""


class Urgency(IntEnum):
    """Who goes first when requests wait."""

    OPERATOR = 0
    """What an employee waits for."""
    CLIENT = 1
    BACKGROUND = 2


class Bucket:
    """Lets requests through at the portal's pace, the urgent ones first."""

    def __init__(self, clock: Clock, *, leak: float = LEAK, burst: int = BURST) -> None:
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
        """The portal says that its bucket is full: others fill it too."""
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


class Parking:
    """Which methods rest, and until when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def require_free(self, method: str) -> None:
        """Raise RateLimited while a method rests."""
        left = self._until.get(method.lower(), 0.0) - self._clock.monotonic()
        if left > 0:
            raise RateLimited(PARKED_CODE, method, retry_after=left)

    def heed(self, method: str, time: Any) -> None:
        """Read an answer's ``time``: a method that used much of its time rests until some of it is over."""
        used, until = _number(time, "operating"), _number(time, "operating_reset_at")
        if used >= SLOW and until:
            self.park(method, until - self._clock.now() / 1000)

    def park(self, method: str, seconds: float) -> None:
        """Let a method rest."""
        self._until[method.lower()] = self._clock.monotonic() + min(max(seconds, 0.0), _LONGEST)

    def told(self, time: Any, otherwise: float) -> float:
        """The seconds that a refusal asks for by its ``operating_reset_at``."""
        until = _number(time, "operating_reset_at")
        left = until - self._clock.now() / 1000
        return left if until and left > 0 else otherwise


def _number(time: Any, name: str) -> float:
    found = time.get(name) if isinstance(time, Mapping) else None
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else 0.0

"""Time that a test hurries, for what waits for minutes."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress


class BriskClock:
    """A clock that leaps, or whose seconds become shorter; whatever runs by it agrees on the time."""

    def __init__(self) -> None:
        self._wall = time.time()
        self._since, self._passed, self._speed = time.monotonic(), 0.0, 1
        self._leapt = asyncio.Event()

    def hurries(self, speed: int) -> None:
        """From now on, so many seconds last one; waits that have begun last as long as they did."""
        self._passed = self.monotonic()
        self._since, self._speed = time.monotonic(), speed

    def leaps(self, seconds: float) -> None:
        """So many seconds are over at once."""
        self._passed += seconds
        leapt, self._leapt = self._leapt, asyncio.Event()
        leapt.set()

    def now(self) -> int:
        """Milliseconds since 1970."""
        return int((self._wall + self.monotonic()) * 1000)

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self._passed + (time.monotonic() - self._since) * self._speed

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        until = self.monotonic() + seconds
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leapt.wait(), max(0.0, until - self.monotonic()) / self._speed)
            if self.monotonic() >= until:
                return

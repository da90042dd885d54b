"""Deadlines that nearly everybody meets, such as those of requests: all of a loop's behind one timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from types import TracebackType
from typing import Self


class Deadlines:
    """The open deadlines of what runs in one event loop.

    Setting and dropping one touches a dictionary, while a timer of its own would go through the loop's heap and stay
    in it for a while after it is cancelled. The timer waits for the earliest deadline that was open when it was set,
    and may find that one met.
    """

    def __init__(self) -> None:
        self._open: dict[Hashable, tuple[float, Callable[[], None]]] = {}
        """When by the loop's clock, and what happens then."""
        self._timer: asyncio.TimerHandle | None = None

    def set(self, key: Hashable, seconds: float, expired: Callable[[], None]) -> None:
        """Call ``expired`` in so many seconds, instead of what was set for the key."""
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        self._open[key] = at, expired
        if self._timer is None or at < self._timer.when():
            self._wait_until(at, loop)

    def drop(self, key: Hashable) -> None:
        """Forget what was set for the key, if it was."""
        self._open.pop(key, None)

    def within(self, seconds: float) -> TimeLimit:
        """A time limit for the block of an ``async with``, which raises TimeoutError if it takes longer."""
        return TimeLimit(self, seconds)

    def _wait_until(self, at: float, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(at, self._fire, loop)

    def _fire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        try:
            self._expire(loop.time())
        finally:
            if self._open:
                self._wait_until(min(at for at, _expired in self._open.values()), loop)

    def _expire(self, now: float) -> None:
        for key in [key for key, (at, _expired) in self._open.items() if at <= now]:
            if key in self._open:  # what expired before it may have dropped it
                self._open.pop(key)[1]()


class TimeLimit:
    """``asyncio.timeout`` by a shared timer."""

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._seconds = seconds
        self._timeout = asyncio.timeout(None)

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self.allow(self._seconds)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._deadlines.drop(self)
        await self._timeout.__aexit__(kind, error, trace)

    def allow(self, seconds: float) -> None:
        """So many more seconds from now on."""
        self._deadlines.set(self, seconds, self._expire)

    def _expire(self) -> None:
        self._timeout.reschedule(0.0)

"""Deadlines that nearly everybody meets, such as those of requests: all of a loop's behind one timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from math import inf
from types import TracebackType
from typing import Self

PAUSE = 0.05
"""Seconds between two looks through all that is open: with thousands of slow callers, a look at each deadline would
take the processor from those who still wait. So much later a deadline may be met.
"""


class Deadlines:
    """The open deadlines of what runs in one event loop.

    Setting and dropping one touches a dictionary, while a timer of its own would go through the loop's heap and stay
    in it for a while after it is cancelled. The timer waits for the earliest deadline that was open when it was set,
    and may find that one met.
    """

    def __init__(self) -> None:
        self._open: dict[Hashable, tuple[float, Callable[[], None]]] = {}
        """When by the loop's clock, and what happens then."""
        self._next = inf
        """When the timer fires."""
        self._looked_at = -inf
        self._timer: asyncio.TimerHandle | None = None

    def set(self, key: Hashable, seconds: float, expired: Callable[[], None]) -> None:
        """Call ``expired`` in so many seconds, instead of what was set for the key."""
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        self._open[key] = at, expired
        if at < self._next:
            self._wait_until(at, loop)

    def drop(self, key: Hashable) -> None:
        """Forget what was set for the key, if it was."""
        self._open.pop(key, None)

    def within(self, seconds: float) -> TimeLimit:
        """A time limit for the block of a ``with``, which raises TimeoutError if the block takes longer."""
        return TimeLimit(self, seconds)

    def _wait_until(self, at: float, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = max(at, self._looked_at + PAUSE)
        self._timer = loop.call_at(self._next, self._fire, loop)

    def _fire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._next, self._timer, self._looked_at = inf, None, loop.time()
        try:
            self._expire(self._looked_at)
        finally:
            if self._open:
                self._wait_until(min(at for at, _expired in self._open.values()), loop)

    def _expire(self, now: float) -> None:
        for key in [key for key, (at, _expired) in self._open.items() if at <= now]:
            if key in self._open:  # what expired before it may have dropped it
                self._open.pop(key)[1]()


class TimeLimit:
    """A time limit for what the current task does, like ``asyncio.timeout``: it ends with a cancellation of its own."""

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._seconds = seconds
        self._expired = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelled = task, task.cancelling()
        self.allow(self._seconds)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._deadlines.drop(self)
        if self._expired and self._task.uncancel() <= self._cancelled and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def allow(self, seconds: float) -> None:
        """So many more seconds from now on."""
        self._deadlines.set(self, seconds, self._expire)

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()

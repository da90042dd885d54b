"""Lets the same thing happen again only after a while."""

from __future__ import annotations

from typing import Generic, TypeVar

from chatapp_cli.ports.world import Clock

T = TypeVar("T")

_MOST = 1000
"""Things that are remembered; all are forgotten when there are more."""


class Rarely(Generic[T]):
    """What happened lately."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._last: dict[T, float] = {}

    def note(self, what: T) -> bool:
        """Note that it happens, unless it did within these seconds; returns whether it was noted."""
        now = self._clock.monotonic()
        if now - self._last.get(what, -self._seconds) < self._seconds:
            return False
        if len(self._last) >= _MOST:
            self._last.clear()
        self._last[what] = now
        return True

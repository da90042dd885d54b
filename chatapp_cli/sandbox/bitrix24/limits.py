"""The leaky bucket of a portal: 50 requests at once, two a second after that."""

from __future__ import annotations

from typing import Final

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.bitrix24.objects import PortalRefusal

BUCKET: Final = 50
LEAK: Final = 2.0
"""Requests a second."""


class LeakyBucket:
    """Counts every request, a batch as one."""

    def __init__(self, clock: Clock, rate: float) -> None:
        """``rate``: how many times faster than a real one it leaks."""
        self._clock, self._leak = clock, LEAK * rate
        self._level = 0.0
        self._at = clock.monotonic()
        self.refused = 0
        """How many requests did not fit."""

    def take(self) -> None:
        """Let a request in. Raises PortalRefusal if the bucket is full; the request is not carried out then."""
        now = self._clock.monotonic()
        self._level = max(0.0, self._level - (now - self._at) * self._leak)
        self._at = now
        if self._level > BUCKET - 1:
            self.refused += 1
            raise PortalRefusal(503, "QUERY_LIMIT_EXCEEDED", "Too many requests")
        self._level += 1

"""How many requests the front server takes: seven a second, then 429, and 403 with a page for who does not stop.

Only the seven are documented (providers-crm.md 4.3); how many refusals lead to the block, and its length, are ours.
"""

from __future__ import annotations

from typing import Final

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.amocrm.objects import AmoRefusal

STUBBORN: Final = 10
"""Refused requests in a minute after which the address is blocked."""
BLOCK: Final = 60.0
"""Seconds for which they are remembered, and for which the block lasts."""


class Blocked(Exception):
    """The address is blocked: it gets a page."""


class FrontServer:
    """Counts the requests of the last second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken: list[float] = []
        self._refused: list[float] = []
        self._blocked_until = float("-inf")
        self.refused = 0
        """How many requests were too many, from the beginning."""

    def take(self, limit: float) -> None:
        """Let a request in. Raises AmoRefusal (429) or Blocked; the request is not carried out then."""
        now = self._clock.monotonic()
        if now < self._blocked_until:
            raise Blocked
        self._taken = [at for at in self._taken if now - at < 1.0]
        if len(self._taken) + 1 > limit:
            self._refuse(now)
        self._taken.append(now)

    def _refuse(self, now: float) -> None:
        self.refused += 1
        self._refused = [at for at in self._refused if now - at < BLOCK] + [now]
        if len(self._refused) > STUBBORN:
            self._refused.clear()
            self._blocked_until = now + BLOCK
            raise Blocked
        raise AmoRefusal(429, "Too many requests")

"""The portal's limits: a leaking bucket for requests, and time for each method.

A portal counts two requests a second, and lets fifty more run up (b24-rest-docs ``limits.md``). All programs with our
address share that, and each process of ours has a bucket of its own, such as a command beside the daemon: so one fills
a little less than the rate and less than half of the fifty, and waits when the portal says that it is full. The time
that a method takes is counted for ten minutes; its limit is not told, but each answer tells how much is used and when
the oldest part of it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
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

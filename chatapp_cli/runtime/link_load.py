"""How much a link asks of its CRM, and how fast it answers the CRM's calls: what the running daemon remembers."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from chatapp_cli.ports.world import Clock

HOUR: Final = 3600.0
_KEPT: Final = 1000
_SHARE: Final = 0.99


class LinkLoad(NamedTuple):
    """The load of one link."""

    calls: int
    """Requests to the CRM in the last hour."""
    answered: int
    """How many of the CRM's calls ``slowest`` speaks of."""
    slowest: float
    """Seconds within which 99 of 100 of them were answered."""


class CallMeter:
    """Counts the requests of the last hour, by the minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._noted: deque[tuple[float, int]] = deque()
        self._before = 0

    def begin(self) -> None:
        """A session begins, which counts from nought."""
        self._before = 0

    def note(self, total: int) -> None:
        """Remember how many requests the present session has made by now."""
        now = self._clock.monotonic()
        if total > self._before:
            self._noted.append((now, total - self._before))
            self._before = total
        while self._noted and self._noted[0][0] <= now - HOUR:
            self._noted.popleft()

    @property
    def last_hour(self) -> int:
        """How many were noted within an hour."""
        return sum(n for _, n in self._noted)


class AnswerTimes:
    """How long the latest calls waited for their answers."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=_KEPT)

    def note(self, seconds: float) -> None:
        """Remember one."""
        self._seconds.append(seconds)

    def __len__(self) -> int:
        return len(self._seconds)

    @property
    def slowest(self) -> float:
        """Seconds within which 99 of 100 were answered; 0 without any."""
        ordered = sorted(self._seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * _SHARE))] if ordered else 0.0

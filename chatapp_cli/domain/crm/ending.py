"""When people are told that the access which a CRM gave a link ends, where nothing renews it."""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.ids import Millis

TOLD: Final = (30, 7, 1, 0)
"""Days before the end; at each of them people are told once, and of the end itself."""
_DAY: Final = 86_400_000


def days_left(until: Millis, now: Millis) -> int:
    """Whole days; 0 also for an end that has passed."""
    return max(0, (until - now) // _DAY)


def told_at(until: Millis, now: Millis) -> int | None:
    """Which of ``TOLD`` was reached last; ``None`` if the end is further away than each."""
    return min((days for days in TOLD if until - now < days * _DAY), default=None)

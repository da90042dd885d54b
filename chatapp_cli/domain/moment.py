"""Times of the outside world, kept within what a calendar can show."""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.ids import Millis

EARLIEST: Final[Millis] = 631_152_000_000
"""1 January 1990: no channel of ours is older."""
AHEAD: Final[Millis] = 86_400_000
"""A day: clocks go wrong by that much, and time zones are left out, but nobody writes from next year."""


def plausible(at: Millis, now: Millis) -> Millis:
    """The given time if a message can have been written then, else ``now``."""
    return at if EARLIEST <= at <= now + AHEAD else now

"""The real clock and randomness."""

from __future__ import annotations

import os
import time
from pathlib import Path

from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.world import World

TEST_CLOCK = "CHATAPP_TEST_CLOCK"
"""The environment variable with the file that moves the clock in tests; see ``kit/driven.py``."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> Millis:
        """The wall clock."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """The monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        import asyncio

        await asyncio.sleep(seconds)


class SystemChance:
    """The machine's randomness."""

    def key(self) -> str:
        """128 bits from the operating system."""
        return os.urandom(16).hex()

    def between(self, low: float, high: float) -> float:
        """A uniform number."""
        import random

        return random.uniform(low, high)  # noqa: S311 - jitter, not a secret


def system_world(place: Path | None = None) -> World:
    """The real world; ``place`` is the company's folder."""
    return World(clock=SystemClock(), chance=SystemChance(), place=place)

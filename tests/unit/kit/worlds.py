"""A world that a test holds in its hands."""

from __future__ import annotations

import asyncio
from itertools import count

from chatapp_cli.ports.world import World

NOON = 1_795_000_000_000
"""Some moment in November 2026."""


class HeldClock:
    """Time passes only by sleeping."""

    def __init__(self, now: int = NOON) -> None:
        self.at = now

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1000

    async def sleep(self, seconds: float) -> None:
        self.at += round(seconds * 1000)
        await asyncio.sleep(0)


class CountedChance:
    """Keys in a row."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def key(self) -> str:
        return f"{next(self._numbers):032d}"

    def between(self, low: float, high: float) -> float:
        return (low + high) / 2


def held_world(now: int = NOON) -> World:
    return World(clock=HeldClock(now), chance=CountedChance())

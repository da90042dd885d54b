"""Time and randomness, injected so that tests can control them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chatapp_cli.domain.ids import Millis


class Clock(Protocol):
    """The wall clock for people and records, the monotonic one for durations."""

    def now(self) -> Millis:
        """Milliseconds since 1970, UTC; may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Chance(Protocol):
    """Randomness."""

    def key(self) -> str:
        """A fresh idempotency key: 32 lower-case letters and digits, unguessable."""
        ...

    def between(self, low: float, high: float) -> float:
        """A number for jitter; not for secrets."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """A connector's access to the outside world, other than the network."""

    clock: Clock
    chance: Chance
    place: Path | None = None
    """The company's folder, for libraries that need files; ``None`` without a company."""

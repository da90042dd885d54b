"""Time and chance, handed in so that a test can hold them."""

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
    """What a connector is given of the outside beside the network."""

    clock: Clock
    chance: Chance
    place: Path | None = None
    """The company's own folder, for what a library insists on keeping in files; ``None`` where there is no company."""

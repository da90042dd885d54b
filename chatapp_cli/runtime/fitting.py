"""How much of a long list one transaction takes, so that an operator's waits for a moment and not for all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chatapp_cli.ports.world import Clock
from chatapp_cli.store.tx import Tx

R = TypeVar("R")

TURN = 0.005
"""Seconds for which one transaction may hold the writer."""


class FittingNumber:
    """So many of similar items take no longer than a turn, by how long the last ones did; ``most`` at most."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self.now = 1

    def timed(self, tx: Tx, *, job: Callable[[Tx], R], n: int) -> R:
        """Run a job on so many items, and fit the number to how long that took."""
        began = self._clock.monotonic()
        done = job(tx)
        took = self._clock.monotonic() - began
        fitting = int(n * TURN / took) if took > 0 else self._most
        self.now = max(1, min(self._most, 2 * self.now, fitting))
        return done

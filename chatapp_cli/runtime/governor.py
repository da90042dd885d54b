"""Keeps an account's sends within the rates of its channel."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chatapp_cli.domain.errors import Pause
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.manifest import Lane, Rate
from chatapp_cli.domain.rates import AccountLog, LaneLog, Margin, RateTarget
from chatapp_cli.ports.world import Clock

__all__ = ["MARGIN", "Governor", "PastSend", "RateTarget"]

MARGIN: Final = Margin(pace=1.007, span=1.005)
"""Safety margins. Sends are spaced further apart than the rate requires, so that network delays do not break a window.
The window grows by less than the spacing, so that a late send is made up for.
"""
_TICK: Final = 0.001
"""The resolution of wall-clock times, in seconds."""


@dataclass(frozen=True, slots=True)
class PastSend:
    """A send made before this process."""

    target: RateTarget
    at: Millis


class Governor:
    """Limits all sends of one account, whatever caused them.

    ``history`` are the sends before this process, at least within the window of the longest rate.
    """

    def __init__(self, clock: Clock, rates: Sequence[Rate], history: Iterable[PastSend] = ()) -> None:
        self._clock = clock
        self._log = AccountLog(rates, MARGIN)
        self._turn = asyncio.Lock()
        self._remember(history)

    def account_wait(self) -> float:
        """Seconds until the account may send again; 0 for now."""
        return self._until(self._log.account)

    def rests(self, target: RateTarget) -> Mapping[Lane, float]:
        """Seconds that each of its blocked lanes still has to wait, apart from the account's own rate."""
        lanes = self._log.lanes(target)
        return {name: wait for name, lane in lanes.items() if (wait := self._until(lane)) > 0}

    def delay(self, target: RateTarget) -> float:
        """Seconds that this message has to wait, apart from the account's own rate."""
        return max(self.rests(target).values(), default=0.0)

    async def acquire(self, target: RateTarget, *, patience: float = 0.0, longest: float = math.inf) -> float:
        """Wait for the account's turn, first come first served, and count the send that must follow immediately.

        Returns 0, or the remaining seconds if the recipient's lanes need more than ``patience`` or the account more
        than ``longest``: then nothing is counted, and the caller retries later. If a provider asks for an hour, no
        message should wait here for it.
        """
        if (delay := self.delay(target)) > patience:
            return delay
        async with self._turn:
            while (wait := self.account_wait()) > 0:
                if wait > longest:
                    return wait
                await self._clock.sleep(wait)
            if (delay := self.delay(target)) > patience:
                return delay
            self._record(target, self._clock.monotonic())
            return 0.0

    def penalise(self, seconds: float, *, scope: Pause, target: RateTarget | None = None) -> None:
        """Apply a wait demanded by the provider: to the account, one dialog, or all strangers."""
        until = self._clock.monotonic() + seconds
        if scope == "strangers":
            self._log.shared["strangers"].delay(until)
        elif scope == "dialog" and target is not None:
            self._log.take(target).delay(until)
        else:
            self._log.account.delay(until)

    def release(self) -> None:
        """Clear the waits demanded by the provider; the rates stay."""
        self._log.release()

    def _remember(self, history: Iterable[PastSend]) -> None:
        offset = self._clock.monotonic() - self._clock.now() / 1000
        for sent in sorted(history, key=lambda sent: sent.at):
            at = min(sent.at / 1000 + _TICK + offset, self._clock.monotonic())
            self._record(sent.target, at)

    def _record(self, target: RateTarget, at: float) -> None:
        self._log.record(target, at)
        self._log.prune(self._clock.monotonic())

    def _until(self, lane: LaneLog) -> float:
        return max(0.0, lane.next_at() - self._clock.monotonic())

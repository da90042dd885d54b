"""Keeps every send of one account within the rates that its channel names."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chatapp_cli.domain.errors import Pause
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.manifest import Lane, Rate
from chatapp_cli.domain.rates import AccountLog, LaneLog, Margin, Target
from chatapp_cli.ports.world import Clock

__all__ = ["MARGIN", "Governor", "Sent", "Target"]

MARGIN: Final = Margin(pace=1.007, span=1.005)
"""Deadlines are further apart than the rate allows: what the network shifts still fits into a window.

The window is longer by less than the pace, so that a late send is made up for.
"""
_TICK: Final = 0.001
"""Wall-clock stamps are cut to this many seconds."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A send of the past, before this process."""

    target: Target
    at: Millis


class Governor:
    """Sees every send of one account, whatever caused it.

    ``history`` is what was sent before this process, at least as far back as the longest rate reaches.
    """

    def __init__(self, clock: Clock, rates: Sequence[Rate], history: Iterable[Sent] = ()) -> None:
        self._clock = clock
        self._log = AccountLog(rates, MARGIN)
        self._turn = asyncio.Lock()
        self._remember(history)

    def account_wait(self) -> float:
        """Seconds until the account may send again; 0 when it may now."""
        return self._until(self._log.account)

    def rests(self, target: Target) -> Mapping[Lane, float]:
        """Seconds that those of its lanes still have to wait that may not go now, whatever the account may do."""
        lanes = self._log.lanes(target)
        return {name: wait for name, lane in lanes.items() if (wait := self._until(lane)) > 0}

    def delay(self, target: Target) -> float:
        """Seconds that this message has to wait, whatever the account may do."""
        return max(self.rests(target).values(), default=0.0)

    async def acquire(self, target: Target, *, patience: float = 0.0, longest: float = math.inf) -> float:
        """Wait for the account's turn, first come first served, and count the send that follows at once.

        Returns 0, or the seconds that the message has to stay away because of where it goes, if they are more than
        ``patience``, or because the account has to, if they are more than ``longest``: then nothing is counted, and
        the caller comes again later. A provider that asks for an hour must not find a message waiting here meanwhile.
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

    def penalise(self, seconds: float, *, scope: Pause, target: Target | None = None) -> None:
        """Wait as long as the provider says: the account, one dialog, or all strangers."""
        until = self._clock.monotonic() + seconds
        if scope == "strangers":
            self._log.shared["strangers"].hold(until)
        elif scope == "dialog" and target is not None:
            self._log.take(target).hold(until)
        else:
            self._log.account.hold(until)

    def release(self) -> None:
        """Forget what the provider told to wait for; the rates stay."""
        self._log.release()

    def _remember(self, history: Iterable[Sent]) -> None:
        offset = self._clock.monotonic() - self._clock.now() / 1000
        for sent in sorted(history, key=lambda sent: sent.at):
            at = min(sent.at / 1000 + _TICK + offset, self._clock.monotonic())
            self._record(sent.target, at)

    def _record(self, target: Target, at: float) -> None:
        self._log.record(target, at)
        self._log.forget(self._clock.monotonic())

    def _until(self, lane: LaneLog) -> float:
        return max(0.0, lane.next_at() - self._clock.monotonic())

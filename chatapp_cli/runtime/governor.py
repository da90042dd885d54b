"""Keeps every send of one account within the rates that its channel names.

Two rules for each rate. Sends are paced by absolute deadlines, so that a late wake-up does not slow down the next one.
A log of the last ``limit`` sends, taken when they really happened, forbids one more in any window however late they
were. A bucket of tokens would let twice the rate through in some windows.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from chatapp_cli.domain.errors import Pause
from chatapp_cli.domain.event import ChatKind
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.manifest import Lane, Rate
from chatapp_cli.ports.world import Clock

_PACE: Final = 1.007
"""Deadlines are so much further apart than the rate allows: what the network shifts still fits into a window."""
_SPAN: Final = 1.005
"""A window is taken to be so much longer; less than the pace, so that a late send is made up for."""
_SLACK: Final = 0.02
"""Part of a window by which deadlines may be missed and still made up for."""
_TICK: Final = 0.001
"""Wall-clock stamps are cut to this many seconds."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes, as far as rates care."""

    address: str
    chat_kind: ChatKind = "private"
    stranger: bool = False

    @property
    def shared(self) -> Sequence[Literal["phone", "strangers"]]:
        """The lanes that it has in common with other dialogs."""
        lanes: list[Literal["phone", "strangers"]] = ["phone"] if self.address.startswith("+") else []
        return [*lanes, "strangers"] if self.stranger else lanes


@dataclass(frozen=True, slots=True)
class Sent:
    """A send of the past, before this process."""

    target: Target
    at: Millis


class _Gauge:
    """One rate in one lane."""

    __slots__ = ("_due", "_log", "_slack", "_span", "_step")

    def __init__(self, rate: Rate) -> None:
        self._step = rate.per * _PACE / rate.limit if rate.paced else 0.0
        self._span = rate.per * _SPAN
        self._slack = max(self._step, rate.per * _SLACK)
        self._log: deque[float] = deque(maxlen=rate.limit)
        self._due = -math.inf

    def next_at(self) -> float:
        """The earliest moment for another send."""
        full = len(self._log) == self._log.maxlen
        return max(self._due, self._log[0] + self._span) if full else self._due

    def record(self, at: float) -> None:
        """Take note of a send."""
        behind = at - self._due
        self._due = (self._due if behind < self._slack else at) + self._step
        self._log.append(at)

    def past_at(self) -> float:
        """When nothing of what was recorded matters any more."""
        return max(self._due, self._log[-1] + self._span) if self._log else -math.inf


class _Lane:
    """All rates that a send to one place has to keep, and how long the provider told us to wait there."""

    __slots__ = ("_gauges", "_held")

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._gauges = [_Gauge(rate) for rate in rates]
        self._held = -math.inf

    def next_at(self) -> float:
        return max((self._held, *(gauge.next_at() for gauge in self._gauges)))

    def past_at(self) -> float:
        return max((self._held, *(gauge.past_at() for gauge in self._gauges)))

    def record(self, at: float) -> None:
        for gauge in self._gauges:
            gauge.record(at)

    def hold(self, until: float) -> None:
        self._held = max(self._held, until)

    def release(self) -> None:
        self._held = -math.inf


class Governor:
    """Sees every send of one account, whatever caused it.

    Dialogs have lanes of their own: a ``group`` rate counts for groups and channels, a ``dialog`` rate for all of them.
    What is known only by its phone, and strangers, share a lane each.
    ``history`` is what was sent before this process, at least as far back as the longest rate reaches.
    """

    def __init__(self, clock: Clock, rates: Sequence[Rate], history: Iterable[Sent] = ()) -> None:
        self._clock = clock
        self._account = _Lane(rate for rate in rates if rate.scope == "account")
        self._shared: Mapping[str, _Lane] = {
            scope: _Lane(rate for rate in rates if rate.scope == scope) for scope in ("phone", "strangers")
        }
        self._rates = [rate for rate in rates if rate.scope in {"dialog", "group"}]
        self._lanes: dict[str, _Lane] = {}
        self._turn = asyncio.Lock()
        self._remember(history)

    def account_wait(self) -> float:
        """Seconds until the account may send again; 0 when it may now."""
        return self._until(self._account)

    def rests(self, target: Target) -> Mapping[Lane, float]:
        """Seconds that those of its lanes still have to wait that may not go now, whatever the account may do."""
        lanes: dict[Lane, _Lane] = {"dialog": self._lanes.get(target.address) or self._new_lane(target.chat_kind)}
        lanes |= {name: self._shared[name] for name in target.shared}
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
            self._shared["strangers"].hold(until)
        elif scope == "dialog" and target is not None:
            self._take_lane(target).hold(until)
        else:
            self._account.hold(until)

    def release(self) -> None:
        """Forget what the provider told to wait for; the rates stay."""
        for lane in (self._account, *self._shared.values(), *self._lanes.values()):
            lane.release()

    def _remember(self, history: Iterable[Sent]) -> None:
        offset = self._clock.monotonic() - self._clock.now() / 1000
        for sent in sorted(history, key=lambda sent: sent.at):
            at = min(sent.at / 1000 + _TICK + offset, self._clock.monotonic())
            self._record(sent.target, at)

    def _record(self, target: Target, at: float) -> None:
        self._account.record(at)
        self._take_lane(target).record(at)
        for name in target.shared:
            self._shared[name].record(at)
        self._forget()

    def _take_lane(self, target: Target) -> _Lane:
        """Find or make the dialog's lane and put it last, so that the first ones are those that rest longest."""
        lane = self._lanes.pop(target.address, None) or self._new_lane(target.chat_kind)
        self._lanes[target.address] = lane
        return lane

    def _new_lane(self, chat_kind: ChatKind) -> _Lane:
        return _Lane(rate for rate in self._rates if rate.scope == "dialog" or chat_kind != "private")

    def _forget(self) -> None:
        now = self._clock.monotonic()
        while self._lanes:
            oldest = next(iter(self._lanes))
            if self._lanes[oldest].past_at() > now:
                break
            del self._lanes[oldest]

    def _until(self, lane: _Lane) -> float:
        return max(0.0, lane.next_at() - self._clock.monotonic())

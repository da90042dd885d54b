"""Rate limits of an account: a log of its sends, and when the next may follow. Times are seconds of any one clock.

Each rate has two rules. Sends are paced by absolute deadlines, so that a late wake-up does not delay the next one.
A log of the actual times of the last ``limit`` sends prevents one too many in any window, however late they were.
A token bucket would allow twice the rate in some windows.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from chatapp_cli.domain.arrival import ChatKind
from chatapp_cli.domain.manifest import Lane, Rate

RateScope: TypeAlias = Literal["account", "dialog", "group", "phone", "strangers"]

_SLACK: Final = 0.02
"""Fraction of a window by which a deadline may be missed and caught up."""


class Margin(NamedTuple):
    """Safety factors of a rate."""

    pace: float = 1.0
    """Factor of the time between two deadlines."""
    span: float = 1.0
    """Factor of the window."""


EXACT: Final = Margin()


@dataclass(frozen=True, slots=True)
class RateTarget:
    """The properties of a recipient that matter for rates."""

    address: str
    chat_kind: ChatKind = "private"
    stranger: bool = False

    @property
    def shared(self) -> Sequence[Literal["phone", "strangers"]]:
        """The lanes that it shares with other dialogs."""
        lanes: list[Literal["phone", "strangers"]] = ["phone"] if self.address.startswith("+") else []
        return [*lanes, "strangers"] if self.stranger else lanes


class RateLog:
    """One rate in one lane."""

    __slots__ = ("_due", "_log", "_slack", "_span", "_step", "scope")

    def __init__(self, rate: Rate, margin: Margin = EXACT) -> None:
        self.scope: RateScope = rate.scope
        self._step = rate.per * margin.pace / rate.limit if rate.paced else 0.0
        self._span = rate.per * margin.span
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
        """When the recorded sends no longer matter."""
        return max(self._due, self._log[-1] + self._span) if self._log else -math.inf


class LaneLog:
    """All rates of one lane, and the pause that the provider asked for there."""

    __slots__ = ("_paused_until", "logs")

    def __init__(self, rates: Iterable[Rate], margin: Margin = EXACT) -> None:
        self.logs = [RateLog(rate, margin) for rate in rates]
        self._paused_until = -math.inf

    def next_at(self) -> float:
        """The earliest moment for another send."""
        return max((self._paused_until, *(log.next_at() for log in self.logs)))

    def past_at(self) -> float:
        """When neither the recorded sends nor the pause matter any more."""
        return max((self._paused_until, *(log.past_at() for log in self.logs)))

    def record(self, at: float) -> None:
        """Take note of a send."""
        for log in self.logs:
            log.record(at)

    def delay(self, until: float) -> None:
        """Pause, because the provider asked for it."""
        self._paused_until = max(self._paused_until, until)

    def release(self) -> None:
        """End the provider's pause."""
        self._paused_until = -math.inf


class AccountLog:
    """Every send of one account, in each lane that counts it.

    Each dialog has a lane: a ``group`` rate applies to groups and channels, a ``dialog`` rate to all dialogs.
    Bare phone numbers share one lane, strangers another.
    """

    def __init__(self, rates: Sequence[Rate], margin: Margin = EXACT) -> None:
        self._margin = margin
        self._rates = [rate for rate in rates if rate.scope in {"dialog", "group"}]
        self._dialogs: dict[str, LaneLog] = {}
        self.account = self._of(rates, "account")
        self.shared: Mapping[str, LaneLog] = {scope: self._of(rates, scope) for scope in ("phone", "strangers")}

    def lanes(self, target: RateTarget) -> Mapping[Lane, LaneLog]:
        """The lanes below the account that count a send."""
        own: dict[Lane, LaneLog] = {"dialog": self._dialogs.get(target.address) or self._new(target.chat_kind)}
        return own | {name: self.shared[name] for name in target.shared}

    def waits(self, target: RateTarget) -> Iterator[tuple[float, RateScope]]:
        """The earliest moment that each rate allows for a send."""
        for lane in (self.account, *self.lanes(target).values()):
            yield from ((log.next_at(), log.scope) for log in lane.logs)

    def record(self, target: RateTarget, at: float) -> None:
        """Take note of a send."""
        self.account.record(at)
        self.take(target).record(at)
        for name in target.shared:
            self.shared[name].record(at)

    def take(self, target: RateTarget) -> LaneLog:
        """Get the dialog's lane and move it to the end, so that the least recently used are first."""
        lane = self._dialogs.pop(target.address, None) or self._new(target.chat_kind)
        self._dialogs[target.address] = lane
        return lane

    def release(self) -> None:
        """End the provider's pauses; the rates stay."""
        for lane in (self.account, *self.shared.values(), *self._dialogs.values()):
            lane.release()

    def prune(self, now: float) -> None:
        """Drop the lanes of dialogs that no longer matter."""
        while self._dialogs:
            oldest = next(iter(self._dialogs))
            if self._dialogs[oldest].past_at() > now:
                break
            del self._dialogs[oldest]

    def _of(self, rates: Iterable[Rate], scope: str) -> LaneLog:
        return LaneLog((rate for rate in rates if rate.scope == scope), self._margin)

    def _new(self, chat_kind: ChatKind) -> LaneLog:
        counted = (rate for rate in self._rates if rate.scope == "dialog" or chat_kind != "private")
        return LaneLog(counted, self._margin)

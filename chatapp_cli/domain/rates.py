"""What an account sent, as far as its rates care, and when one more send may follow: times in seconds of any clock.

Two rules for each rate. Sends are paced by absolute deadlines, so that a late wake-up does not slow down the next one.
A log of the last ``limit`` sends, taken when they really happened, forbids one more in any window however late they
were. A bucket of tokens would let twice the rate through in some windows.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from chatapp_cli.domain.event import ChatKind
from chatapp_cli.domain.manifest import Lane, Rate

Scope: TypeAlias = Literal["account", "dialog", "group", "phone", "strangers"]

_SLACK: Final = 0.02
"""Part of a window by which deadlines may be missed and still made up for."""


class Margin(NamedTuple):
    """By which factors a rate is taken to be slower than it is."""

    pace: float = 1.0
    """Of the time between two deadlines."""
    span: float = 1.0
    """Of the window."""


EXACT: Final = Margin()


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


class RateLog:
    """One rate in one lane."""

    __slots__ = ("_due", "_log", "_slack", "_span", "_step", "scope")

    def __init__(self, rate: Rate, margin: Margin = EXACT) -> None:
        self.scope: Scope = rate.scope
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
        """When nothing of what was recorded matters any more."""
        return max(self._due, self._log[-1] + self._span) if self._log else -math.inf


class LaneLog:
    """All rates that a send to one place has to keep, and how long the provider told us to wait there."""

    __slots__ = ("_held", "logs")

    def __init__(self, rates: Iterable[Rate], margin: Margin = EXACT) -> None:
        self.logs = [RateLog(rate, margin) for rate in rates]
        self._held = -math.inf

    def next_at(self) -> float:
        """The earliest moment for another send."""
        return max((self._held, *(log.next_at() for log in self.logs)))

    def past_at(self) -> float:
        """When nothing of what was recorded or told matters any more."""
        return max((self._held, *(log.past_at() for log in self.logs)))

    def record(self, at: float) -> None:
        """Take note of a send."""
        for log in self.logs:
            log.record(at)

    def hold(self, until: float) -> None:
        """The provider told us to wait."""
        self._held = max(self._held, until)

    def release(self) -> None:
        """Forget what the provider told."""
        self._held = -math.inf


class AccountLog:
    """Every send of one account, in each lane that counts it.

    Dialogs have lanes of their own: a ``group`` rate counts for groups and channels, a ``dialog`` rate for all of them.
    What is known only by its phone, and strangers, share a lane each.
    """

    def __init__(self, rates: Sequence[Rate], margin: Margin = EXACT) -> None:
        self._margin = margin
        self._rates = [rate for rate in rates if rate.scope in {"dialog", "group"}]
        self._dialogs: dict[str, LaneLog] = {}
        self.account = self._of(rates, "account")
        self.shared: Mapping[str, LaneLog] = {scope: self._of(rates, scope) for scope in ("phone", "strangers")}

    def lanes(self, target: Target) -> Mapping[Lane, LaneLog]:
        """The lanes below the account that a send would be counted in."""
        own: dict[Lane, LaneLog] = {"dialog": self._dialogs.get(target.address) or self._new(target.chat_kind)}
        return own | {name: self.shared[name] for name in target.shared}

    def waits(self, target: Target) -> Iterator[tuple[float, Scope]]:
        """The earliest moment that each rate allows for a send."""
        for lane in (self.account, *self.lanes(target).values()):
            yield from ((log.next_at(), log.scope) for log in lane.logs)

    def record(self, target: Target, at: float) -> None:
        """Take note of a send."""
        self.account.record(at)
        self.take(target).record(at)
        for name in target.shared:
            self.shared[name].record(at)

    def take(self, target: Target) -> LaneLog:
        """Find or make the dialog's lane and put it last, so that the first ones are those that rest longest."""
        lane = self._dialogs.pop(target.address, None) or self._new(target.chat_kind)
        self._dialogs[target.address] = lane
        return lane

    def release(self) -> None:
        """Forget what the provider told to wait for; the rates stay."""
        for lane in (self.account, *self.shared.values(), *self._dialogs.values()):
            lane.release()

    def forget(self, now: float) -> None:
        """Drop the lanes of dialogs in which nothing matters any more."""
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

"""Tells which of many ordered rules may hold for a message, and chooses the first that does, without asking all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import tzinfo
from typing import Final, Generic, NamedTuple, TypeVar

from chatapp_cli.domain.condition import (
    AllOf,
    Always,
    AnyOf,
    Condition,
    FromSource,
    HasWords,
    Negated,
    Occasion,
    OnSource,
    WithinHours,
)

R = TypeVar("R")
_HOURS: Final = 7 * 24
_MINUTE: Final = 60_000
_ONE_HOUR: Final = (1 << 60) - 1


class Ruled(NamedTuple, Generic[R]):
    """A condition, and what is so if it holds."""

    condition: Condition
    then: R


class _Index:
    """The rules that are possible for one source, by number."""

    def __init__(self) -> None:
        self.unbound: list[int] = []
        """Those that may hold whatever the words and the time are."""
        self.by_word: dict[str, list[int]] = {}
        self.by_hour: dict[tzinfo, list[list[int]]] = {}
        """Those without words, for each hour of a week."""
        self.hours: dict[int, WithinHours] = {}
        self._minute: tuple[int, Sequence[int]] = (-1, ())

    def at(self, occasion: Occasion) -> Sequence[int]:
        """The rules without words that may hold at a time; all messages of a minute have the same."""
        minute = occasion.at // _MINUTE
        known, found = self._minute
        if known != minute:
            found = sorted({*self.unbound, *self._timed(occasion)})
            self._minute = minute, found
        return found

    def _timed(self, occasion: Occasion) -> Iterator[int]:
        for zone, table in self.by_hour.items():
            day, minute = occasion.clock(zone)
            for number in table[day.weekday() * 24 + minute // 60]:
                if self.hours[number].holds(occasion):
                    yield number


class PossibleRules:
    """Conditions in order, compiled: by source once for each, and by words and hours outside which one cannot hold."""

    def __init__(
        self,
        conditions: Sequence[Condition],
        *,
        hours: Callable[[Condition], WithinHours | None] | None = None,
        first: bool = False,
    ) -> None:
        """``hours``: outside which a condition is not asked; ``first``: nobody asks behind one that surely holds."""
        self._conditions = conditions
        self._needed = [needed(one) for one in conditions]
        self._hours = hours or hours_of
        self._first = first
        self._indexes: dict[OnSource, _Index] = {}

    def numbers(self, occasion: Occasion) -> Sequence[int]:
        """The places of those that may hold, in order."""
        index = self._indexes.get(occasion.source)
        if index is None:
            index = self._indexes[occasion.source] = self._indexed(occasion.source)
        return _possible(index, occasion)

    def _indexed(self, source: OnSource) -> _Index:
        index = _Index()
        for number, condition in enumerate(self._conditions):
            settled = by_source(condition, source)
            if settled is not False:
                self._enter(index, number)
            if settled and self._first:
                break
        return index

    def _enter(self, index: _Index, number: int) -> None:
        words, hours = self._needed[number], self._hours(self._conditions[number])
        if words is not None:
            for word in words:
                index.by_word.setdefault(word, []).append(number)
        elif hours is None:
            index.unbound.append(number)
        else:
            index.hours[number] = hours
            for hour in _hours_of_week(hours):
                index.by_hour.setdefault(hours.zone, [[] for _ in range(_HOURS)])[hour].append(number)


class Chooser(Generic[R]):
    """Ordered rules of which the first that holds counts."""

    def __init__(self, rules: Sequence[Ruled[R]]) -> None:
        self.rules = rules
        self._possible = PossibleRules([rule.condition for rule in rules], first=True)

    def choose(self, occasion: Occasion) -> R | None:
        """The outcome of the first rule that holds; ``None`` if none does."""
        for number in self._possible.numbers(occasion):
            if self.rules[number].condition.holds(occasion):
                return self.rules[number].then
        return None


def _possible(index: _Index, occasion: Occasion) -> Sequence[int]:
    """The rules that may hold, in order."""
    by_word, rest = index.by_word, index.at(occasion)
    if by_word.keys().isdisjoint(occasion.words):
        return rest
    return sorted({*rest, *(number for word in by_word.keys() & occasion.vocabulary for number in by_word[word])})


def _hours_of_week(hours: WithinHours) -> Iterator[int]:
    minutes = hours.minutes_of_week()
    return (hour for hour in range(_HOURS) if minutes >> (hour * 60) & _ONE_HOUR)


def hours_of(condition: Condition) -> WithinHours | None:
    """Hours outside which a condition never holds; ``None`` if none are known."""
    if isinstance(condition, WithinHours):
        return condition
    parts = condition.parts if isinstance(condition, AllOf) else ()
    return next((hours for part in parts if (hours := hours_of(part)) is not None), None)


def needed(condition: Condition) -> AbstractSet[str] | None:
    """Words of which at least one is in every message for which a condition holds; ``None`` if it may need none."""
    if isinstance(condition, HasWords):
        each = [min(phrase.forms, key=len) for phrase in condition.phrases]
        if condition.every and each:
            return min(each, key=len)
        return frozenset[str]().union(*each) if not condition.every else None
    if isinstance(condition, AllOf):
        some = [words for part in condition.parts if (words := needed(part)) is not None]
        return min(some, key=len, default=None)
    if isinstance(condition, AnyOf):
        every = [needed(part) for part in condition.parts]
        known = [words for words in every if words is not None]
        return frozenset[str]().union(*known) if len(known) == len(every) else None
    return None


def by_source(condition: Condition, source: OnSource) -> bool | None:
    """Whether a condition holds for all messages from a source, or for none; ``None`` if the source does not decide."""
    if isinstance(condition, Always):
        return True
    if isinstance(condition, FromSource):
        return condition.takes(source)
    if isinstance(condition, Negated):
        inner = by_source(condition.of, source)
        return None if inner is None else not inner
    if isinstance(condition, AllOf | AnyOf):
        decides = isinstance(condition, AnyOf)
        every = [by_source(part, source) for part in condition.parts]
        return decides if decides in every else None if None in every else not decides
    return None

"""At which moments of a week a condition may hold, and at which it certainly does, as far as hours and days decide.

A moment is a minute of the week by the clocks of a zone together with whether a calendar has that day and the one
before off: more than dates that there are, and never fewer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from chatapp_cli.domain.condition import (
    MINUTES_OF_DAY,
    WEEKDAYS,
    AllOf,
    Always,
    AnyOf,
    Condition,
    DayKind,
    Negated,
    WithinHours,
)
from chatapp_cli.domain.working_days import PLAIN_WEEK, SATURDAY, WorkingCalendar

_WEEK: Final = len(WEEKDAYS) * MINUTES_OF_DAY
_DAYS_OFF: Final = ((False, False), (False, True), (True, False), (True, True))
"""Whether the day before and the day itself are off."""
_EVERY: Final = (1 << _WEEK * len(_DAYS_OFF)) - 1


class _Clock(NamedTuple):
    zone: str
    calendar: WorkingCalendar


class _Moments(NamedTuple):
    certain: int
    """One bit for each moment at which the condition holds whatever else there is."""
    possible: int
    """One bit for each moment at which it can hold."""


_UNKNOWN: Final = _Moments(0, _EVERY)


def never(condition: Condition) -> bool:
    """Whether there is certainly no time at which a condition holds."""
    return any(not _moments(condition, clock).possible for clock in _clocks(condition))


def implied(one: Condition, other: Condition) -> bool:
    """Whether the other certainly holds at every time at which the one can."""
    return any(not _moments(one, clock).possible & ~_moments(other, clock).certain for clock in _clocks(other))


def timed(conditions: Sequence[Condition]) -> Sequence[Condition]:
    """Those of the conditions that ask for a time."""
    return [condition for condition in conditions if _clocks(condition)]


def _clocks(condition: Condition) -> Sequence[_Clock]:
    return list(dict.fromkeys(_Clock(hours.zone_name, hours.calendar) for hours in _hours(condition)))


def _hours(condition: Condition) -> Iterator[WithinHours]:
    if isinstance(condition, WithinHours):
        yield condition
    elif isinstance(condition, Negated):
        yield from _hours(condition.of)
    elif isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from _hours(part)


def _moments(condition: Condition, clock: _Clock) -> _Moments:
    if isinstance(condition, Always):
        return _Moments(_EVERY, _EVERY)
    if isinstance(condition, Negated):
        of = _moments(condition.of, clock)
        return _Moments(_EVERY & ~of.possible, _EVERY & ~of.certain)
    if isinstance(condition, AllOf | AnyOf):
        return _of_several(condition, clock)
    if not isinstance(condition, WithinHours) or condition.zone_name != clock.zone:
        return _UNKNOWN
    if condition.day is DayKind.ANY or condition.calendar in {PLAIN_WEEK, clock.calendar}:
        found = _bits(condition)
        return _Moments(found, found)
    return _Moments(0, _repeated(condition.minutes_of_week()))


def _of_several(condition: AllOf | AnyOf, clock: _Clock) -> _Moments:
    every = isinstance(condition, AllOf)
    certain, possible = (_EVERY, _EVERY) if every else (0, 0)
    for part in condition.parts:
        found = _moments(part, clock)
        certain = certain & found.certain if every else certain | found.certain
        possible = possible & found.possible if every else possible | found.possible
    return _Moments(certain, possible)


def _repeated(week: int) -> int:
    return sum(week << number * _WEEK for number in range(len(_DAYS_OFF)))


@lru_cache(1024)  # each rule is compared with every other
def _bits(hours: WithinHours) -> int:
    found = 0
    for number, (before, today) in enumerate(_DAYS_OFF):
        for start, length in _pieces(hours, off_before=before, off_today=today):
            found |= ((1 << length) - 1) << (number * _WEEK + start)
    return found


def _pieces(hours: WithinHours, *, off_before: bool, off_today: bool) -> Iterator[tuple[int, int]]:
    """The minute at which each piece of these hours begins, and its length; what is after midnight is one of its own.

    Its day is then the one before.
    """
    for weekday in range(len(WEEKDAYS)):
        midnight, next_midnight = weekday * MINUTES_OF_DAY, (weekday + 1) * MINUTES_OF_DAY % _WEEK
        for span in hours.spans:
            if _begins(hours, weekday, off=off_today):
                yield midnight + span.start, (MINUTES_OF_DAY if span.overnight else span.end) - span.start
            if span.overnight and _begins(hours, weekday, off=off_before):
                yield next_midnight, span.end


def _begins(hours: WithinHours, weekday: int, *, off: bool) -> bool:
    if weekday not in hours.weekdays or hours.day is DayKind.ANY:
        return weekday in hours.weekdays
    if hours.calendar == PLAIN_WEEK:
        off = weekday >= SATURDAY
    return off is (hours.day is DayKind.OFF)

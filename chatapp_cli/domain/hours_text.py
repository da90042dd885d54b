"""Hours and days as people write them: ``mon-fri 09:00-13:00, 14:00-18:00; sat 10:00-15:00``, ``пн-пт 9:00-18:00``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from chatapp_cli.domain import written_time
from chatapp_cli.domain.condition import MINUTES_OF_DAY, WEEKDAYS, TimeSpan
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.opening_hours import Spans
from chatapp_cli.domain.text import T

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""How days are named, Monday first."""
_RUSSIAN: Final = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
_CLOSED: Final = frozenset({"off", "closed", "выходной", "закрыто"})
_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_SPANS: Final = T("Such as: 09:00-18:00, 22:00-06:00; a whole day is 00:00-24:00")
_WEEK: Final = T("Such as: mon-fri 09:00-13:00, 14:00-18:00; sat 10:00-15:00")
_OWN_DAYS: Final = T("Such as: 2026-12-31 10:00-14:00; 2027-01-11 off")
_MINUTES: Final = 60


def span(said: str, field: str = "hours") -> TimeSpan:
    """A span of hours. Raises UsageError."""
    found = _SPAN.fullmatch(said.strip())
    if found is None:
        raise UsageError(T("{said} is no span of hours.", said=said), _SPANS, field=field)
    first, past, last, left = map(int, found.groups())
    start, end = first * _MINUTES + past, last * _MINUTES + left
    if max(past, left) >= _MINUTES or start >= MINUTES_OF_DAY or end > MINUTES_OF_DAY:
        raise UsageError(T("{said} is no span of hours.", said=said), _SPANS, field=field)
    if start == end:
        raise UsageError(T("{said} is empty: it ends when it begins.", said=said), _SPANS, field=field)
    return TimeSpan(start, end)


def weekdays(said: str) -> Sequence[int]:
    """The weekdays of a name or a range of them such as ``fri-mon``, 0 for Monday; empty if they are none."""
    begin, _, end = said.strip().lower().replace("–", "-").partition("-")
    first, last = _number(begin), _number(end or begin)
    if first is None or last is None:
        return ()
    return [(first + step) % len(DAYS) for step in range((last - first) % len(DAYS) + 1)]


def _number(day: str) -> int | None:
    return next((names.index(day.strip()) for names in (DAYS, _RUSSIAN) if day.strip() in names), None)


def week(said: str, field: str = "hours") -> Sequence[Spans]:
    """The hours of each weekday, Monday first. Raises UsageError."""
    found: dict[int, Spans] = {}
    for part in _parts(said):
        days, hours = _divided(part, field)
        for day in days:
            if day in found:
                raise UsageError(T("{day} has its hours twice.", day=WEEKDAYS[day]), _WEEK, field=field)
            found[day] = hours
    if not any(found.values()):
        raise UsageError(T("These hours are never open."), _WEEK, field=field)
    return [found.get(day, ()) for day in range(len(DAYS))]


def _divided(part: str, field: str) -> tuple[Sequence[int], Spans]:
    """The days and the hours of a part of a week."""
    named, _, hours = part.partition(" ")
    days = [day for one in named.split(",") for day in weekdays(one)]
    if not days or not all(map(weekdays, named.split(","))):
        raise UsageError(T("{said} names no days.", said=part), _WEEK, field=field)
    return days, _spans(hours or "00:00-24:00", field)


def _spans(said: str, field: str) -> Spans:
    """One behind the other, as they are on a day. Raises UsageError for spans that overlap."""
    if said.strip().lower() in _CLOSED:
        return ()
    found = sorted(span(one, field) for one in said.split(","))
    for one, following in pairwise(found):
        if one.overnight or following.start < one.end:
            raise UsageError(T("{one} and {other} overlap.", one=str(one), other=str(following)), _SPANS, field=field)
    return tuple(found)


def own_days(said: str, field: str = "days") -> Mapping[date, Spans]:
    """Dates with the hours that they have, or ``off``. Raises UsageError."""
    found: dict[date, Spans] = {}
    for part in _parts(said):
        written, _, hours = part.partition(" ")
        day = written_time.day(written, field)
        if day in found:
            raise UsageError(T("{day} has its hours twice.", day=written), _OWN_DAYS, field=field)
        if not hours:
            raise UsageError(T("{day} has no hours.", day=written), _OWN_DAYS, field=field)
        found[day] = _spans(hours, field)
    return found


def _parts(said: str) -> Iterator[str]:
    """What stands between semicolons, with nothing around a dash or behind a comma between days."""
    closed_up = re.sub(r"\s*[-–]\s*", "-", re.sub(r",\s+(?=[^\W\d])", ",", said))
    return filter(None, map(str.strip, closed_up.split(";")))

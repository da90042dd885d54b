"""When rules run by the clock: at times of some days, or again and again; each line by its own clocks and calendar.

People write ``09:00 mon-fri``, ``09:00, 18:00 working``, ``10:00`` for every day, or ``every 30m``; in Russian
``09:00 пн-пт``, ``09:00 рабочие``, ``каждые 30м``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from chatapp_cli.domain.condition import WEEKDAYS, DayKind
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.hours_text import DAYS, weekdays
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import utc
from chatapp_cli.domain.text import T
from chatapp_cli.domain.working_days import PLAIN_WEEK, WorkingCalendar

EVERY: Final = "every"
_AGAIN: Final = frozenset({EVERY, "каждые", "каждый", "каждую"})
_KINDS: Final = {
    **{kind.value: kind for kind in (DayKind.WORKING, DayKind.OFF)},
    **dict.fromkeys(("рабочие", "по рабочим"), DayKind.WORKING),
    **dict.fromkeys(("выходные", "по выходным"), DayKind.OFF),
}
"""What people call days by which a calendar decides."""
LEAST: Final = 5
"""Minutes between two times of a rule that runs again and again."""
MOST: Final = 24 * 60
_MOST_TIMES: Final = 24
_MINUTE: Final = 60_000
_MINUTES: Final = {"m": 1, "м": 1, "h": 60, "ч": 60}
_DAY: Final = timedelta(days=1)
_AHEAD: Final = 400
"""Days that are looked through for the next time: a year with its holidays."""
_SPAN: Final = re.compile(r"([1-9][0-9]{0,3})\s*(?:([mм])(?:in|ин)?|([hч]))")
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_EXAMPLE: Final = T("Such as: 09:00 mon-fri; 09:00, 18:00 working; every 30m")


@dataclass(frozen=True, slots=True)
class ClockOfLine:
    """By whose clocks a line lives, and which days are working days there."""

    zone: tzinfo
    calendar: WorkingCalendar = PLAIN_WEEK


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleClock:
    """The times of a rule."""

    every: int = 0
    """Minutes between two times, counted from midnight in UTC; 0: at ``times``."""
    times: Sequence[time] = ()
    days: AbstractSet[int] = frozenset(range(7))
    """0 is Monday."""
    kind: DayKind = DayKind.ANY

    def __str__(self) -> str:
        if self.every:
            return f"{EVERY} {self.every}m"
        times = ", ".join(f"{one:%H:%M}" for one in self.times)
        if self.kind is not DayKind.ANY:
            return f"{times} {self.kind.value}"
        if len(self.days) == len(WEEKDAYS):
            return times
        return f"{times} {','.join(DAYS[one] for one in sorted(self.days))}"

    def after(self, since: Millis, there: ClockOfLine) -> Millis | None:
        """The first time after a moment; ``None``: none within a year."""
        if self.every:
            span = self.every * _MINUTE
            return (since // span + 1) * span
        first = utc(since).astimezone(there.zone).date() - _DAY
        days = (first + number * _DAY for number in range(_AHEAD))
        return next((at for day in days for at in self._of_day(day, there) if at > since), None)

    def between(self, since: Millis, until: Millis, there: ClockOfLine, *, most: int) -> list[Millis]:
        """The times after a moment up to another, in order; if they are more than ``most``, the last ones are left out.

        So that of a desk that was down for a year not each is counted.
        """
        found: list[Millis] = []
        at = self.after(since, there)
        while at is not None and at <= until and len(found) < most:
            found.append(at)
            at = self.after(at, there)
        return found

    def last(self, since: Millis, until: Millis, there: ClockOfLine) -> Millis | None:
        """The last time after a moment up to another; ``None``: there is none."""
        if self.every:
            span = self.every * _MINUTE
            at = until // span * span
            return at if at > since else None
        day = utc(until).astimezone(there.zone).date() + _DAY
        while day >= utc(since).astimezone(there.zone).date() - _DAY:
            for at in reversed(list(self._of_day(day, there))):
                if at <= until:
                    return at if at > since else None
            day -= _DAY
        return None

    def _of_day(self, day: date, there: ClockOfLine) -> Iterator[Millis]:
        """The times of a day. One that the clocks skip is an hour later, and one that they show twice counts once."""
        if self._takes(day, there.calendar):
            yield from sorted(_moment(day, one, there.zone) for one in self.times)

    def _takes(self, day: date, calendar: WorkingCalendar) -> bool:
        if self.kind is DayKind.ANY:
            return day.weekday() in self.days
        return calendar.is_off(day) is (self.kind is DayKind.OFF)


def _moment(day: date, at: time, zone: tzinfo) -> Millis:
    return round(datetime.combine(day, at, zone).astimezone(UTC).timestamp() * 1000)


def understood(said: str) -> RuleClock:
    """The times that people wrote. Raises UsageError."""
    words = " ".join(said.split())
    first, _, rest = words.partition(" ")
    if first.lower() in _AGAIN:
        return RuleClock(every=_span(rest, said))
    times: list[time] = []
    while found := _TIME.match(words):
        times.append(time(int(found[1]), int(found[2])))
        words = words[found.end() :].lstrip(" ").removeprefix(",").lstrip(" ")
    if not times or len(times) > _MOST_TIMES:
        raise _wrong(said)
    kind, days = _days(words, said)
    return RuleClock(times=tuple(sorted(set(times))), kind=kind, days=days)


def _span(said: str, whole: str) -> int:
    found = _SPAN.fullmatch(said.strip().lower())
    minutes = int(found[1]) * _MINUTES[found[2] or found[3]] if found else 0
    if not found:
        raise _wrong(whole)
    if not LEAST <= minutes <= MOST:
        raise UsageError(
            T("{said} is too often or too rare.", said=whole),
            T("Take from {least} minutes to {most} hours.", least=LEAST, most=MOST // 60),
            field="at",
        )
    return minutes


def _days(said: str, whole: str) -> tuple[DayKind, frozenset[int]]:
    word = said.strip().lower()
    if word in _KINDS:
        return _KINDS[word], frozenset(range(7))
    named = [weekdays(one) for one in word.split(",") if one.strip()]
    if not all(named):
        raise _wrong(whole)
    return DayKind.ANY, frozenset(day for one in named for day in one) or frozenset(range(7))


def _wrong(said: str) -> UsageError:
    return UsageError(T("{said} is no time of a rule.", said=said or "—"), _EXAMPLE, field="at")

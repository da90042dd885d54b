"""When somebody is there: hours of each weekday with breaks, by the clocks of a zone, holidays, and days of their own.

What is after midnight belongs to the day on which the span began. When the clocks go back, a span ends at the first of
two moments that they show alike; an hour that they skip does not occur.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from chatapp_cli.domain.condition import MINUTES_OF_DAY, WEEKDAYS, TimeSpan, WallClock
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import utc
from chatapp_cli.domain.text import T, Text
from chatapp_cli.domain.working_days import PLAIN_WEEK, SATURDAY, WorkingCalendar

Spans: TypeAlias = tuple[TimeSpan, ...]
AHEAD: Final = 400
"""Days that are looked through for the next opening: a year with its holidays."""
_DAY: Final = timedelta(days=1)
_MINUTE: Final = 60_000
_TWO_WEEKS: Final = 14 * 86_400_000


class OpenTime(NamedTuple):
    """A time without interruption during which somebody is there."""

    start: Millis
    end: Millis


class OpenState(NamedTuple):
    """Whether somebody is there, and until when that lasts."""

    is_open: bool
    until: Millis | None
    """``None``: for at least a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """The hours of a line, as a value."""

    zone: tzinfo = field(compare=False)
    zone_name: str
    week: Sequence[Spans]
    """Those of each weekday, Monday first; without any it is closed."""
    calendar: WorkingCalendar | None = None
    """Which days are off; ``None``: the weekdays alone decide."""
    days: Mapping[date, Spans] = field(default_factory=lambda: MappingProxyType({}))
    """Days of their own, which go before week and calendar; without hours it is closed."""

    def of_day(self, day: date) -> Spans:
        """The hours that begin on a day."""
        if day in self.days:
            return self.days[day]
        own = self.week[day.weekday()]
        if self.calendar is None:
            return own
        if day in self.calendar.working:
            return own or self._usual
        return () if self._is_holiday(day) else own

    @property
    def _usual(self) -> Spans:
        """The hours of the first weekday that has any: those of a Saturday that is worked in place of it."""
        return next(filter(None, self.week), ())

    def _is_holiday(self, day: date) -> bool:
        """Whether a calendar has a day off for another reason than the weekend, of which the hours themselves tell."""
        assert self.calendar is not None
        return day in self.calendar.off or (day.month, day.day) in self.calendar.holidays

    def why(self, day: date) -> Text:
        """Why a day has the hours that it has, in words."""
        if day in self.days:
            return self._own_why(day)
        known = self.calendar or PLAIN_WEEK
        if self.of_day(day) and day.weekday() >= SATURDAY and day not in known.working:
            return T("weekend, with hours of the week")
        return known.why(day)

    def _own_why(self, day: date) -> Text:
        """What the own hours of a day stand in place of."""
        usual = replace(self, days={}).of_day(day)
        if not self.days[day]:
            return T("a day off of its own") if usual else T("a day off of its own, and off anyhow")
        if not usual:
            return T("a day with hours of its own, otherwise closed")
        return T("a day with hours of its own, otherwise {hours}", hours=", ".join(map(str, usual)))

    def openings(self, since: Millis) -> Iterator[OpenTime]:
        """The openings that end after a time, in order and without gaps between two that touch; at most a year's."""
        found: OpenTime | None = None
        for one in self._pieces(since):
            if found is not None and one.start <= found.end:
                found = OpenTime(found.start, max(found.end, one.end))
                continue
            if found is not None:
                yield found
            found = one
        if found is not None:
            yield found

    def _apart(self, since: Millis) -> Iterator[OpenTime]:
        """What is open after a time, piece by piece: none overlap, some touch."""
        end = since
        for one in self._pieces(since):
            if one.end > end:
                yield OpenTime(max(one.start, end), one.end)
                end = one.end

    def _pieces(self, since: Millis) -> Iterator[OpenTime]:
        first = utc(since).astimezone(self.zone).date() - _DAY
        for number in range(AHEAD):
            day = first + number * _DAY
            for span in self.of_day(day):
                end = self._at(day + _DAY if span.overnight else day, span.end)
                if (start := self._at(day, span.start)) < end and end > since:
                    yield OpenTime(start, end)

    def _at(self, day: date, minute: int) -> Millis:
        """When the clocks of the zone first show a minute of a day; one that they skip is where they skip it."""
        days, rest = divmod(minute, MINUTES_OF_DAY)
        wall = datetime.combine(day + days * _DAY, time(rest // 60, rest % 60), self.zone)
        return round(wall.astimezone(UTC).timestamp() * 1000)

    def surely(self, at: Millis) -> OpenState:
        """Whether it is open at a time, and until when at least: without looking further, as that may last longer."""
        coming = next(self._pieces(at), None)
        if coming is None:
            return OpenState(is_open=False, until=None)
        is_open = coming.start <= at
        return OpenState(is_open, coming.end if is_open else coming.start)

    def state(self, at: Millis) -> OpenState:
        """Whether it is open at a time, and when that changes."""
        coming = next(self.openings(at), None)
        if coming is None:
            return OpenState(is_open=False, until=None)
        if coming.start > at:
            return OpenState(is_open=False, until=coming.start)
        last = at + (AHEAD - 2) * MINUTES_OF_DAY * _MINUTE
        return OpenState(is_open=True, until=None if coming.end >= last else coming.end)

    def closed_since(self, at: Millis) -> Millis | None:
        """When it last closed before a time at which it is closed; ``None``: not within two weeks."""
        closed = None
        for one in self.openings(at - _TWO_WEEKS):
            if one.end > at:
                break
            closed = one.end
        return closed

    def minutes(self, since: Millis, until: Millis) -> int:
        """The whole minutes during which it was open between two times."""
        total = 0
        for one in self._apart(since):
            if one.start >= until:
                break
            total += min(one.end, until) - one.start
        return total // _MINUTE

    def after(self, since: Millis, minutes: int) -> Millis | None:
        """When it will have been open for so many minutes; ``None``: not within a year."""
        left = minutes * _MINUTE
        for one in self._apart(since):
            if one.end - one.start >= left:
                return one.start + left
            left -= one.end - one.start
        return None

    def clock(self, at: Millis) -> WallClock:
        """What the clocks of the zone show."""
        here = utc(at).astimezone(self.zone)
        return WallClock(here.date(), here.hour * 60 + here.minute)


def moment_in_words(hours: OpeningHours, at: Millis, now: Millis) -> Text:
    """A moment as somebody says it who is asked when it opens: the hour alone today, else the weekday and date."""
    there, here = hours.clock(at), hours.clock(now)
    shown = f"{there.minute // 60:02}:{there.minute % 60:02}"
    if there.day == here.day:
        return Text("{clock}", {"clock": shown})
    if there.day - here.day < timedelta(days=len(WEEKDAYS)):
        return Text("{weekday} {clock}", {"weekday": WEEKDAYS[there.day.weekday()], "clock": shown})
    return Text("{date} {clock}", {"date": f"{there.day:%d.%m.%Y}", "clock": shown})


_ON_WEEKDAYS: Final = (
    T("on Monday at {clock}"),
    T("on Tuesday at {clock}"),
    T("on Wednesday at {clock}"),
    T("on Thursday at {clock}"),
    T("on Friday at {clock}"),
    T("on Saturday at {clock}"),
    T("on Sunday at {clock}"),
)


def opening_in_words(hours: OpeningHours, now: Millis) -> Text | None:
    """When it opens next, as a client is told in a sentence; ``None``: not within a year."""
    state = hours.state(now)
    if state.is_open or state.until is None:
        return T("now") if state.is_open else None
    there, here = hours.clock(state.until), hours.clock(now)
    clock = f"{there.minute // 60:02}:{there.minute % 60:02}"
    days = (there.day - here.day).days
    if days < 2:  # noqa: PLR2004 - today and tomorrow have words of their own
        return T("tomorrow at {clock}", clock=clock) if days else T("today at {clock}", clock=clock)
    if days < len(WEEKDAYS):
        return Text(_ON_WEEKDAYS[there.day.weekday()].msgid, {"clock": clock})
    return T("on {date} at {clock}", date=f"{there.day:%d.%m.%Y}", clock=clock)


def state_in_words(hours: OpeningHours, now: Millis) -> Text:
    """Whether it is open now, and until when: «closed until Mon 09:00»."""
    state = hours.state(now)
    if state.until is None:
        return T("always open") if state.is_open else T("closed for the whole year")
    until = moment_in_words(hours, state.until, now)
    return T("open until {time}", time=until) if state.is_open else T("closed until {time}", time=until)


def state_with_zone(hours: OpeningHours, now: Millis) -> Text:
    """The same with the zone by whose clocks it is."""
    return Text("{state} ({zone})", {"state": state_in_words(hours, now), "zone": hours.zone_name})

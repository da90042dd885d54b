"""The working hours of a line, by its options or those of the company."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from chatapp_cli.domain import hours_text, written_time, zones
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import LineId, Millis
from chatapp_cli.domain.opening_hours import OpeningHours, OpenState, Spans, opening_in_words, state_with_zone
from chatapp_cli.domain.rule_clock import ClockOfLine
from chatapp_cli.domain.text import Text
from chatapp_cli.domain.working_days import PLAIN_WEEK, WorkingCalendar
from chatapp_cli.i18n import show
from chatapp_cli.services.calendars import FOLDER, calendar
from chatapp_cli.services.options import Options, OptionScope
from chatapp_cli.store.tx import Tx

NO_CALENDAR: Final = "none"
MOST: Final = 366
"""Days that are shown at once."""


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """Reads the working hours that lines have."""

    options: Options
    folder: Path | None = None
    """Where the company keeps calendars of its own."""

    def of(self, tx: Tx, line: LineId | None = None) -> OpeningHours | None:
        """The hours of a line, or of the company; ``None``: always. Raises UsageError for a bad calendar."""
        hours = self.options.text(tx, "hours", OptionScope(line=line))
        return self._read(tx, hours, "", line) if hours else None

    def personal(self, tx: Tx, hours: str, zone: str, line: LineId | None = None) -> OpeningHours | None:
        """Somebody's own hours on the working days of a line; empty ones: those of the line. Raises as the above.

        Without a zone they are by the clocks of the line.
        """
        return self._read(tx, hours, zone, line) if hours else self.of(tx, line)

    def _read(self, tx: Tx, hours: str, zone: str, line: LineId | None) -> OpeningHours:
        scope = OptionScope(line=line)
        zone = zone or self.options.text(tx, "hours_zone", scope)
        return OpeningHours(
            zone=zones.zone_of(zone),
            zone_name=zone,
            week=hours_text.week(hours),
            calendar=self._calendar(self.options.text(tx, "hours_calendar", scope)),
            days=hours_text.own_days(self.options.text(tx, "hours_days", scope)),
        )

    def clock(self, tx: Tx, line: LineId) -> ClockOfLine:
        """By whose clocks a line lives and when it works, also if it has no hours. Raises UsageError as ``of`` does.

        A day with hours of its own is a working day, and one without is off, whatever the calendar says.
        """
        scope = OptionScope(line=line)
        known = self._calendar(self.options.text(tx, "hours_calendar", scope)) or PLAIN_WEEK
        own = hours_text.own_days(self.options.text(tx, "hours_days", scope))
        worked = {day for day, spans in own.items() if spans}
        calendar = replace(known, off=(known.off | own.keys()) - worked, working=(known.working - own.keys()) | worked)
        return ClockOfLine(zones.zone_of(self.options.text(tx, "hours_zone", scope)), calendar)

    def _calendar(self, name: str) -> WorkingCalendar | None:
        return None if name in {"", NO_CALENDAR} else calendar(name, self.folder)

    def state(self, tx: Tx, line: LineId | None = None) -> Text | None:
        """Whether a line is open now and until when, in words with the zone; ``None``: it has no hours."""
        try:
            hours = self.of(tx, line)
        except UsageError as error:
            return error.what
        return None if hours is None else state_with_zone(hours, tx.now)


@dataclass(slots=True)
class HoursOfLines:
    """The hours of lines, each looked up once, and whether they are open, remembered until that may change.

    For as long as nobody changes the hours: a transaction. Both raise UsageError for a line with a bad calendar.
    """

    find: Callable[[LineId], OpeningHours | None]
    """Looks them up; ``None``: always open."""
    _found: dict[LineId, OpeningHours | None] = field(default_factory=dict)
    _states: dict[LineId, tuple[Millis, OpenState]] = field(default_factory=dict)
    """Since when they are known, and until when."""

    def __call__(self, line: LineId) -> OpeningHours | None:
        """The hours of a line; ``None``: always open."""
        if line not in self._found:
            self._found[line] = self.find(line)
        return self._found[line]

    def is_open(self, line: LineId, at: Millis) -> bool:
        """Whether a line is open at a time."""
        hours = self(line)
        return hours is None or self._state(line, hours, at).is_open

    def _state(self, line: LineId, hours: OpeningHours, at: Millis) -> OpenState:
        """How a line stands at a time; remembered for as long as that is so."""
        since, known = self._states.get(line, (at, None))
        if known is None or known.until is None or not since <= at < known.until:
            known = hours.surely(at)
            self._states[line] = at, known
        return known


def opening(tx: Tx, options: Options, folder: Path, line: LineId) -> str:
    """When a line opens next, as a client is told; empty: it has no hours, or nobody knows."""
    try:
        hours = of_company(options, folder).of(tx, line)
    except UsageError:
        return ""
    words = None if hours is None else opening_in_words(hours, tx.now)
    return "" if words is None else show(words)


def of_company(options: Options, folder: Path) -> BusinessHours:
    """Reads the hours of a company's lines; its own calendars are kept in its folder."""
    return BusinessHours(options, folder / FOLDER)


def moment(said: str, hours: OpeningHours | None) -> Millis:
    """A time by the clocks of a line, or of this machine if it has none. Raises UsageError."""
    meant = written_time.parsed(said)
    if meant.tzinfo is not None or hours is None:
        return written_time.millis(meant)
    return written_time.in_zone(meant, hours.zone, hours.zone_name, said)


def require_calendar(folder: Path, changes: Mapping[str, str]) -> None:
    """Raise UsageError for options that name a calendar which is not there or cannot be read."""
    if (name := changes.get("hours_calendar", "")) not in {"", NO_CALENDAR}:
        calendar(name, folder / FOLDER)


class DayOfHours(NamedTuple):
    """A day as the calendar of a line shows it."""

    day: date
    spans: Spans
    why: Text


def days(hours: OpeningHours, since: Millis, n: int) -> Iterator[DayOfHours]:
    """The hours of so many days from that of a time on, each with its reason."""
    first = hours.clock(since).day
    for day in (first + timedelta(days=number) for number in range(n)):
        yield DayOfHours(day, hours.of_day(day), hours.why(day))

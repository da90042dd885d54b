"""Which days people work on: weekends, public holidays, and the days that a government moves."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from chatapp_cli.domain.text import T, Text

SATURDAY: Final = 5
"""The first day of a weekend, counted from Monday as 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """The working days of a country or company, as a value."""

    name: str = ""
    """What people call it, such as ``ru``; empty for the plain week."""
    holidays: AbstractSet[tuple[int, int]] = frozenset()
    """Month and day of what is off in every year."""
    names: Mapping[tuple[int, int], str] = field(default_factory=dict, compare=False)
    """What those are called, as far as the calendar says it."""
    off: AbstractSet[date] = frozenset()
    """Other days off: moved ones, and holidays of one year."""
    working: AbstractSet[date] = frozenset()
    """Days on which people work although the week or a holiday says otherwise."""
    years: AbstractSet[int] = frozenset()
    """The years whose moved days are known."""

    def is_off(self, day: date) -> bool:
        """Whether nobody works on a day."""
        if day in self.working:
            return False
        return day in self.off or day.weekday() >= SATURDAY or (day.month, day.day) in self.holidays

    def why(self, day: date) -> Text:
        """What kind of day it is and by what, in words."""
        if self.name and day.year not in self.years:
            return T("{kind} (moved days of {year} are not known)", kind=self._kind(day), year=day.year)
        return self._kind(day)

    def _kind(self, day: date) -> Text:
        if day in self.working:
            return T("working day, moved")
        if (day.month, day.day) in self.holidays:
            name = self.names.get((day.month, day.day))
            return T("public holiday: {name}", name=name) if name else T("public holiday")
        if day.weekday() >= SATURDAY:
            return T("weekend")
        return T("day off, moved") if day in self.off else T("working day")


PLAIN_WEEK: Final = WorkingCalendar()
"""Monday to Friday, without holidays."""

"""Who is there to be given a dialog, and why somebody is not (K-06)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from chatapp_cli.domain.condition import WEEKDAYS
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import utc
from chatapp_cli.domain.text import T, Text
from chatapp_cli.domain.zones import zone_of


class Distribution(StrEnum):
    """How a line gives waiting dialogs to its operators (K-06)."""

    OFF = "off"
    EVENLY = "evenly"
    """To whoever was given one longest ago."""
    IN_ORDER = "in_order"
    """To the first who is there."""
    ALL = "all"
    """To nobody: everybody is told, and the first to take it has it."""


class Absence(StrEnum):
    """Why an operator is given nothing."""

    DISABLED = "disabled"
    """The account cannot log in."""
    AWAY = "away"
    """They said so."""
    OUTSIDE = "outside"
    """It is outside their working hours, or those of the line if they have none of their own."""
    FULL = "full"
    """As many dialogs wait for them as their limit allows; they still answer these."""


class Attendance(NamedTuple):
    """Whether an operator is there for a line."""

    operator: str
    absence: Absence | None
    """``None``: they are there."""
    since: Millis | None
    """Since when they are not; ``None``: not known, or they are there."""
    until: Millis | None
    """When that ends by itself; ``None``: not known."""
    reason: str
    """What they are away for, in their own words; may be empty."""
    waiting: int
    """The dialogs that wait for an answer of theirs, in all lines."""
    most: int
    """How many may; 0: any number."""
    hours: str = ""
    """Working hours of their own, as they were typed; empty: those of the line."""
    zone: str = ""
    """The time zone of these; empty: that of the line."""

    @property
    def left(self) -> bool:
        """Whether they do not answer at all, rather than only get nothing new."""
        return self.absence is not None and self.absence is not Absence.FULL


def in_words(one: Attendance, clock: Callable[[Millis], str]) -> Text:
    """Whether somebody is there, as colleagues are told; ``clock`` shows a moment."""
    if one.absence is Absence.AWAY:
        return away_in_words(one.until, one.reason, clock)
    if one.absence is Absence.OUTSIDE:
        return T("outside working hours") if one.until is None else _works_from(one, one.until, clock)
    if one.absence is Absence.FULL:
        return T("full: {n} of {most} wait", n=one.waiting, most=one.most)
    return T("disabled") if one.absence is Absence.DISABLED else T("present")


def _works_from(one: Attendance, until: Millis, clock: Callable[[Millis], str]) -> Text:
    """When somebody works again: by the clocks of a zone of their own, whose name is told, if they have one."""
    if not one.zone:
        return T("works from {time}", time=clock(until))
    there = utc(until).astimezone(zone_of(one.zone))
    time = Text("{weekday} {time}", {"weekday": WEEKDAYS[there.weekday()], "time": f"{there:%d.%m %H:%M}"})
    return T("works from {time} ({zone})", time=time, zone=one.zone)


def away_in_words(until: Millis | None, reason: str, clock: Callable[[Millis], str]) -> Text:
    """Until when somebody is away, and what for."""
    if until is None:
        return T("away: {reason}", reason=reason) if reason else T("away")
    if reason:
        return T("away until {time}: {reason}", time=clock(until), reason=reason)
    return T("away until {time}", time=clock(until))

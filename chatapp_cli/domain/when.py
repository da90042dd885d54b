"""Parses times that people give for a message: ``18:30``, ``+30m``, ``завтра 9:00``, ``2026-12-01 10:00``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import utc
from chatapp_cli.domain.text import T, Text

_IN: Final = re.compile(r"\+(?:(\d+)[dд])?(?:(\d+)[hч])?(?:(\d+)[mм])?")
_IN_WORDS: Final = re.compile(r"(?:через|in)\s+(?:(\d+)\s+)?(мин|minute|час|hour|д|day|недел|week)[a-zа-яё]*")
_UNITS: Final = {
    **dict.fromkeys(("мин", "minute"), timedelta(minutes=1)),
    **dict.fromkeys(("час", "hour"), timedelta(hours=1)),
    **dict.fromkeys(("д", "day"), timedelta(days=1)),
    **dict.fromkeys(("недел", "week"), timedelta(weeks=1)),
}
_DAY: Final = re.compile(r"(?:(?:во?\s+|on\s+)?(?!at\b)([a-zа-яё]{2,})\s+)?(в\s+|at\s+)?(\d{1,2})(?::(\d{2}))?")
_DAYS: Final = {"": 0, "today": 0, "сегодня": 0, "tomorrow": 1, "завтра": 1, "послезавтра": 2}
_WEEK: Final = (
    ("понедельник", "пн", "monday"),
    ("вторник", "вт", "tuesday"),
    ("среда", "среду", "ср", "wednesday"),
    ("четверг", "чт", "thursday"),
    ("пятница", "пятницу", "пт", "friday"),
    ("суббота", "субботу", "сб", "saturday"),
    ("воскресенье", "вс", "sunday"),
)
_BEYOND: Final = (OverflowError, ValueError, OSError)
"""Python's errors for times beyond its calendar."""
_EXAMPLES: Final = T("Such as: 18:30, +30m, tomorrow 9:00, 2026-12-01 10:00")


def when(text: str, *, now: Millis, zone: tzinfo | None = None) -> Millis:
    """Parse a future time, in ``zone`` or the machine's own. Raises UsageError."""
    here = datetime.fromtimestamp(now / 1000, zone)
    try:
        at = _ahead(text.strip(), here, zone)
    except _BEYOND as error:
        raise _wrong(T("{said} is not a time.", said=text)) from error
    if at is None:
        raise _wrong(T("{said} is not a time.", said=text))
    if at <= now:
        raise _wrong(T("{said} is in the past.", said=text))
    return at


def _ahead(text: str, here: datetime, zone: tzinfo | None) -> Millis | None:
    words = text.lower()
    meant = _after(words, here) or _after_words(words, here) or _on_a_day(words, here) or _written_out(text)
    return None if meant is None else _millis(_placed(meant, zone, text))


def since(text: str, *, now: Millis, zone: tzinfo | None = None) -> Millis:
    """Parse a past time: ``2h`` or ``1d12h`` ago, or a date and time. Raises UsageError."""
    try:
        at = _ago(text.strip(), datetime.fromtimestamp(now / 1000, UTC), zone)
    except _BEYOND:
        at = None
    if at is None:
        raise UsageError(T("{said} is not a time.", said=text), T("Such as: 2h, 1d, 2026-12-01 10:00"), field="since")
    return at


def _ago(text: str, here: datetime, zone: tzinfo | None) -> Millis | None:
    ahead = _after(f"+{text.lower()}", here)
    meant = here - (ahead - here) if ahead else _written_out(text)
    return None if meant is None else _millis(_placed(meant, zone, text))


def _millis(at: datetime) -> Millis:
    """Raises OverflowError for a time outside the calendar of any zone."""
    found = round(at.timestamp() * 1000)
    if round(utc(found).timestamp() * 1000) != found:
        raise OverflowError
    return found


def _wrong(what: Text) -> UsageError:
    return UsageError(what, _EXAMPLES, field="at")


def _after(words: str, here: datetime) -> datetime | None:
    found = _IN.fullmatch(words)
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return here.astimezone(UTC) + timedelta(days=days, hours=hours, minutes=minutes)


def _after_words(words: str, here: datetime) -> datetime | None:
    found = _IN_WORDS.fullmatch(words)
    return None if found is None else here.astimezone(UTC) + int(found[1] or 1) * _UNITS[found[2]]


def _on_a_day(words: str, here: datetime) -> datetime | None:
    found = _DAY.fullmatch(words)
    if found is None or not (found[1] or found[2] or found[4]):
        return None
    day = _days_ahead(found[1] or "", here)
    if day is None:
        return None
    minute = int(found[4] or 0)
    try:
        clock = here.replace(hour=int(found[3]), minute=minute, second=0, microsecond=0, tzinfo=None, fold=0)
    except ValueError:
        return None
    return clock + timedelta(days=day)


def _days_ahead(name: str, here: datetime) -> int | None:
    """Days until a named day: a day of the week means the next one, never today."""
    weekday = next((n for n, names in enumerate(_WEEK) if name in names), None)
    return _DAYS.get(name) if weekday is None else (weekday - here.weekday() - 1) % 7 + 1


def _written_out(words: str) -> datetime | None:
    try:
        return datetime.fromisoformat(words)
    except ValueError:
        return None


def _placed(meant: datetime, zone: tzinfo | None, text: str) -> datetime:
    """Add the zone to a wall clock time; a time that the clocks skip in spring does not exist."""
    if meant.tzinfo is not None:
        return meant
    placed = meant.replace(tzinfo=zone) if zone else meant
    if datetime.fromtimestamp(placed.timestamp(), zone).replace(tzinfo=None) != meant:
        raise _wrong(T("{said} does not exist: the clocks go forward then.", said=text))
    return placed

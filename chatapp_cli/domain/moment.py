"""Shows times within the range of a calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from chatapp_cli.domain.ids import Millis

_FIRST: Final[Millis] = -62_135_510_400_000
"""2 January of the year 1 in UTC, which exists in every time zone."""
_LAST: Final[Millis] = 253_402_214_399_000
"""The end of 30 December 9999, in UTC."""


def utc(at: Millis) -> datetime:
    """A time in UTC; never raises: beyond the calendar's range it is the end of that range."""
    return datetime.fromtimestamp(max(_FIRST, min(at, _LAST)) / 1000, UTC)


def local(at: Millis) -> datetime:
    """A time in this machine's zone; never raises, like ``utc``."""
    return utc(at).astimezone()


def nights(hour: int, at: Millis, zone: tzinfo | None) -> tuple[Millis, Millis]:
    """The last and the next time that clocks show this hour, in ``zone`` or this machine's own.

    A time at which they do is the last one. An hour that the clocks skip is there all the same, an hour later.
    """
    here = datetime.fromtimestamp(at / 1000, zone).replace(tzinfo=None, hour=hour, minute=0, second=0, microsecond=0)
    moments = [round((here + timedelta(days=day)).replace(tzinfo=zone).timestamp() * 1000) for day in (-1, 0, 1)]
    return max(one for one in moments if one <= at), min(one for one in moments if one > at)


def written(at: Millis) -> str:
    """A time for people: date and minutes in this machine's zone."""
    return f"{local(at):%Y-%m-%d %H:%M}"


def spelled(at: Millis, language: str) -> str:
    """A time as people who write in this language expect it in a letter: in Russian 20.11.2026 12:00."""
    return f"{local(at):%d.%m.%Y %H:%M}" if language == "ru" else written(at)


def iso(at: Millis | None) -> str | None:
    """A time for programs: ISO 8601 in UTC; ``None`` for ``None`` and 0."""
    if not at:
        return None
    return utc(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")

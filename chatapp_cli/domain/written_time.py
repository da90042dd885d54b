"""Dates and times as people write them, by the clocks of a zone: ``2026-12-31 23:59``, ``31.12.2026 23:59``."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from typing import Final

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T

_SHAPE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}.*)?")
_RUSSIAN: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(.*)", re.DOTALL)
_FIRST, _LAST = 1990, 2100
"""Years."""
_FORMS: Final = T("Such as: 2026-12-31 23:59, 2026-12-31T23:59+03:00")


def parsed(said: str) -> datetime:
    """A date and time, with a zone only if it is written. Raises UsageError."""
    written = _iso(said)
    try:
        return datetime.fromisoformat(written)
    except ValueError as error:
        raise _no_time(said, written) from error


def day(said: str, field: str) -> date:
    """A date. Raises UsageError."""
    written = _iso(said)
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        if _SHAPE.fullmatch(written):
            raise _no_time(said, written, field) from error
        raise UsageError(T("{said} is no date.", said=said), T("Such as: 2026-12-31"), field=field) from error


def in_zone(meant: datetime, zone: tzinfo | None, name: str, said: str) -> Millis:
    """When the clocks of a zone show a time, of this machine if there is none. Raises UsageError if they skip it."""
    there = meant if zone is None else meant.replace(tzinfo=zone)
    if zone is not None and there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != meant:
        what = T("There is no {said} in {zone}: the clocks skip it on that day.", said=said.strip(), zone=name)
        raise UsageError(what, T("Try a time before or after it."), field="at")
    return millis(there)


def millis(meant: datetime) -> Millis:
    """A time as it is stored. Raises UsageError for one that no desk has anything to do with."""
    if not _FIRST <= meant.year <= _LAST:
        what = T(
            "{said} is too far away: say a year from {first} to {last}.", said=f"{meant}", first=_FIRST, last=_LAST
        )
        raise UsageError(what, _FORMS, field="at")
    return round(meant.timestamp() * 1000)


def _iso(said: str) -> str:
    return _RUSSIAN.sub(lambda found: f"{found[3]}-{found[2]:>02}-{found[1]:>02}{found[4]}", said.strip())


def _no_time(said: str, written: str, field: str = "at") -> UsageError:
    if _SHAPE.fullmatch(written):
        return UsageError(T("There is no such date or time: {said}", said=said), _FORMS, field=field)
    return UsageError(T("{said} is not a time.", said=said), _FORMS, field=field)

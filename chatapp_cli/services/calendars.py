"""Calendars of working days: those that come with the program, and those that the company keeps in files of its own.

A file of TOML names the days that are off in every year (``holidays``: a list, or each with its name), and for each
year the days that are off or worked besides (``years.2027.off``, ``years.2027.working``), all as month-day. The
company's file of a name replaces ours of that name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.domain.working_days import PLAIN_WEEK, WorkingCalendar

FOLDER: Final = "calendars"
"""In the company's folder."""
_OURS: Final = Path(__file__).parent


def calendar(name: str, folder: Path | None = None) -> WorkingCalendar:
    """A calendar by name, such as ``ru``; empty: the plain week. Raises UsageError for an unknown or unreadable one."""
    if not name:
        return PLAIN_WEEK
    if name.isalnum():
        for path in (*((folder / f"{name}.toml",) if folder else ()), _OURS / f"calendar_{name}.toml"):
            if path.is_file():
                return _read(name, path, path.stat().st_mtime_ns)
    raise UsageError(
        T("There is no calendar {name}.", name=name),
        T("Take ru, or write one as {file} in the company's folder.", file=f"{FOLDER}/{name}.toml"),
        field="calendar",
    )


def stamp(folder: Path | None) -> object:
    """A value that changes with the company's calendars: one was written, changed or removed."""
    try:
        found = sorted(folder.glob("*.toml")) if folder is not None else []
        return tuple((path.name, path.stat().st_mtime_ns) for path in found)
    except OSError:
        return None


@lru_cache(maxsize=32)
def _read(name: str, path: Path, changed: int) -> WorkingCalendar:
    del changed  # a file that was changed is read again
    try:
        return understood(name, tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise UsageError(
            T("The calendar {file} cannot be read: {error}", file=path.name, error=str(error)),
            T('Days are written as month-day, such as: holidays = ["01-01"]'),
            field="calendar",
        ) from error


def understood(name: str, said: Mapping[str, Any]) -> WorkingCalendar:
    """A calendar of a file's words. Raises ValueError, TypeError or AttributeError for others."""
    years: Mapping[str, Any] = said.get("years", {})
    _require_known(said, {"holidays", "years", "source"})
    for days in years.values():
        _require_known(days, {"off", "working"})
    off, working = _days(years, "off"), _days(years, "working")
    if both := off & working:
        raise ValueError(f"{min(both)} is off and working")
    listed = said.get("holidays", ())
    named = listed if isinstance(listed, Mapping) else dict.fromkeys(listed, "")
    holidays = {
        (day.month, day.day): str(words) for day, words in zip(map(_in_a_leap_year, named), named.values(), strict=True)
    }
    return WorkingCalendar(
        name=name,
        holidays=frozenset(holidays),
        names=holidays,
        off=off,
        working=working,
        years=frozenset(map(int, years)),
    )


def _require_known(said: Mapping[str, Any], names: set[str]) -> None:
    if unknown := sorted(said.keys() - names):
        raise ValueError(f"{unknown[0]}: {', '.join(sorted(names))}")


def _days(years: Mapping[str, Any], kind: str) -> frozenset[date]:
    return frozenset(
        date.fromisoformat(f"{int(year):04}-{day}") for year, days in years.items() for day in days.get(kind, ())
    )


def _in_a_leap_year(day: str) -> date:
    return date.fromisoformat(f"2024-{day}")

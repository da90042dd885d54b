"""The time that a person names for a message: ``18:30``, ``+30m``, ``завтра 9:00``, ``2026-12-01 10:00``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T, Text

_IN: Final = re.compile(r"\+(?:(\d+)[dд])?(?:(\d+)[hч])?(?:(\d+)[mм])?")
_DAY: Final = re.compile(r"(?:([a-zа-яё]+)\s+)?(\d{1,2}):(\d{2})")
_DAYS: Final = {"": 0, "today": 0, "сегодня": 0, "tomorrow": 1, "завтра": 1, "послезавтра": 2}
_EXAMPLES: Final = T("Such as: 18:30, +30m, tomorrow 9:00, 2026-12-01 10:00")


def when(said: str, *, now: Millis, zone: tzinfo | None = None) -> Millis:
    """The moment that was meant, in ``zone`` or on the machine's own clock. Raises UsageError."""
    words = said.strip().lower()
    here = datetime.fromtimestamp(now / 1000, zone)
    meant = _after(words, here) or _on_a_day(words, here) or _written_out(said.strip())
    if meant is None:
        raise _wrong(T("{said} is not a time.", said=said))
    at = round(_placed(meant, zone, said).timestamp() * 1000)
    if at <= now:
        raise _wrong(T("{said} is over already.", said=said))
    return at


def since(said: str, *, now: Millis, zone: tzinfo | None = None) -> Millis:
    """A moment of the past: ``2h``, ``1d12h`` ago, or a date and time. Raises UsageError."""
    words = said.strip().lower()
    here = datetime.fromtimestamp(now / 1000, UTC)
    ahead = _after(f"+{words}", here)
    meant = here - (ahead - here) if ahead else _written_out(said.strip())
    if meant is None:
        raise UsageError(T("{said} is not a time.", said=said), T("Such as: 2h, 1d, 2026-12-01 10:00"), field="since")
    return round(_placed(meant, zone, said).timestamp() * 1000)


def _wrong(what: Text) -> UsageError:
    return UsageError(what, _EXAMPLES, field="at")


def _after(words: str, here: datetime) -> datetime | None:
    found = _IN.fullmatch(words)
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return here.astimezone(UTC) + timedelta(days=days, hours=hours, minutes=minutes)


def _on_a_day(words: str, here: datetime) -> datetime | None:
    found = _DAY.fullmatch(words)
    day = None if found is None else _DAYS.get(found[1] or "")
    if found is None or day is None:
        return None
    try:
        clock = here.replace(hour=int(found[2]), minute=int(found[3]), second=0, microsecond=0, tzinfo=None, fold=0)
    except ValueError:
        return None
    return clock + timedelta(days=day)


def _written_out(words: str) -> datetime | None:
    try:
        return datetime.fromisoformat(words)
    except ValueError:
        return None


def _placed(meant: datetime, zone: tzinfo | None, said: str) -> datetime:
    """Give a wall clock time its zone; one that the clocks skip in spring does not exist."""
    if meant.tzinfo is not None:
        return meant
    placed = meant.replace(tzinfo=zone) if zone else meant
    if datetime.fromtimestamp(placed.timestamp(), zone).replace(tzinfo=None) != meant:
        raise _wrong(T("{said} does not exist: the clocks go forward then.", said=said))
    return placed

"""Working hours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain.moment import iso

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import Millis
    from chatapp_cli.domain.opening_hours import OpeningHours
    from chatapp_cli.domain.text import Text
    from chatapp_cli.services.business_hours import DayOfHours


def hours(
    known: OpeningHours | None, at: Millis, days: Sequence[DayOfHours], show: Callable[[Text], str]
) -> Mapping[str, Any]:
    """The hours of a line at a time; without hours it is always open. ``show`` puts reasons into words."""
    state = known.state(at) if known else None
    return {
        "at": iso(at),
        "open": state is None or state.is_open,
        "until": iso(state.until) if state else None,
        "zone": known.zone_name if known else "",
        "calendar": known.calendar.name if known and known.calendar else "",
        "days": [_day(one, show) for one in days],
    }


def _day(one: DayOfHours, show: Callable[[Text], str]) -> Mapping[str, Any]:
    return {"day": one.day.isoformat(), "hours": list(map(str, one.spans)), "why": show(one.why)}

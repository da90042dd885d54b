"""Time zones by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

ZONES: Final = T("Name it as a place, such as: Europe/Moscow, Asia/Yekaterinburg")


def zone_of(name: str, field: str = "zone") -> ZoneInfo:
    """A time zone by name. Raises UsageError."""
    from zoneinfo import ZoneInfo  # which a daemon at rest does without

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(T("There is no time zone {name}.", name=name), ZONES, field=field) from error

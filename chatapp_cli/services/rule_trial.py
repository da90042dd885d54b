"""When a message is tried that a person thinks of: by the clocks of the rules, not by those of this machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T
from chatapp_cli.domain.zones import zone_of
from chatapp_cli.services import conditions
from chatapp_cli.services.crm_rules import PipelineRule

_SHAPE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}.*)?")
_FORMS = T("Such as: 2026-12-31 23:59, 2026-12-31T23:59+03:00")


class TrialTime(NamedTuple):
    """A time, and by the clocks of which zone it was understood."""

    at: Millis
    zone: str
    """As ``Europe/Moscow``; empty for a time with an offset of its own."""


def moment(said: str, rules: Sequence[PipelineRule], zone: str = "") -> TrialTime:
    """A time as a person writes it: in the zone that they name, else in that of all rules, else in UTC.

    Raises UsageError for what is no time, for rules of several zones, and for a time that the clocks there skip.
    """
    try:
        meant = datetime.fromisoformat(said.strip())
    except ValueError as error:
        if _SHAPE.fullmatch(said.strip()):
            raise UsageError(T("There is no such date or time: {said}", said=said), _FORMS, field="at") from error
        raise UsageError(T("{said} is not a time.", said=said), _FORMS, field="at") from error
    if meant.tzinfo is not None:
        return TrialTime(_millis(meant), "")
    zone = zone or _zone_of(rules)
    there = meant.replace(tzinfo=zone_of(zone))
    if there.astimezone(UTC).astimezone(there.tzinfo).replace(tzinfo=None) != meant:
        what = T("There is no {said} in {zone}: the clocks skip it on that day.", said=said.strip(), zone=zone)
        raise UsageError(what, T("Try a time before or after it."), field="at")
    return TrialTime(_millis(there), zone)


def _zone_of(rules: Sequence[PipelineRule]) -> str:
    found = sorted(frozenset[str]().union(*(conditions.zones(rule.asked) for rule in rules)))
    if len(found) > 1:
        raise UsageError(
            T("The rules have several time zones: {zones}.", zones=", ".join(found)),
            T("Say an offset as well, such as: 2026-12-31T23:59+03:00"),
            field="at",
        )
    return found[0] if found else "UTC"


def _millis(meant: datetime) -> Millis:
    return Millis(round(meant.timestamp() * 1000))

"""When a message is tried that a person thinks of: by the clocks of the rules, not by those of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chatapp_cli.domain import written_time
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T
from chatapp_cli.domain.zones import zone_of
from chatapp_cli.services import conditions
from chatapp_cli.services.crm_rules import PipelineRule


class TrialTime(NamedTuple):
    """A time, and by the clocks of which zone it was understood."""

    at: Millis
    zone: str
    """As ``Europe/Moscow``; empty for a time with an offset of its own."""


def moment(said: str, rules: Sequence[PipelineRule], zone: str = "") -> TrialTime:
    """A time as a person writes it: in the zone that they name, else in that of all rules, else in UTC.

    Raises UsageError for what is no time, for rules of several zones, and for a time that the clocks there skip.
    """
    meant = written_time.parsed(said)
    if meant.tzinfo is not None:
        return TrialTime(written_time.millis(meant), "")
    zone = zone or _zone_of(rules)
    return TrialTime(written_time.in_zone(meant, zone_of(zone), zone, said), zone)


def _zone_of(rules: Sequence[PipelineRule]) -> str:
    found = sorted(frozenset[str]().union(*(conditions.zones(rule.asked) for rule in rules)))
    if len(found) > 1:
        raise UsageError(
            T("The rules have several time zones: {zones}.", zones=", ".join(found)),
            T("Say an offset as well, such as: 2026-12-31T23:59+03:00"),
            field="at",
        )
    return found[0] if found else "UTC"

"""When a CRM is asked whether it still has what the rules of its link name: every night, in the zone of its rules.

What is recorded of a night stays, so that a restart, or another process, does not look again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Final, NamedTuple

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import LinkId, Millis, RuleId
from chatapp_cli.domain.moment import nights
from chatapp_cli.domain.text import Text
from chatapp_cli.domain.zones import zone_of
from chatapp_cli.services import conditions, crm_rules, rule_troubles
from chatapp_cli.services.crm_rules import PipelineRule
from chatapp_cli.store.tx import Tx

HOUR: Final = 3
"""The hour of the day, at which nobody changes pipelines."""


class NightlyLook(NamedTuple):
    """What is to be looked for, and when."""

    night: Millis
    """Since when the present look is due."""
    next_at: Millis
    """When the next one is."""
    rules: Sequence[PipelineRule]
    """Empty: the present one was done, or there was nothing to look for."""


class _LastLook(NamedTuple):
    at: Millis
    oldest: Millis | None
    """When the oldest rule was made: what a rule names is compared when it is kept."""


def planned(tx: Tx, link: LinkId) -> NightlyLook:
    """The look that is due now, and when the next one is. A night that was missed is made up for at any hour."""
    rules = crm_rules.everything(tx, link)
    night, next_at = nights(HOUR, tx.now, _zone(rules))
    seen = tx.one(_LastLook, "rules.seen", link=link)
    is_due = seen is not None and seen.oldest is not None and max(seen.at, seen.oldest) < night
    return NightlyLook(night, next_at, rules if is_due else ())


def record(tx: Tx, link: LinkId, night: Millis, found: Mapping[RuleId, Text | None]) -> bool:
    """Record what the rules lack, once a night; false if another process has done so."""
    if not tx.run("rules.looked", link=link, now=tx.now, since=night):
        return False
    rule_troubles.note(tx, found)
    return True


def _zone(rules: Sequence[PipelineRule]) -> tzinfo | None:
    """The first zone that the rules name, in their order; ``None``, for this machine's own, if they name none."""
    for name in (zone for rule in rules for zone in sorted(conditions.zones(rule.asked))):
        try:
            return zone_of(name)
        except UsageError:  # of a rule that is passed over, on a machine that does not know its zone
            continue
    return None

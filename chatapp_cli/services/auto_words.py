"""What rules did, in words of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.automation import STATES, PlannedState
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import auto_kinds

if TYPE_CHECKING:
    from chatapp_cli.services.auto_log import AutoReason
    from chatapp_cli.store.rows.automation import AutoActRow

TAKEN_AS_NOW: Final = T("Tags, operators, stages and what is known of clients are taken as they are now.")
"""What a trial on the past does not know."""


def because(reason: AutoReason) -> Text:
    """Which rule wrote a message, and why."""
    return T("by rule {name}: {why}", name=reason.rule, why=reason.why)


def of_act(row: AutoActRow) -> Text:
    """What a rule wanted to do, how that ended, and why."""
    act, state = auto_kinds.by_name(row.kind), STATES[PlannedState(row.state)]
    said = {"name": row.name, "act": act, "state": state, "why": recalled(row.why)}
    if not row.outcome:
        return T("Rule {name}, {act}: {state}, because {why}", **said)
    return T("Rule {name}, {act}: {state} ({outcome}), because {why}", outcome=recalled(row.outcome), **said)

"""Spreads what time alone made due, and what many clients did at once.

All who waited through a night are due in one minute of the morning. Such acts are put off until there is room below the
limits that stop rules and channels. They begin no loop, whatever their number, so that they stop nothing themselves.
So are the acts of a rule for which many clients wrote in one minute, but their answers count for the channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.automation import ActCause
from chatapp_cli.services import auto_kinds
from chatapp_cli.services.options import OptionScope

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import Millis
    from chatapp_cli.services.auto_desk import AutoDesk
    from chatapp_cli.services.auto_past import AutoPast
    from chatapp_cli.services.auto_rules import AutoRule
    from chatapp_cli.store.rows.automation import DialogPlace
    from chatapp_cli.store.tx import Tx

MINUTE: Final = 60_000
MOST_A_MINUTE: Final = 50
"""Acts of one rule, beyond which it is stopped if they can be a loop, and waits if not."""
STORM: Final = 10 * MINUTE
"""Milliseconds in which the automatic answers of a channel are counted."""


def most_answers(tx: Tx, desk: AutoDesk, place: DialogPlace) -> int:
    """How many automatic answers its channel may send within ``STORM``."""
    scope = OptionScope(line=place.line_id, channel=place.channel_id)
    return desk.options.number(tx, "auto_storm", scope)


def room_at(tx: Tx, desk: AutoDesk, rule: AutoRule, place: DialogPlace, past: AutoPast) -> Millis | None:
    """When there is room for all acts of a rule in a dialog, at the full minute; ``None``: now."""
    found = [at for at in (_for_acts(rule, past), _for_answers(tx, desk, rule, place, past)) if at is not None]
    return max(found, default=None)


def _for_acts(rule: AutoRule, past: AutoPast) -> Millis | None:
    done = past.acts_of(rule.id, past.now - MINUTE)
    return put_off(past.now) if done and done + len(rule.wanted.every) > MOST_A_MINUTE else None


def _for_answers(tx: Tx, desk: AutoDesk, rule: AutoRule, place: DialogPlace, past: AutoPast) -> Millis | None:
    """A channel that was stopped, or may never answer, is no reason to wait: the guards say so."""
    if not auto_kinds.sends(rule.wanted.every) or past.is_stopped(place.channel_id):
        return None
    most = most_answers(tx, desk, place)
    first = past.nth_last_answer(place.channel_id, most) if most else None
    return None if first is None or first <= past.now - STORM else _full_minute(first + STORM)


def is_loop(cause: ActCause, in_dialog: int) -> bool:
    """Whether so many acts of a rule can be a loop: rules caused them, or most were done in one dialog.

    ``in_dialog``: those of the last minute in the dialog of the next one.
    """
    return cause is ActCause.RULE or in_dialog * 2 > MOST_A_MINUTE


def put_off(now: Millis) -> Millis:
    """When a rule goes on that did as much as it may in a minute, because many clients came at once."""
    return _full_minute(now + MINUTE)


def _full_minute(at: Millis) -> Millis:
    """The next full minute, so that all that is put off to it is asked for once."""
    return -(-at // MINUTE) * MINUTE

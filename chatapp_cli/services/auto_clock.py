"""Rules that run by the clock: when their time comes, the dialogs of each line are gone through piece by piece.

Each dialog for which the condition holds gets an event in the journal, ``RuleTimeCame``, for which acts are planned as
for any other: once, however often the desk is killed. A desk that slept over several times goes through the last one.
"""

from __future__ import annotations

import json
from typing import Final

from chatapp_cli.domain import rule_clock
from chatapp_cli.domain.automation import CLOCK, RuleEvent
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import AutoRuleId, DialogId, LineId, Millis
from chatapp_cli.domain.journal.automation import AutomationClock, RuleTimeCame, RuleTimesMissed
from chatapp_cli.domain.rule_clock import ClockOfLine, RuleClock
from chatapp_cli.services import auto_events, auto_facts, auto_plan, lines, timers
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.services.auto_facts import ReadTogether, StoredFacts
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.store.rows.automation import AutoClockRow, AutoRoundRow
from chatapp_cli.store.tx import Tx

PIECE: Final = 100
"""Dialogs that are asked about in one transaction."""
ACTS_A_MINUTE: Final = 40
"""Acts of one rule that are begun within a minute: fewer than those for which it would be stopped."""
_MINUTE: Final = 60_000
_PAUSE: Final = 10_000
"""Milliseconds until a rule that has done so much is asked about more dialogs."""
LOOK: Final = 60 * _MINUTE
"""Milliseconds until the next look at the latest: hours and zones of lines may change meanwhile."""
_BEHIND: Final = 2 * LOOK
"""A look that is further away was planned before the clock was set back."""
_MOST_MISSED: Final = 1_000
_STATEMENTS: Final = {
    "waited": "autorounds.waiting",
    "tags": "autorounds.tagged",
    "assignee": "autorounds.assigned",
    "stages": "autorounds.staged",
}
"""How the dialogs are found among which a condition can hold, by ``auto_events.narrowing``."""


def woken(tx: Tx, ref: str) -> None:
    """Handle the timer of a rule or of what it goes through: the daemon looks at all of them."""
    del ref
    tx.emit(AutomationClock())


def work(tx: Tx, desk: AutoDesk) -> bool:
    """Go through some dialogs, or see whether a time has come; false if there is nothing to do."""
    now = {"now": tx.now, "late": tx.now + _BEHIND}
    if (going := tx.one(AutoRoundRow, "autorounds.next", **now)) is not None:
        _go_on(tx, desk, going)
    elif (clock := tx.one(AutoClockRow, "autoclock.next", **now)) is not None:
        _look(tx, desk, clock)
    else:
        return False
    return True


def _rule(tx: Tx, desk: AutoDesk, number: AutoRuleId) -> AutoRule | None:
    """A rule that works and runs by the clock; ``None`` if it does not any more."""
    rule = desk.rules(tx).by_id.get(number)
    return rule if rule is not None and rule.wanted.event is RuleEvent.TIME else None


def _look(tx: Tx, desk: AutoDesk, row: AutoClockRow) -> None:
    """Begin to go through the lines in which a time of the rule has passed."""
    rule = _rule(tx, desk, row.rule_id)
    upcoming = [tx.now + LOOK]
    if rule is not None:
        clock, since = rule_clock.understood(rule.wanted.about), min(row.looked_at, tx.now)
        missed = [_begin(tx, rule, line, clock, there, since) for line, there in _places(tx, desk, rule)]
        if most := max(missed, default=0):
            tx.emit(RuleTimesMissed(rule=rule.id, name=rule.wanted.name, missed=most))
        upcoming += [at for _line, there in _places(tx, desk, rule) if (at := clock.after(tx.now, there)) is not None]
    tx.run("autoclock.look", rule=row.rule_id, now=tx.now, next_at=min(upcoming))
    timers.put(tx, CLOCK, str(row.rule_id), min(upcoming), keeps_hour=True)


def _places(tx: Tx, desk: AutoDesk, rule: AutoRule) -> list[tuple[LineId, ClockOfLine]]:
    """The lines of a rule with their clocks; one whose calendar is gone is passed over until it is there again."""
    found = []
    for line in lines.everything(tx):
        if rule.wanted.line in {None, line.id}:
            try:
                found.append((line.id, desk.clock(tx, line.id)))
            except UsageError:
                continue
    return found


def _begin(tx: Tx, rule: AutoRule, line: LineId, clock: RuleClock, there: ClockOfLine, since: Millis) -> int:
    """Begin with a line if a time has passed there; returns how many times are left out."""
    due = clock.last(since, tx.now, there)
    if due is None:
        return 0
    earlier = len(clock.between(since, due, there, most=_MOST_MISSED)) - 1
    return earlier + (0 if tx.run("autorounds.begin", rule=rule.id, line=line, due=due, now=tx.now) else 1)


def _go_on(tx: Tx, desk: AutoDesk, row: AutoRoundRow) -> None:
    """Ask about the next dialogs of a line, as many as may be acted for now."""
    rule, after, left = _rule(tx, desk, row.rule_id), row.after, 0
    found = [] if rule is None else _dialogs(tx, rule, row)
    if rule is not None:
        begun = tx.value("autoacts.done_since", rule=rule.id, since=tx.now - _MINUTE)
        begun += tx.value("autoacts.open", rule=rule.id)
        left = (ACTS_A_MINUTE - begun) // len(rule.wanted.acts)
        near, hours = ReadTogether(tx, found, ()), desk.rules(tx).hours
        for dialog in found:
            if left <= 0:
                break
            left -= _asked(rule, StoredFacts(near, near.places[dialog], None, hours), row.due)
            after = dialog
    if found and after != found[-1]:
        _proceed(tx, row, after, tx.now + _PAUSE)
    elif len(found) == PIECE:
        _proceed(tx, row, after, tx.now)
    else:
        tx.run("autorounds.end", rule=row.rule_id, line=row.line_id)


def _proceed(tx: Tx, row: AutoRoundRow, after: DialogId, at: Millis) -> None:
    """Go on behind a dialog, now or later."""
    tx.run("autorounds.go_on", rule=row.rule_id, line=row.line_id, after=after, next_at=at)
    if at > tx.now:
        timers.put(tx, CLOCK, f"{row.rule_id} {row.line_id}", at, keeps_hour=False)


def _dialogs(tx: Tx, rule: AutoRule, row: AutoRoundRow) -> list[DialogId]:
    """The next dialogs of a line for which the condition can hold."""
    by, said = auto_events.narrowing(rule.wanted.asked) or ("waited", ())
    named = {by: json.dumps(said, ensure_ascii=False)} if by in {"tags", "stages"} else {}
    return tx.all(DialogId, _STATEMENTS[by], line=row.line_id, after=row.after, n=PIECE, **named)


def _asked(rule: AutoRule, facts: StoredFacts, due: Millis) -> bool:
    """Let the journal say that the time of a rule has come for a dialog, if it holds there; true if it does."""
    tx = facts.near.tx
    answer = None if facts.place.blocked else auto_plan.asked(tx, rule, auto_facts.occasion(facts, tx.now))
    if answer is None or not answer.holds:
        return False
    tx.emit(RuleTimeCame(dialog=facts.place.id, rule=rule.id, name=rule.wanted.name, due=due))
    return True

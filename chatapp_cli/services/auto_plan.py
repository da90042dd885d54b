"""Plans the acts of rules for what happened: each once, in the transaction that moves the follower on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from chatapp_cli.domain.automation import FOLLOWER, PlannedState, RuleEvent, seen
from chatapp_cli.domain.condition import AllOf, AnyOf, Condition, Judgement, Negated, Occasion, judge
from chatapp_cli.domain.dialog_condition import Waited
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.ids import LineId, Millis
from chatapp_cli.domain.journal.automation import AutomationDue, AutoRuleHalted
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.domain.stored_text import kept
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import auto_facts, auto_rules, dialogs, following, timers
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.store.rows.automation import AutoActRow, JudgedMessage
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

MOST: Final = 30
"""Entries of the journal that are judged in one transaction, unless rules hold before."""
OLD: Final = 24 * 3_600_000
"""Milliseconds after which a message that comes only now is history, and not news."""
MOST_OVERRUNS: Final = 3
"""Searches of a rule that may take too long before it is switched off."""
TIMER: Final = FOLLOWER
"""The kind of the timers of acts that wait."""
OVER: Final = T("the client does not wait for that answer any more")
"""Why a rule that waited with a client is not asked again."""


class Happened(NamedTuple):
    """What a rule is asked about."""

    entry: int
    event: RuleEvent
    card: DialogCard
    message: JudgedMessage | None
    at: Millis


def follow(tx: Tx, desk: AutoDesk) -> int:
    """Plan for what happened since the last time; returns the number of entries."""
    return following.follow(tx, FOLLOWER, Planner(desk), most=MOST)


@dataclass(frozen=True, slots=True)
class Planner:
    """Judges entries of the journal."""

    desk: AutoDesk

    def __call__(self, tx: Tx, entries: Sequence[JournalEntry]) -> int | None:
        """Plan for some entries, in order, up to one that rules act on: what follows is judged after these acts."""
        if all(seen(entry.event) is None for entry in entries):
            return None
        names = self.desk.names(tx)
        rules = auto_rules.working(tx, names)
        for number, entry in enumerate(entries, start=1):
            wanted = wanting([one for one in rules if one.since < entry.id], entry)
            if wanted and _plan(tx, wanted, entry, names):
                return number
        return None


def wanting(rules: Sequence[AutoRule], entry: JournalEntry) -> list[AutoRule]:
    """The rules that wait for an event of the journal; none is asked about what it did itself."""
    happened = seen(entry.event)
    if happened is None:
        return []
    return [
        one
        for one in rules
        if one.wanted.event is happened.event
        and one.wanted.about in {"", happened.about}
        and one.signature != entry.actor
    ]


def _plan(tx: Tx, rules: Sequence[AutoRule], entry: JournalEntry, names: SourceNames) -> bool:
    """Plan for one entry; whether a rule held."""
    found, held = happening(tx, entry, rules[0].wanted.event), False
    if found is None:
        return False
    for one in concerned(rules, found):
        if _judged(tx, one, found, names):
            held = True
            if one.wanted.stop:
                break
    return held


def concerned(rules: Sequence[AutoRule], about: Happened) -> Iterator[AutoRule]:
    """The rules of the line and of the company, but for the one that wrote the message itself."""
    author = "" if about.message is None else about.message.author
    return (one for one in rules if one.wanted.line in {None, about.card.line_id} and one.signature != author)


def happening(tx: Tx, entry: JournalEntry, event: RuleEvent) -> Happened | None:
    """What happened, with its dialog; ``None`` if that is gone, is on the blacklist, or the message is history."""
    dialog, number = entry.event.dialog, entry.event.message
    try:
        card = None if dialog is None else dialogs.card(tx, dialog)
    except NotFound:
        return None
    message = None if number is None else tx.one(JudgedMessage, "auto.message", id=number)
    return happened(entry, event, card, message)


def happened(
    entry: JournalEntry, event: RuleEvent, card: DialogCard | None, message: JudgedMessage | None
) -> Happened | None:
    """What happened, of what was read of it; ``None`` if no rule is asked about it."""
    if card is None or card.blocked or (message is None and entry.event.message is not None):
        return None
    if message is not None and message.stored_at - message.at > OLD:
        return None
    return Happened(entry.id, event, card, message, entry.at)


def _judged(tx: Tx, rule: AutoRule, about: Happened, names: SourceNames) -> bool:
    """Ask a rule, and plan its acts if it holds now or may hold later; whether it holds now."""
    assert names.hours is not None
    occasion = auto_facts.occasion(tx, about.card, about.message, about.at, names.hours)
    answer = asked(tx, rule, occasion)
    if answer is None:
        return False
    waits, since = list(waiting(rule.condition)), occasion.facts.waits_since()
    if waits and since is not None and _waited_before(tx, rule, about, since):
        return answer.holds
    if answer.holds:
        plan(tx, rule, about, range(len(rule.wanted.acts)), why=answer.why, since=since if waits else None)
    elif since is not None and (due := next_due(waits, about.card.line_id, since, about.at)) is not None:
        plan(tx, rule, about, range(1), why=answer.why, since=since, due=due)
    return answer.holds


def _waited_before(tx: Tx, rule: AutoRule, about: Happened, since: Millis) -> bool:
    """Whether the same wait of the client was planned for already."""
    return tx.value("autoacts.waits", dialog=about.card.id, rule=rule.id, version=rule.version, since=since) is not None


def asked(tx: Tx, rule: AutoRule, occasion: Occasion) -> Judgement | None:
    """What a rule says; ``None`` if it cannot say it, or takes too long: one that does so often is switched off."""
    try:
        return judge(rule.condition, occasion)
    except TimeoutError:
        _overran(tx, rule)
    except UsageError:  # the hours of the line name a calendar that is gone
        pass
    return None


def _overran(tx: Tx, rule: AutoRule) -> None:
    tx.run("autorules.overran", id=rule.id)
    if auto_rules.one(tx, rule.id).overruns >= MOST_OVERRUNS:
        halt(tx, rule, T("its regular expression takes too long, which happened {n} times", n=MOST_OVERRUNS))


def halt(tx: Tx, rule: AutoRule, why: Text) -> None:
    """Stop a rule until a person switches it on again; its planned acts are cancelled, and an alarm tells of it."""
    if tx.run("autorules.halt", id=rule.id, why=kept(why)):
        tx.run("autoacts.cancel", rule=rule.id, outcome=kept(why), now=tx.now)
        tx.emit(AutoRuleHalted(rule=rule.id, name=rule.wanted.name))


def waiting(condition: Condition) -> Iterator[Waited]:
    """The parts of a condition that time alone can fulfil."""
    if isinstance(condition, Waited):
        yield condition
    elif isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from waiting(part)
    elif isinstance(condition, Negated):
        yield from waiting(condition.of)


def next_due(waits: Sequence[Waited], line: LineId, since: Millis, now: Millis) -> Millis | None:
    """When one of these is fulfilled next; ``None``: never."""
    found = (one.due(line, since) for one in waits)
    return min((due for due in found if due is not None and due > now), default=None)


def plan(
    tx: Tx, rule: AutoRule, about: Happened, places: Sequence[int], *, why: Text, since: Millis | None = None,
    due: Millis | None = None,
) -> None:  # fmt: skip
    """Write the acts at some places of a rule, each once for an event; ``due``: they wait until then."""
    state = PlannedState.PLANNED if due is None else PlannedState.WAITING
    for place in places:
        number = tx.insert(
            "autoacts.plan",
            rule=rule.id,
            version=rule.version,
            journal=about.entry,
            nth=place,
            name=rule.wanted.name,
            kind=rule.wanted.acts[place].do,
            dialog=about.card.id,
            message=None if about.message is None else about.message.id,
            waits_since=since,
            due=about.at if due is None else due,
            state=state.value,
            why=kept(why),
            now=tx.now,
        )
        if due is not None and number is not None:
            timers.put(tx, TIMER, str(number), due, keeps_hour=False)


def time_has_come(tx: Tx, ref: str) -> None:
    """Handle the timer of an act that waits, given its number."""
    if tx.run("autoacts.later", id=int(ref), due=tx.now):
        tx.emit(AutomationDue(act=int(ref)))


def judge_again(tx: Tx, rule: AutoRule, row: AutoActRow, names: SourceNames) -> Judgement | Millis | None:
    """Ask a rule again whose time has come: its answer, when to ask once more, or ``None`` if it cannot say."""
    assert names.hours is not None
    card = dialogs.card(tx, row.dialog_id)
    message = None if row.message_id is None else tx.one(JudgedMessage, "auto.message", id=row.message_id)
    since = card.waiting_since
    if since is None or since != row.waits_since:
        return Judgement(holds=False, why=OVER)
    answer = asked(tx, rule, auto_facts.occasion(tx, card, message, tx.now, names.hours))
    if answer is None or answer.holds:
        return answer
    return next_due(list(waiting(rule.condition)), card.line_id, since, tx.now) or answer

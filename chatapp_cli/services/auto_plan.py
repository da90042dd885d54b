"""Plans the acts of rules for what happened: each once, in the transaction that moves the follower on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from chatapp_cli.domain.automation import FOLLOWER, NAMING, ActCause, HappenedEvent, PlannedState, RuleEvent, seen
from chatapp_cli.domain.condition import Judgement, Occasion, judge
from chatapp_cli.domain.dialog_condition import HoursOf, Waited, waiting
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import LineId, Millis
from chatapp_cli.domain.journal.automation import AutomationDue, AutoRuleHalted
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.domain.stored_text import kept
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import auto_facts, auto_rules, following, timers
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.services.auto_facts import ReadTogether, StoredFacts
from chatapp_cli.services.auto_index import RuleIndex
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.store.rows.automation import AutoActRow, DialogPlace, JudgedMessage
from chatapp_cli.store.tx import Tx

V = TypeVar("V")
MOST: Final = 100
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
    place: DialogPlace
    message: JudgedMessage | None
    at: Millis
    what: HappenedEvent | None = None
    """With what it is about; ``None``: a rule is asked again, which it was about."""
    caused_by: str = ""
    """Who caused it."""

    @property
    def rules(self) -> AbstractSet[str]:
        """The names of the rules that caused it or wrote its message."""
        by = (self.caused_by, "" if self.message is None else self.message.author)
        return {name[1:-1] for name in by if name[:1] + name[-1:] == "«»"}

    @property
    def cause(self) -> ActCause:
        """What makes acts due that are planned for it at once."""
        if self.event is RuleEvent.TIME:
            return ActCause.TIME
        return ActCause.RULE if self.rules else ActCause.EVENT


def follow(tx: Tx, desk: AutoDesk) -> int:
    """Plan for what happened since the last time; returns the number of entries."""
    return following.follow(tx, FOLLOWER, Planner(desk), most=MOST)


@dataclass(frozen=True, slots=True)
class Planner:
    """Judges entries of the journal."""

    desk: AutoDesk

    def __call__(self, tx: Tx, entries: Sequence[JournalEntry]) -> int | None:
        """Plan for some entries, in order, up to one that rules act on: what follows is judged after these acts."""
        rules = self.desk.rules(tx)
        news = awaited(entries, rules)
        near = read_together(tx, news) if news else None
        for entry, what in news:
            about = None if near is None else happened(entry, what, near)
            if near is not None and about is not None and _plan(near, rules, about):
                return 1 + next(place for place, one in enumerate(entries) if one.id == entry.id)
        return None


def awaited(entries: Iterable[JournalEntry], rules: RuleIndex) -> list[tuple[JournalEntry, HappenedEvent]]:
    """The entries for whose events rules wait, and these events."""
    events = rules.events
    return [(one, what) for one in entries if (what := seen(one.event)) is not None and what.event in events]


def read_together(tx: Tx, news: Sequence[tuple[JournalEntry, HappenedEvent]]) -> ReadTogether:
    """Read what rules ask of some entries."""
    return ReadTogether(tx, (one.event.dialog for one, _ in news), (one.event.message for one, _ in news))


def happened(entry: JournalEntry, what: HappenedEvent, near: ReadTogether) -> Happened | None:
    """What happened; ``None`` if its dialog is gone or on the blacklist, or the message is history."""
    dialog, number = entry.event.dialog, entry.event.message
    place = None if dialog is None else near.places.get(dialog)
    message = None if number is None else near.messages.get(number)
    if place is None or place.blocked or (message is None and number is not None):
        return None
    if message is not None and message.stored_at - message.at > OLD:
        return None
    return Happened(entry.id, what.event, place, message, entry.at, what, entry.actor)


def concerned(rules: RuleIndex, about: Happened, occasion: Occasion) -> list[AutoRule]:
    """The rules that may hold; none is asked about what it did or wrote itself, or what was before it."""
    entry, own = about.entry, about.rules
    found = [one for one in rules.possible(about.event, occasion) if one.since < entry]
    if about.event in NAMING or about.event is RuleEvent.TIME:
        found = [one for one in found if _is_about(one, about.what)]
    return [one for one in found if one.wanted.name not in own] if own else found


def _is_about(rule: AutoRule, what: HappenedEvent | None) -> bool:
    """Whether an event is about what a rule wants; the time of a rule is nothing to others."""
    if what is not None and what.event is RuleEvent.TIME:
        return what.about == str(rule.id)
    return what is None or rule.wanted.about in {"", what.about, what.in_full}


def _plan(near: ReadTogether, rules: RuleIndex, about: Happened) -> bool:
    """Plan for one entry; whether a rule held."""
    occasion, held = auto_facts.occasion(StoredFacts(near, about.place, about.message, rules.hours), about.at), False
    for one in concerned(rules, about, occasion):
        waits = () if about.event is RuleEvent.TIME else rules.waits.get(one.id, ())
        if _judged(near, one, about, occasion, waits):
            held = True
            if one.wanted.stop:
                break
    return held


def _judged(near: ReadTogether, rule: AutoRule, about: Happened, occasion: Occasion, waits: Sequence[Waited]) -> bool:
    """Ask a rule, and plan its acts if it holds now or may hold later; whether it holds now."""
    tx = near.tx
    since = occasion.facts.waits_since() if waits else None
    wait = about.place.id, rule.id, rule.version
    before = since is not None and wait in near.waits
    if before and not rule.wanted.stop:
        return False
    holds = _tried(tx, rule, lambda: rule.condition.holds(occasion))
    if before or holds is None or not (holds or since is not None):
        return bool(holds)
    due = None
    if not holds and since is not None:
        due = _tried(tx, rule, lambda: next_due(waits, about.place.line_id, since, about.at))
        if due is None:
            return False
    if (answer := asked(tx, rule, occasion)) is None:
        return False
    if about.event is RuleEvent.TIME:  # with others of that time, until there is room for it
        due = about.at
    places = range(1 if due is not None else len(rule.wanted.acts))
    cause = about.cause if due is None else ActCause.TIME
    plan(tx, rule, about, places, why=answer.why, since=since, due=due, cause=cause)
    if since is not None:
        near.waits.add(wait)
    return holds


def asked(tx: Tx, rule: AutoRule, occasion: Occasion) -> Judgement | None:
    """What a rule says; ``None`` if it cannot say it, or takes too long: one that does so often is switched off."""
    return _tried(tx, rule, lambda: judge(rule.condition, occasion))


def _tried(tx: Tx, rule: AutoRule, ask: Callable[[], V]) -> V | None:
    try:
        return ask()
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
        auto_rules.cancel(tx, rule.id, why)
        tx.emit(AutoRuleHalted(rule=rule.id, name=rule.wanted.name))


def next_due(waits: Sequence[Waited], line: LineId, since: Millis, now: Millis) -> Millis | None:
    """When one of these is fulfilled next; ``None``: never."""
    found = (one.due(line, since) for one in waits)
    return min((due for due in found if due is not None and due > now), default=None)


def plan(
    tx: Tx, rule: AutoRule, about: Happened, places: Sequence[int], *, why: Text, since: Millis | None,
    cause: ActCause, due: Millis | None = None,
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
            kind=rule.wanted.every[place].do,
            dialog=about.place.id,
            message=None if about.message is None else about.message.id,
            waits_since=since,
            due=about.at if due is None else due,
            state=state.value,
            why=kept(why),
            now=tx.now,
            cause=cause.value,
        )
        if due is not None and due > tx.now and number is not None:
            timers.put(tx, TIMER, str(number), due, keeps_hour=False)


def time_has_come(tx: Tx, ref: str) -> None:
    """Handle the timer of an act that waits, given its number."""
    if tx.run("autoacts.later", id=int(ref), due=tx.now):
        tx.emit(AutomationDue(act=int(ref)))


def judge_again(near: ReadTogether, rule: AutoRule, row: AutoActRow, hours: HoursOf) -> Judgement | Millis | None:
    """Ask a rule again whose time has come: its answer, when to ask once more, or ``None`` if it cannot say."""
    tx, about = near.tx, happened_then(near, rule, row)
    since = about.place.waiting_since
    by_clock = rule.wanted.event is RuleEvent.TIME
    if not by_clock and (since is None or since != row.waits_since):
        return Judgement(holds=False, why=OVER)
    facts = StoredFacts(near, about.place, about.message, hours)
    answer = asked(tx, rule, auto_facts.occasion(facts, tx.now))
    if answer is None or answer.holds or since is None or by_clock:
        return answer
    return next_due(list(waiting(rule.condition)), about.place.line_id, since, tx.now) or answer


def happened_then(near: ReadTogether, rule: AutoRule, row: AutoActRow) -> Happened:
    """What an act was planned for, as it is now."""
    message = None if row.message_id is None else near.messages.get(row.message_id)
    return Happened(row.event, rule.wanted.event, near.places[row.dialog_id], message, near.tx.now)

"""Tries rules on what happened before: what they would have done, to whom and why; nothing is done.

Tags, assignees and what is known of clients are taken as they are now, with what the rules themselves would have
changed. What acts of rules start, such as a tag that another rule waits for, is not followed. Who typed is known for
the last day only.
"""

from __future__ import annotations

import heapq
import json
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import count
from typing import Final, NamedTuple

from chatapp_cli.domain.automation import ActWanted, PlannedState, seen
from chatapp_cli.domain.condition import Judgement, Occasion, OnSource, judge
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.ids import AutoRuleId, ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.journal.dialogs import AnswerAwaited, AnswerTyped, AnswerWaived
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import auto_guards, auto_kinds, auto_plan, auto_rules, dialogs, journal
from chatapp_cli.services.auto_deeds import judged_until
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.services.auto_facts import StoredFacts
from chatapp_cli.services.auto_guards import Guard
from chatapp_cli.services.auto_plan import MOST_OVERRUNS, Happened
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.services.auto_run import MOST_A_MINUTE
from chatapp_cli.store.rows.automation import AutoRuleRow, JudgedMessage
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

PAGE: Final = 1_000
"""Entries of the journal that are read at once."""
REMEMBERED: Final = 10_000
"""Answered arrivals that are remembered."""

TAKES: Final = 1_000
"""Milliseconds that an answer takes until a client has it: what they wrote before that is no answer to it."""


class ReplayedAct(NamedTuple):
    """An act that a rule would have done, or would have left."""

    rule: AutoRule
    event: int
    act: int
    wanted: ActWanted
    dialog: DialogId
    name: str
    """Of the dialog."""
    message: MessageId | None
    at: Millis
    state: PlannedState
    why: Text
    outcome: Text


@dataclass(slots=True)
class ReplayedPast:
    """What would have happened until a moment of the past: what did, and what the rules would have done."""

    tx: Tx
    """Of the page that is read."""
    now: Millis = 0
    typed: dict[DialogId, Millis] = field(default_factory=dict)
    waived: dict[DialogId, Millis] = field(default_factory=dict)
    """Until when people or rules waived what had come."""
    waived_before: dict[DialogId, Millis] = field(default_factory=dict)
    """What that was before people waived the last time."""
    waived_to: dict[DialogId, MessageId] = field(default_factory=dict)
    """The last message that rules would have waived."""
    answered: dict[MessageId, Text] = field(default_factory=dict)
    in_dialog: dict[DialogId, deque[Millis]] = field(default_factory=lambda: defaultdict(deque))
    by_channel: dict[ChannelId, deque[Millis]] = field(default_factory=lambda: defaultdict(deque))
    done: dict[AutoRuleId, deque[Millis]] = field(default_factory=lambda: defaultdict(deque))
    stopped: set[ChannelId] = field(default_factory=set)
    tags: dict[DialogId, dict[str, bool]] = field(default_factory=lambda: defaultdict(dict))
    """Those that rules would have added, and taken off."""
    assigned: dict[DialogId, str] = field(default_factory=dict)

    def answered_by(self, arrival: MessageId) -> Text | None:
        """Which rule would have answered it."""
        return self.answered.get(arrival)

    def waits_since(self, card: DialogCard) -> Millis | None:
        """Since when the client waited at that moment."""
        after, message = self.waived.get(card.id, 0), self.waived_to.get(card.id, 0)
        return self.tx.value("auto.waited_at", dialog=card.id, until=self.now, after=after, message=message)  # type: ignore[no-any-return]

    def somebody_wrote(self, dialog: DialogId, since: Millis) -> bool:
        """Whether somebody did, as far as that is known."""
        if self.typed.get(dialog, 0) > since:
            return True
        return self.tx.value("auto.spoke_between", dialog=dialog, since=since, until=self.now) is not None

    def wrote_between(self, dialog: DialogId, since: Millis, until: Millis) -> bool:
        """Whether rules would have written something."""
        return any(since < at < until - TAKES for at in self.in_dialog[dialog])

    def answers_in(self, dialog: DialogId, since: Millis) -> int:
        """Their number."""
        return _later(self.in_dialog[dialog], since)

    def answers_by(self, channel: ChannelId, since: Millis) -> int:
        """Their number."""
        return _later(self.by_channel[channel], since)

    def is_stopped(self, channel: ChannelId) -> bool:
        """Whether they would have been stopped."""
        return channel in self.stopped

    def stop(self, channel: ChannelId) -> None:
        """Nobody resumes them."""
        self.stopped.add(channel)

    def answer(self, card: DialogCard, arrival: MessageId | None, by: Text) -> None:
        """Remember an automatic answer."""
        if arrival is not None:
            self.answered[arrival] = by
        self.in_dialog[card.id].append(self.now)
        self.by_channel[card.channel_id].append(self.now)

    def waive(self, dialog: DialogId) -> None:
        """Nobody needs an answer there that wrote until now."""
        self.waived_before[dialog] = self.waived.get(dialog, 0)
        self.waived[dialog] = self.now

    def await_again(self, dialog: DialogId) -> None:
        """Somebody took that back."""
        self.waived[dialog] = self.waived_before.get(dialog, 0)

    def changed(self, rule: AutoRule, wanted: ActWanted, about: Happened) -> None:
        """Remember what an act would have changed that conditions ask for."""
        dialog = about.card.id
        if wanted.do in {auto_kinds.TAG, auto_kinds.UNTAG}:
            self.tags[dialog] |= dict.fromkeys(wanted.value, wanted.do == auto_kinds.TAG)
        elif wanted.do == auto_kinds.ASSIGN:
            self.assigned[dialog] = wanted.value
        elif wanted.do == auto_kinds.WAIVE:
            waited = any(auto_plan.waiting(rule.condition))
            message, until = judged_until(None if about.message is None else about.message.id, about.at, waited=waited)
            self.waived_to[dialog] = max(message, self.waived_to.get(dialog, message))
            self.waived[dialog] = max(until, self.waived.get(dialog, until))

    def forget(self) -> None:
        """Drop the oldest arrivals that were answered: nobody asks for them any more."""
        while len(self.answered) > REMEMBERED:
            self.answered.pop(next(iter(self.answered)))


def _later(times: deque[Millis], since: Millis) -> int:
    """How many are later; the others are forgotten."""
    while times and times[0] <= since:
        times.popleft()
    return len(times)


@dataclass(frozen=True, slots=True)
class ReplayedFacts(StoredFacts):
    """The facts as they were, as far as that is known."""

    past: ReplayedPast

    def tags(self) -> AbstractSet[str]:
        """Those of now, with what rules would have changed."""
        changed = self.past.tags.get(self.card.id, {})
        stored = StoredFacts.tags(self)
        return (stored | {tag for tag, there in changed.items() if there}) - {
            t for t, there in changed.items() if not there
        }

    def assignee(self) -> str:
        """Of now, unless a rule would have assigned it."""
        return self.past.assigned.get(self.card.id, self.card.assignee)

    def waits_since(self) -> Millis | None:
        """Since when they waited then."""
        return self.past.waits_since(self.card)


class _AskedLater(NamedTuple):
    """A rule that is asked again at a time."""

    due: Millis
    order: int
    rule: AutoRuleId
    about: Happened
    since: Millis


class Replay:
    """Goes through the journal of a period, page by page; what it remembers does not grow with the messages."""

    def __init__(self, tx: Tx, desk: AutoDesk, rows: Sequence[AutoRuleRow], *, since: Millis, until: Millis) -> None:
        """``rows``: the rules to try, in their order, whether or not they are on."""
        self._desk, self._rows, self._until = desk, list(rows), until
        self._place, self.last = place_before(tx, since), journal.last(tx)
        self.first = self._place
        """The entry of the journal before the first, as ``last`` is the last."""
        self._past = ReplayedPast(tx)
        self._rules: Mapping[AutoRuleId, AutoRule] = {}
        self._waiting: list[_AskedLater] = []
        self._waited: dict[tuple[AutoRuleId, DialogId], Millis] = {}
        self._overruns: dict[AutoRuleId, int] = defaultdict(int)
        self._numbers = count()
        self._names = desk.names(tx)
        self.over = False

    @property
    def read(self) -> int:
        """How many entries were read."""
        return self._place - self.first

    def page(self, tx: Tx) -> list[ReplayedAct]:
        """What would have been done in the next part; ``over`` is set with the last one."""
        self._past.tx, self._names = tx, self._desk.names(tx)
        self._rules = {row.id: auto_rules.restore(row, self._names) for row in self._rows}
        entries = [one for one in journal.after(tx, self._place, n=PAGE) if one.at < self._until]
        found = [act for entry, about in self._happened(entries) for act in self._of_entry(entry, about)]
        if entries:
            self._place = entries[-1].id
        else:
            found += self._due(self._until)
            self.over = True
        self._past.forget()
        return found

    def _happened(self, entries: Sequence[JournalEntry]) -> Iterator[tuple[JournalEntry, Happened | None]]:
        """Each entry with what it is for rules, read together."""
        tx, wanted = self._past.tx, [one for one in entries if self._wanting(one)]
        ids = json.dumps(sorted({one.event.message for one in wanted if one.event.message is not None}))
        messages = {one.id: one for one in tx.all(JudgedMessage, "auto.messages", ids=ids)}
        cards = _cards(tx, {one.event.dialog for one in wanted if one.event.dialog is not None})
        for entry in entries:
            what, dialog, message = seen(entry.event), entry.event.dialog, entry.event.message
            card = None if dialog is None else cards.get(dialog)
            if what is None or card is None:
                yield entry, None
            else:
                yield entry, auto_plan.happened(entry, what.event, card, messages.get(message) if message else None)

    def _wanting(self, entry: JournalEntry) -> list[AutoRule]:
        return auto_plan.wanting([one for one in self._rules.values() if one.problem is None], entry)

    def _of_entry(self, entry: JournalEntry, about: Happened | None) -> Iterator[ReplayedAct]:
        yield from self._due(entry.at)
        self._past.now = entry.at
        if isinstance(entry.event, AnswerTyped):
            self._past.typed[entry.event.dialog] = entry.at
        elif isinstance(entry.event, AnswerWaived):
            self._past.waive(entry.event.dialog)
        elif isinstance(entry.event, AnswerAwaited):
            self._past.await_again(entry.event.dialog)
        if about is None:
            return
        for rule, why in list(self._held(self._wanting(entry), about)):
            yield from self._act(rule, about, why)

    def _held(self, rules: Sequence[AutoRule], about: Happened) -> Iterator[tuple[AutoRule, Text]]:
        """The rules that would act at once, and why: all are asked before the first acts, as the daemon does it."""
        for rule in auto_plan.concerned(rules, about):
            answer = self._judged(rule, about)
            if answer is None:
                continue
            if self._is_planned(rule, about, answer):
                yield rule, answer.why
            if answer.holds and rule.wanted.stop:
                return

    def _is_planned(self, rule: AutoRule, about: Happened, answer: Judgement) -> bool:
        """Whether a rule would act at once; what it would do later is remembered."""
        waits = list(auto_plan.waiting(rule.condition))
        since = self._past.waits_since(about.card) if waits else None
        if since is not None and self._waited.get((rule.id, about.card.id)) == since:
            return False
        if since is not None and (answer.holds or self._is_asked_later(rule, about, since)):
            self._waited[rule.id, about.card.id] = since
        return answer.holds

    def _is_asked_later(self, rule: AutoRule, about: Happened, since: Millis) -> bool:
        """Remember to ask a rule when the client has waited long enough for it; false if it would still say no."""
        waits = list(auto_plan.waiting(rule.condition))
        due = auto_plan.next_due(waits, about.card.line_id, since, self._past.now)
        if due is not None:
            heapq.heappush(self._waiting, _AskedLater(due, next(self._numbers), rule.id, about, since))
        return due is not None

    def _due(self, until: Millis) -> Iterator[ReplayedAct]:
        """What would have been done at the times that passed until then."""
        while self._waiting and self._waiting[0].due <= until:
            one = heapq.heappop(self._waiting)
            if (rule := self._rules.get(one.rule)) is not None:
                self._past.now = one.due
                yield from self._asked_again(rule, one.about._replace(at=one.due), one.since)

    def _asked_again(self, rule: AutoRule, about: Happened, since: Millis) -> Iterator[ReplayedAct]:
        if self._past.waits_since(about.card) != since:
            yield _ended(rule, about, 0, PlannedState.SKIPPED, auto_plan.OVER, auto_plan.OVER)
            return
        answer = self._judged(rule, about)
        if answer is None:
            return
        if answer.holds:
            yield from self._act(rule, about, answer.why)
        elif not self._is_asked_later(rule, about, since):
            yield _ended(rule, about, 0, PlannedState.SKIPPED, answer.why, answer.why)

    def _judged(self, rule: AutoRule, about: Happened) -> Judgement | None:
        """What a rule says; one whose expressions take too long is dropped, as it would be switched off."""
        assert self._names.hours is not None
        card, message = about.card, about.message
        facts = ReplayedFacts(self._past.tx, card, message, self._names.hours, self._past)
        source = OnSource(card.line_id, card.kind, card.channel_id)
        try:
            return judge(rule.condition, Occasion.of(source, "" if message is None else message.text, about.at, facts))
        except TimeoutError:
            self._overruns[rule.id] += 1
            if self._overruns[rule.id] >= MOST_OVERRUNS:
                self._drop(rule)
        except UsageError:  # the hours of the line name a calendar that is gone
            pass
        return None

    def _drop(self, rule: AutoRule) -> None:
        """Ask a rule no more: the desk would have stopped it."""
        self._rows = [row for row in self._rows if row.id != rule.id]
        self._rules = {number: one for number, one in self._rules.items() if number != rule.id}

    def _act(self, rule: AutoRule, about: Happened, why: Text) -> Iterator[ReplayedAct]:
        """What a rule that holds would have done."""
        for place, wanted in enumerate(rule.wanted.acts):
            if _later(self._past.done[rule.id], about.at - auto_guards.MINUTE) >= MOST_A_MINUTE:
                self._drop(rule)
                return
            refusal = self._send(rule, about) if auto_kinds.KINDS[wanted.do].sends else None
            if refusal is None:
                self._past.changed(rule, wanted, about)
                self._past.done[rule.id].append(about.at)
                yield _ended(rule, about, place, PlannedState.DONE, why, auto_kinds.in_words(wanted))
            else:
                yield _ended(rule, about, place, PlannedState.SKIPPED, why, refusal)

    def _send(self, rule: AutoRule, about: Happened) -> Text | None:
        """Why it would not have written; ``None``: it would."""
        guard = Guard(self._past.tx, self._desk, rule, about.card, about.message, self._past)
        refusal = guard.refusal()
        if refusal is None:
            self._past.answer(about.card, guard.arrival(), T("rule {name}", name=rule.wanted.name))
        return refusal


def _ended(rule: AutoRule, about: Happened, place: int, state: PlannedState, why: Text, outcome: Text) -> ReplayedAct:
    message = None if about.message is None else about.message.id
    wanted, card = rule.wanted.acts[place], about.card
    return ReplayedAct(rule, about.entry, place, wanted, card.id, card.name, message, about.at, state, why, outcome)


def _cards(tx: Tx, wanted: AbstractSet[DialogId]) -> Mapping[DialogId, DialogCard]:
    found = {}
    for number in wanted:
        try:
            found[number] = dialogs.card(tx, number)
        except NotFound:  # it was removed since
            continue
    return found


def place_before(tx: Tx, since: Millis) -> int:
    """The entry of the journal before the first one that is not older than a time; times rise with the entries."""
    low, high = 0, journal.last(tx)
    while low < high:
        middle = (low + high) // 2
        following = journal.after(tx, middle, n=1)
        if following and following[0].at < since:
            low = following[0].id
        else:
            high = middle
    return low

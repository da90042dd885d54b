"""Tries rules on what happened before: what they would have done, to whom and why; nothing is done.

Tags, assignees, stages and what is known of clients are taken as they are now, with what the rules themselves would
have changed. What acts of rules start, such as a tag that another rule waits for, is not followed. Who typed is known
for the last day only. Rules that run by the clock are left out: nobody knows what was so of every dialog then.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final, NamedTuple

from chatapp_cli.domain.automation import ActCause, ActWanted, PlannedState, RuleEvent
from chatapp_cli.domain.condition import Judgement, Occasion, judge
from chatapp_cli.domain.dialog_condition import waiting
from chatapp_cli.domain.errors import Refused, UsageError
from chatapp_cli.domain.ids import AutoRuleId, ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.journal.base import JournalEvent
from chatapp_cli.domain.journal.dialogs import AnswerAwaited, AnswerTyped, AnswerWaived
from chatapp_cli.domain.journal.messages import MessageReceived
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import (
    auto_facts,
    auto_giving,
    auto_kinds,
    auto_pace,
    auto_plan,
    auto_rules,
    auto_takers,
    dialogs,
    journal,
)
from chatapp_cli.services.auto_deed import NobodyThere
from chatapp_cli.services.auto_deeds import judged_until
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.services.auto_facts import ReadTogether, StoredFacts
from chatapp_cli.services.auto_guards import Guard
from chatapp_cli.services.auto_index import HoursNow, RuleIndex
from chatapp_cli.services.auto_pace import MOST_A_MINUTE
from chatapp_cli.services.auto_plan import MOST_OVERRUNS, Happened
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.store.rows.automation import AutoRuleRow, DialogPlace, JudgedMessage
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

PAGE: Final = 1_000
"""Entries of the journal that are read at once."""
REMEMBERED: Final = 10_000
"""Answered arrivals that are remembered."""

LATEST: Final = 1_440
"""Answers of a channel that are remembered: the most that the option ``auto_storm`` may allow."""
TAKES: Final = 1_000
"""Milliseconds that an answer takes until a client has it: what they wrote before that is no answer to it."""


class ReplayedAct(NamedTuple):
    """An act that a rule would have done, or would have left."""

    rule: AutoRule
    event: int
    """The entry of the journal."""
    act: int
    """Its place among all acts of the rule, from 0."""
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
    """Answers to arrivals."""
    latest: dict[ChannelId, deque[Millis]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=LATEST)))
    """All answers."""
    done: dict[tuple[AutoRuleId, ActCause], deque[Millis]] = field(default_factory=lambda: defaultdict(deque))
    stopped: set[ChannelId] = field(default_factory=set)
    tags: dict[DialogId, dict[str, bool]] = field(default_factory=lambda: defaultdict(dict))
    """Those that rules would have added, and taken off."""
    assigned: dict[DialogId, str] = field(default_factory=dict)
    _waits: dict[DialogId, Millis] = field(default_factory=dict)
    """Since when clients wait, as far as it was looked up and goes on."""

    def answered_by(self, arrival: MessageId) -> Text | None:
        """Which rule would have answered it."""
        return self.answered.get(arrival)

    def waits_since(self, place: DialogCard | DialogPlace) -> Millis | None:
        """Since when the client waited at that moment."""
        return self._waits_since(place.id)

    def _waits_since(self, dialog: DialogId) -> Millis | None:
        if (known := self._waits.get(dialog)) is not None:
            return known
        after, message = self.waived.get(dialog, 0), self.waived_to.get(dialog, 0)
        found: Millis | None = self.tx.value(
            "auto.waited_at", dialog=dialog, until=self.now, after=after, message=message
        )
        if found is not None:
            self._waits[dialog] = found
        return found

    def hear(self, entry: JournalEntry, message: JudgedMessage | None) -> None:
        """Something happened."""
        self.now, event = entry.at, entry.event
        if isinstance(event, AnswerTyped):
            self.typed[event.dialog] = entry.at
        elif isinstance(event, AnswerWaived):
            self.waive(event.dialog)
        elif isinstance(event, AnswerAwaited):
            self.await_again(event.dialog)
        elif (dialog := event.dialog) is not None and dialog in self._waits and event.message is not None:
            self._wrote(dialog, event, message)

    def _wrote(self, dialog: DialogId, event: JournalEvent, message: JudgedMessage | None) -> None:
        """Unless the client only wrote on, since when they wait has to be looked up anew."""
        goes_on = isinstance(event, MessageReceived) and message is not None and message.direction == Direction.IN
        if not goes_on or message is None or message.at < self._waits[dialog]:
            del self._waits[dialog]

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

    def nth_last_answer(self, channel: ChannelId, n: int) -> Millis | None:
        """When it would have been written."""
        every = self.latest[channel]
        return every[-n] if len(every) >= n else None

    def acts_of(self, rule: AutoRuleId, since: Millis) -> int:
        """Their number."""
        return sum(_later(self.done[rule, cause], since) for cause in ActCause)

    def is_stopped(self, channel: ChannelId) -> bool:
        """Whether they would have been stopped."""
        return channel in self.stopped

    def stop(self, channel: ChannelId) -> None:
        """Nobody resumes them."""
        self.stopped.add(channel)

    def answer(self, card: DialogCard, arrival: MessageId | None, by: Text, *, timed: bool) -> None:
        """Remember an automatic answer; ``timed``: time alone made it due."""
        if arrival is not None:
            self.answered[arrival] = by
        self.in_dialog[card.id].append(self.now)
        self.latest[card.channel_id].append(self.now)
        if not timed:
            self.by_channel[card.channel_id].append(self.now)

    def waive(self, dialog: DialogId) -> None:
        """Nobody needs an answer there that wrote until now."""
        self._waits.pop(dialog, None)
        self.waived_before[dialog] = self.waived.get(dialog, 0)
        self.waived[dialog] = self.now

    def await_again(self, dialog: DialogId) -> None:
        """Somebody took that back, unless the client waits: then an answer failed, and was none here."""
        if self._waits_since(dialog) is None:
            self.waived[dialog] = self.waived_before.get(dialog, 0)

    def changed(self, rule: AutoRule, wanted: ActWanted, about: Happened) -> None:
        """Remember what an act would have changed that conditions ask for."""
        dialog = about.place.id
        if wanted.do in {auto_kinds.TAG, auto_kinds.UNTAG}:
            self.tags[dialog] |= dict.fromkeys(wanted.value, wanted.do == auto_kinds.TAG)
        elif wanted.do == auto_kinds.WAIVE:
            waited = any(waiting(rule.condition))
            message, until = judged_until(None if about.message is None else about.message.id, about.at, waited=waited)
            self._waits.pop(dialog, None)
            self.waived_to[dialog] = max(message, self.waived_to.get(dialog, message))
            self.waived[dialog] = max(until, self.waived.get(dialog, until))

    def forget(self) -> None:
        """Drop the oldest arrivals that were answered, and waits: nobody asks for them any more, or they are read."""
        while len(self.answered) > REMEMBERED:
            self.answered.pop(next(iter(self.answered)))
        while len(self._waits) > REMEMBERED:
            self._waits.pop(next(iter(self._waits)))


def _later(times: deque[Millis], since: Millis) -> int:
    """How many are later; the others are forgotten."""
    while times and times[0] <= since:
        times.popleft()
    return len(times)


@dataclass(slots=True, eq=False)
class ReplayedFacts(StoredFacts):
    """The facts as they were, as far as that is known."""

    past: ReplayedPast

    def tags(self) -> AbstractSet[str]:
        """Those of now, with what rules would have changed."""
        stored = self.near.tags(self.place.id)
        if (changed := self.past.tags.get(self.place.id)) is None:
            return stored
        return (stored | {tag for tag, there in changed.items() if there}) - {
            t for t, there in changed.items() if not there
        }

    def assignee(self) -> str:
        """Of now, unless a rule would have assigned it."""
        return self.past.assigned.get(self.place.id, self.place.assignee)

    def waits_since(self) -> Millis | None:
        """Since when they waited then."""
        return self.past.waits_since(self.place)


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
        self._desk, self._until = desk, until
        self._rows = [row for row in rows if row.event != RuleEvent.TIME]
        self._place, self.last = place_before(tx, since), journal.last(tx)
        self.first = self._place
        """The entry of the journal before the first, as ``last`` is the last."""
        self._past = ReplayedPast(tx)
        self._hours = HoursNow(desk.hours(tx))
        self._rules = self._compiled(tx)
        self._near = ReadTogether(tx, (), ())
        self._waiting: list[_AskedLater] = []
        self._waited: dict[tuple[AutoRuleId, DialogId], Millis] = {}
        self._overruns: dict[AutoRuleId, int] = defaultdict(int)
        self._numbers = count()
        self.over = False

    def _compiled(self, tx: Tx) -> RuleIndex:
        """The rules, of which each sees all of the past."""
        names = replace(self._desk.names(tx), hours=self._hours)
        every = (auto_rules.restore(row, names) for row in self._rows)
        return RuleIndex([replace(one, since=0) for one in every if one.problem is None], self._hours)

    @property
    def read(self) -> int:
        """How many entries were read."""
        return self._place - self.first

    def page(self, tx: Tx) -> list[ReplayedAct]:
        """What would have been done in the next part; ``over`` is set with the last one."""
        self._past.tx = tx
        self._hours.of = self._desk.hours(tx)
        entries = [one for one in journal.after(tx, self._place, n=PAGE) if one.at < self._until]
        found = [act for entry in self._happened(entries) for act in self._of_entry(*entry)]
        if entries:
            self._place = entries[-1].id
        else:
            found += self._due(self._until)
            self.over = True
        self._past.forget()
        return found

    def _happened(self, entries: Sequence[JournalEntry]) -> Iterator[tuple[JournalEntry, Happened | None]]:
        """Each entry with what it is for rules, read together."""
        news = auto_plan.awaited(entries, self._rules)
        self._near = auto_plan.read_together(self._past.tx, news)
        found = {entry.id: auto_plan.happened(entry, what, self._near) for entry, what in news}
        return ((entry, found.get(entry.id)) for entry in entries)

    def _of_entry(self, entry: JournalEntry, about: Happened | None) -> Sequence[ReplayedAct]:
        found = list(self._due(entry.at)) if self._waiting else []
        number = entry.event.message
        self._past.hear(entry, None if number is None else self._near.messages.get(number))
        if about is not None:
            for rule, why in self._held(about, self._occasion(about)):
                found += self._act(rule, about, why, about.cause)
        return found

    def _held(self, about: Happened, occasion: Occasion) -> Sequence[tuple[AutoRule, Text]]:
        """The rules that would act at once, and why: all are asked before the first acts, as the daemon does it."""
        found: list[tuple[AutoRule, Text]] = []
        for rule in auto_plan.concerned(self._rules, about, occasion):
            if rule.id not in self._rules.waits and not self._holds(rule, occasion):
                continue
            holds, why = self._ask(rule, about, occasion)
            if why is not None:
                found.append((rule, why))
            if holds and rule.wanted.stop:
                break
        return found

    def _ask(self, rule: AutoRule, about: Happened, occasion: Occasion) -> tuple[bool, Text | None]:
        """Ask a rule whether it holds, and why it would act at once; remember what it would do later."""
        since = self._past.waits_since(about.place) if rule.id in self._rules.waits else None
        wait = rule.id, about.place.id
        before = since is not None and self._waited.get(wait) == since
        if before and not rule.wanted.stop:
            return False, None
        holds = self._holds(rule, occasion)
        if before or holds is None or not (holds or since is not None):
            return bool(holds), None
        answer = self._judged(rule, occasion) if holds else None
        if holds and answer is None:
            return False, None
        if since is not None and (holds or self._is_asked_later(rule, about, since)):
            self._waited[wait] = since
        return holds, None if answer is None else answer.why

    def _is_asked_later(self, rule: AutoRule, about: Happened, since: Millis, order: int | None = None) -> bool:
        """Remember to ask a rule when the client has waited long enough for it; false if it would still say no."""
        due = auto_plan.next_due(self._rules.waits[rule.id], about.place.line_id, since, self._past.now)
        if due is not None:
            heapq.heappush(
                self._waiting, _AskedLater(due, next(self._numbers) if order is None else order, rule.id, about, since)
            )
        return due is not None

    def _due(self, until: Millis) -> Iterator[ReplayedAct]:
        """What would have been done at the times that passed until then."""
        while self._waiting and self._waiting[0].due <= until:
            one = heapq.heappop(self._waiting)
            if (rule := self._rules.by_id.get(one.rule)) is not None:
                self._past.now = one.due
                yield from self._asked_again(rule, one)

    def _asked_again(self, rule: AutoRule, one: _AskedLater) -> Iterator[ReplayedAct]:
        about = one.about._replace(at=one.due)
        room = auto_pace.room_at(self._past.tx, self._desk, rule, about.place, self._past)
        if room is not None:
            heapq.heappush(self._waiting, one._replace(due=room))
            return
        if self._past.waits_since(about.place) != one.since:
            yield self._skipped(rule, about, auto_plan.OVER)
            return
        answer = self._judged(rule, self._occasion(about))
        if answer is None:
            return
        if answer.holds:
            yield from self._act(rule, about, answer.why, ActCause.TIME)
        elif not self._is_asked_later(rule, about, one.since, one.order):
            yield self._skipped(rule, about, answer.why)

    def _occasion(self, about: Happened) -> Occasion:
        facts = ReplayedFacts(self._near, about.place, about.message, self._rules.hours, self._past)
        return auto_facts.occasion(facts, about.at)

    def _judged(self, rule: AutoRule, occasion: Occasion) -> Judgement | None:
        """What a rule says, and why."""
        try:
            return judge(rule.condition, occasion)
        except (TimeoutError, UsageError) as error:
            self._failed(rule, error)
            return None

    def _holds(self, rule: AutoRule, occasion: Occasion) -> bool | None:
        """What a rule says; ``None``: it cannot say it."""
        try:
            return rule.condition.holds(occasion)
        except (TimeoutError, UsageError) as error:
            self._failed(rule, error)
            return None

    def _failed(self, rule: AutoRule, error: Exception) -> None:
        """Drop a rule whose expressions take too long, as it would be switched off; or a calendar is gone."""
        if isinstance(error, TimeoutError):
            self._overruns[rule.id] += 1
            if self._overruns[rule.id] >= MOST_OVERRUNS:
                self._drop(rule)

    def _drop(self, rule: AutoRule) -> None:
        """Ask a rule no more: the desk would have stopped it."""
        self._rules = RuleIndex([one for one in self._rules.by_id.values() if one.id != rule.id], self._rules.hours)

    def _act(self, rule: AutoRule, about: Happened, why: Text, cause: ActCause) -> Iterator[ReplayedAct]:
        """What a rule that holds would have done, and its else if nobody is there."""
        card, nobody = dialogs.card(self._past.tx, about.place.id), False
        done, timed = self._past.done[rule.id, cause], cause is ActCause.TIME
        for place, wanted in enumerate(rule.wanted.every):
            if place == len(rule.wanted.acts) and not nobody:
                return
            if not timed and _later(done, about.at - auto_pace.MINUTE) >= MOST_A_MINUTE:
                self._drop(rule)
                return
            state, refusal = self._refusal(rule, about, card, wanted, timed=timed)
            if refusal is None:
                self._past.changed(rule, wanted, about)
                done.append(about.at)
                ended = _Ended(PlannedState.DONE, why, auto_kinds.in_words(wanted))
            else:
                nobody = nobody or (state is PlannedState.SKIPPED and wanted.do in auto_takers.FINDING)
                ended = _Ended(state, why, refusal)
            yield _ended(rule, about, card, place, ended)

    def _refusal(
        self, rule: AutoRule, about: Happened, card: DialogCard, wanted: ActWanted, *, timed: bool
    ) -> tuple[PlannedState, Text | None]:
        """How an act would have ended, and why it would not have been done."""
        if auto_kinds.KINDS[wanted.do].sends:
            return PlannedState.SKIPPED, self._send(rule, about, card, timed=timed)
        if wanted.do in auto_takers.FINDING:
            return self._give(card, wanted)
        return PlannedState.DONE, None

    def _give(self, card: DialogCard, wanted: ActWanted) -> tuple[PlannedState, Text | None]:
        """Give a dialog to whoever is there at present: nobody knows who was then."""
        card = card._replace(assignee=self._past.assigned.get(card.id, card.assignee))
        if wanted.do == auto_kinds.DISTRIBUTE and card.assignee:
            return PlannedState.DONE, None
        try:
            self._past.assigned[card.id] = auto_giving.would_get(
                self._past.tx, self._desk, card, wanted.do, wanted.value
            )
        except NobodyThere as nobody:
            return PlannedState.SKIPPED, nobody.what
        except Refused as refusal:
            return PlannedState.FAILED, refusal.what
        return PlannedState.DONE, None

    def _skipped(self, rule: AutoRule, about: Happened, why: Text) -> ReplayedAct:
        card = dialogs.card(self._past.tx, about.place.id)
        return _ended(rule, about, card, 0, _Ended(PlannedState.SKIPPED, why, why))

    def _send(self, rule: AutoRule, about: Happened, card: DialogCard, *, timed: bool) -> Text | None:
        """Why it would not have written; ``None``: it would."""
        guard = Guard(self._past.tx, self._desk, rule, card, about.message, self._past, timed)
        refusal = guard.refusal()
        if refusal is None:
            self._past.answer(card, guard.arrival(), T("rule {name}", name=rule.wanted.name), timed=timed)
        return refusal


class _Ended(NamedTuple):
    state: PlannedState
    why: Text
    outcome: Text


def _ended(rule: AutoRule, about: Happened, card: DialogCard, place: int, ended: _Ended) -> ReplayedAct:
    message, wanted = None if about.message is None else about.message.id, rule.wanted.every[place]
    return ReplayedAct(rule, about.entry, place, wanted, card.id, card.name, message, about.at, *ended)


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

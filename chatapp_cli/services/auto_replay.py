"""Tries rules on what happened before: what they would have done, to whom and why; nothing is done.

Tags, assignees, stages and what is known of clients are taken as they are now, with what the rules themselves would
have changed. What acts of rules start, such as a tag that another rule waits for, is not followed. Who typed is known
for the last day only. Rules that run by the clock are left out: nobody knows what was so of every dialog then.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Final, NamedTuple

from chatapp_cli.domain.automation import ActCause, ActWanted, PlannedState, RuleEvent
from chatapp_cli.domain.condition import Judgement, Occasion, judge
from chatapp_cli.domain.errors import Refused, UsageError
from chatapp_cli.domain.ids import AutoRuleId, DialogId, MessageId, Millis
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.domain.text import Text
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
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.services.auto_facts import ReadTogether
from chatapp_cli.services.auto_guards import Guard
from chatapp_cli.services.auto_index import HoursNow, RuleIndex
from chatapp_cli.services.auto_pace import MOST_A_MINUTE
from chatapp_cli.services.auto_plan import MOST_OVERRUNS, Happened
from chatapp_cli.services.auto_replay_past import ReplayedFacts, ReplayedPast
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.store.rows.automation import AutoRuleRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

PAGE: Final = 1_000
"""Entries of the journal that are read at once."""


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


class _AskedLater(NamedTuple):
    """A rule that is asked again at a time, or goes on then with what it put off."""

    due: Millis
    asks: bool
    """What was put off comes first, as the desk does it."""
    order: int
    rule: AutoRuleId
    about: Happened
    since: Millis = 0
    """Of one that is asked: since when the client had waited."""
    rest: _Rest | None = None


class _Rest(NamedTuple):
    """What a rule has yet to do for an event."""

    why: Text
    cause: ActCause
    place: int = 0
    """Of its next act."""
    nobody: bool = False
    """Whether its else is done as well."""


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
                found += self._act(rule, about, _Rest(why, about.cause))
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
            number = next(self._numbers) if order is None else order
            later = _AskedLater(due, asks=True, order=number, rule=rule.id, about=about, since=since)
            heapq.heappush(self._waiting, later)
        return due is not None

    def _due(self, until: Millis) -> Iterator[ReplayedAct]:
        """What would have been done at the times that passed until then."""
        while self._waiting and self._waiting[0].due <= until:
            one = heapq.heappop(self._waiting)
            if (rule := self._rules.by_id.get(one.rule)) is not None:
                self._past.now = one.due
                about = one.about._replace(at=one.due)
                if one.rest is None:
                    yield from self._asked_again(rule, one, about)
                else:
                    yield from self._act(rule, about, one.rest, one.order)

    def _asked_again(self, rule: AutoRule, one: _AskedLater, about: Happened) -> Iterator[ReplayedAct]:
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
            yield from self._act(rule, about, _Rest(answer.why, ActCause.TIME))
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

    def _act(self, rule: AutoRule, about: Happened, rest: _Rest, order: int | None = None) -> Iterator[ReplayedAct]:
        """What a rule that holds would have done, and its else if nobody is there."""
        card, nobody, why = dialogs.card(self._past.tx, about.place.id), rest.nobody, rest.why
        for place, wanted in enumerate(rule.wanted.every[rest.place :], rest.place):
            if place == len(rule.wanted.acts) and not nobody:
                return
            if not self._goes_on(rule, about, rest._replace(place=place, nobody=nobody), order):
                return
            state, refusal = self._refusal(rule, about, card, wanted, timed=rest.cause is ActCause.TIME)
            if refusal is None:
                self._past.changed(rule, wanted, about)
                self._past.done[rule.id, rest.cause].append((about.at, card.id))
                ended = _Ended(PlannedState.DONE, why, auto_kinds.in_words(wanted))
            else:
                nobody = nobody or (state is PlannedState.SKIPPED and wanted.do in auto_takers.FINDING)
                ended = _Ended(state, why, refusal)
            yield _ended(rule, about, card, place, ended)

    def _goes_on(self, rule: AutoRule, about: Happened, rest: _Rest, order: int | None) -> bool:
        """Whether a rule may act; if not, the desk would have stopped it, or put off the rest."""
        lately = self._past.acts_by(rule.id, rest.cause, about.at - auto_pace.MINUTE)
        if rest.cause is ActCause.TIME or len(lately) < MOST_A_MINUTE:
            return True
        if auto_pace.is_loop(rest.cause, lately.count(about.place.id)):
            self._drop(rule)
        else:
            due, number = auto_pace.put_off(about.at), next(self._numbers) if order is None else order
            later = _AskedLater(due, asks=False, order=number, rule=rule.id, about=about, rest=rest)
            heapq.heappush(self._waiting, later)
        return False

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
            self._past.answer(card, guard.arrival(), rule, timed=timed)
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

"""What would have happened until a moment of the past, for rules that are tried on it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.automation import ActCause
from chatapp_cli.domain.dialog_condition import waiting
from chatapp_cli.domain.journal.dialogs import AnswerAwaited, AnswerTyped, AnswerWaived
from chatapp_cli.domain.journal.messages import MessageReceived
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import auto_kinds
from chatapp_cli.services.auto_deeds import judged_until
from chatapp_cli.services.auto_facts import StoredFacts

if TYPE_CHECKING:
    from chatapp_cli.domain.automation import ActWanted
    from chatapp_cli.domain.ids import AutoRuleId, ChannelId, DialogId, MessageId, Millis
    from chatapp_cli.domain.journal.base import JournalEvent
    from chatapp_cli.domain.journal.reading import JournalEntry
    from chatapp_cli.services.auto_plan import Happened
    from chatapp_cli.services.auto_rules import AutoRule
    from chatapp_cli.store.rows.automation import DialogPlace, JudgedMessage
    from chatapp_cli.store.rows.dialogs import DialogCard
    from chatapp_cli.store.tx import Tx

REMEMBERED: Final = 10_000
"""Answered arrivals that are remembered."""
LATEST: Final = 1_440
"""Answers of a channel that are remembered: the most that the option ``auto_storm`` may allow."""
TAKES: Final = 1_000
"""Milliseconds that an answer takes until a client has it: what they wrote before that is no answer to it."""


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
    settled: dict[DialogId, tuple[Millis, Text]] = field(default_factory=dict)
    """The last answer in each dialog: when, and by which rule."""
    written: dict[tuple[AutoRuleId, DialogId], Millis] = field(default_factory=dict)
    """When each rule wrote last in a dialog."""
    in_dialog: dict[DialogId, deque[Millis]] = field(default_factory=lambda: defaultdict(deque))
    by_channel: dict[ChannelId, deque[Millis]] = field(default_factory=lambda: defaultdict(deque))
    """Answers to arrivals."""
    latest: dict[ChannelId, deque[Millis]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=LATEST)))
    """All answers."""
    done: dict[tuple[AutoRuleId, ActCause], deque[tuple[Millis, DialogId]]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    stopped: set[ChannelId] = field(default_factory=set)
    tags: dict[DialogId, dict[str, bool]] = field(default_factory=lambda: defaultdict(dict))
    """Those that rules would have added, and taken off."""
    assigned: dict[DialogId, str] = field(default_factory=dict)
    _waits: dict[DialogId, Millis] = field(default_factory=dict)
    """Since when clients wait, as far as it was looked up and goes on."""

    def answered_by(self, arrival: JudgedMessage) -> Text | None:
        """Which rule would have answered it, or written there after it had come."""
        at, by = self.settled.get(arrival.dialog_id, (0, None))
        if by is not None and not arrival.pressed and arrival.stored_at <= at + TAKES:
            return by
        return self.answered.get(arrival.id)

    def wrote(self, rule: AutoRuleId, dialog: DialogId, since: Millis) -> bool:
        """Whether it would have written there."""
        return self.written.get((rule, dialog), 0) > since

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
        return sum(len(self.acts_by(rule, cause, since)) for cause in ActCause)

    def acts_by(self, rule: AutoRuleId, cause: ActCause, since: Millis) -> Sequence[DialogId]:
        """The dialogs of the acts that something made a rule do after a time."""
        done = self.done[rule, cause]
        while done and done[0][0] <= since:
            done.popleft()
        return [dialog for _at, dialog in done]

    def is_stopped(self, channel: ChannelId) -> bool:
        """Whether they would have been stopped."""
        return channel in self.stopped

    def stop(self, channel: ChannelId) -> None:
        """Nobody resumes them."""
        self.stopped.add(channel)

    def answer(self, card: DialogCard, arrival: MessageId | None, rule: AutoRule, *, timed: bool) -> None:
        """Remember an automatic answer; ``timed``: time alone made it due."""
        by = T("rule {name}", name=rule.wanted.name)
        self.settled[card.id], self.written[rule.id, card.id] = (self.now, by), self.now
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
        while len(self.written) > REMEMBERED:
            self.written.pop(next(iter(self.written)))
        while len(self.settled) > REMEMBERED:
            self.settled.pop(next(iter(self.settled)))


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

"""Whatever happens in whatever order, the outbox keeps its word: order, one at a time, nothing twice, nothing lost."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chatapp_cli.domain.arrival import Arrival, Batch, DeliveryChanged
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import OutcomeUnknown, RateLimited, Refused, Rejected, Retryable
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.message import PENDING, Priority, State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import ingest, outbox, sending, transcript
from chatapp_cli.store.rows.outbox import OutboxRow
from chatapp_cli.store.tx import Tx
from tests.stores import EVERYTHING, NOON, Shop

PRIORITIES = st.sampled_from([Priority.BULK, Priority.AUTOMATIC, Priority.OPERATOR])
SECONDS = st.integers(0, 3)
DELAY = st.sampled_from([0, 0, 0, 1, 3])
DRAFT = Draft(text="привет")
PICK = st.integers(0, 1_000)
NEWS = st.tuples(st.integers(0, 2), st.sampled_from([State.SENT, State.DELIVERED, State.READ, State.FAILED]))
"""Which part of a message the provider speaks of, and what it says."""
STORY = st.one_of(
    st.lists(NEWS, max_size=3),
    st.sampled_from([[(0, State.FAILED)], [(1, State.DELIVERED)], [(0, State.DELIVERED), (1, State.FAILED)]]),
)
BEFORE = {
    State.SENT: {State.QUEUED, State.UNCERTAIN, State.FAILED},
    State.DELIVERED: {State.QUEUED, State.UNCERTAIN, State.FAILED, State.SENT},
    State.READ: {State.QUEUED, State.UNCERTAIN, State.FAILED, State.SENT, State.DELIVERED},
    State.FAILED: {State.UNCERTAIN, State.SENT},
}
"""What a message may have been before the provider's news of its first part change it."""
FEW = settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.generate],
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class PowerCut(Exception):
    """The process ends before its transaction is committed."""


@dataclass
class Expected:
    """What the model knows of a message."""

    dialog: DialogId
    priority: int
    place: int
    state: State
    not_before: int = 0
    claimed: int = 0
    """The outbox row for which a sender waits for its turn; the provider has not heard of it."""
    risks: int = 1
    """How often a person, or accepting it, allowed it to be delivered."""
    attempts: int = 0
    """How often it was tried, without what was no attempt: a wait, an interruption."""
    ids: tuple[str, ...] = ()
    """What the provider called its parts when it took them."""

    def hear(self, part: int, state: State) -> None:
        """Take the provider's news: the first part speaks for all of them, but each may fail."""
        if part and not (state is State.FAILED and self.state in {State.UNCERTAIN, State.SENT, State.DELIVERED}):
            return
        if part or self.state in BEFORE[state]:
            self.state, self.claimed = state, 0


@dataclass
class Provider:
    """Counts what really went out; an idempotent one delivers a key once."""

    idempotent: bool
    keys: Counter[str] = field(default_factory=Counter)

    def take(self, key: str) -> None:
        self.keys[key] = 1 if self.idempotent else self.keys[key] + 1


class OutboxMachine(RuleBasedStateMachine):
    """Operators, senders, crashes and a clock, against the real store."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop
        self.known: dict[MessageId, Expected] = {}
        self.claimed: list[outbox.Claim] = []
        self.flying: list[outbox.Claim] = []
        self.stale: list[outbox.Claim] = []
        self.places = count()

    @initialize(idempotent=st.booleans())
    def bind(self, idempotent: bool) -> None:
        self.channel = self.shop.channel()
        self.provider = Provider(idempotent)
        self.dialogs = [self.shop.message(self.shop.hear(self.channel, who=who)).dialog_id for who in ("a", "b", "c")]

    @rule(drafts=st.lists(st.tuples(st.integers(0, 2), PRIORITIES, DELAY), min_size=1, max_size=5))
    def enqueue(self, drafts: list[tuple[int, int, int]]) -> None:
        for draft in drafts:
            self.put(*draft)

    def put(self, dialog: int, priority: int, delay: int) -> None:
        at = self.shop.clock.at + delay * 1000 if delay else None
        order, where = self.shop.order(priority=priority, at=at), self.dialogs[dialog]
        message = self.shop.write(partial(sending.enqueue, can=EVERYTHING, dialog=where, draft=DRAFT, options=order))
        state = State.SCHEDULED if delay else State.QUEUED
        self.known[message] = Expected(where, priority, next(self.places), state, at or 0)

    def expected_claim(self) -> MessageId | None:
        heads = []
        for dialog in self.dialogs:
            here = [(m, e) for m, e in self.known.items() if e.dialog == dialog]
            if any(e.state is State.SENDING or e.claimed for _, e in here):
                continue
            queued = [(m, e) for m, e in here if e.state is State.QUEUED]
            heads += sorted(queued, key=lambda me: (-me[1].priority, me[1].place))[:1]
        ready = [(m, e) for m, e in heads if e.not_before <= self.shop.clock.at]
        return min(ready, key=lambda me: (-me[1].priority, me[1].place))[0] if ready else None

    @rule(times=st.integers(1, 4), at_once=st.booleans())
    def claim(self, times: int, at_once: bool) -> None:
        """Take what may go; the turn of the last one may come at once."""
        for _ in range(times):
            self.take_one()
        if at_once and self.claimed:
            self.begin(self.claimed.pop())

    def take_one(self) -> None:
        expected = self.expected_claim()
        found = self.shop.write(lambda tx: outbox.claim(tx, self.shop.media, self.channel))
        assert (found and found.message.id) == expected
        if found:
            self.claimed.append(found)
            self.known[found.message.id].claimed = found.row.id
            self.known[found.message.id].attempts += 1

    @rule(
        dialog=st.integers(0, 2),
        parts=st.integers(1, 3),
        early=STORY,
        later=STORY,
        again=st.one_of(st.none(), st.just((0, State.FAILED)), NEWS),
    )
    def one_goes_out_in_parts(
        self,
        dialog: int,
        parts: int,
        early: list[tuple[int, State]],
        later: list[tuple[int, State]],
        again: tuple[int, State] | None,
    ) -> None:
        """All of its way in one step, so that what the provider tells of it is tried often."""
        self.put(dialog, Priority.OPERATOR, 0)
        message = self.expected_claim()
        if message is None:
            return
        self.take_one()
        self.begin(self.claimed.pop())
        self.goes_out(len(self.flying) - 1, parts, early, later)
        if again and self.known[message].state is State.FAILED:
            self.send_again(message, again)

    @precondition(lambda self: self.claimed)
    @rule(pick=PICK)
    def hand_over(self, pick: int) -> None:
        self.begin(self.claimed.pop(pick % len(self.claimed)))

    def begin(self, claim: outbox.Claim) -> None:
        known = self.known[claim.message.id]
        taken_back = known.claimed != claim.row.id
        assert self.shop.write(lambda tx: outbox.begin(tx, claim)) == (not taken_back)
        if taken_back:
            self.stale.append(claim)
        else:
            known.claimed, known.state = 0, State.SENDING
            self.flying.append(claim)

    @rule()
    def die_while_claiming(self) -> None:
        def claim_and_die(tx: Tx) -> None:
            outbox.claim(tx, self.shop.media, self.channel)
            raise PowerCut

        with pytest.raises(PowerCut):
            self.shop.write(claim_and_die)

    def land(self, pick: int) -> tuple[outbox.Claim, Expected]:
        claim = self.flying.pop(pick % len(self.flying))
        self.stale.append(claim)
        return claim, self.known[claim.message.id]

    @precondition(lambda self: self.flying)
    @rule(pick=PICK, parts=st.integers(1, 3), early=st.lists(NEWS, max_size=2), later=st.lists(NEWS, max_size=3))
    def succeed(self, pick: int, parts: int, early: list[tuple[int, State]], later: list[tuple[int, State]]) -> None:
        self.goes_out(pick, parts, early, later)

    def goes_out(self, pick: int, parts: int, early: list[tuple[int, State]], later: list[tuple[int, State]]) -> None:
        """The provider takes it in so many parts, and tells of some of them before its answer or after it."""
        claim, known = self.land(pick)
        self.provider.take(claim.outbound.key)
        ids = tuple(f"out-{claim.row.id}-{claim.row.claims}-{part}" for part in range(parts))
        overtakes = {part % parts: state for part, state in early}
        for part, state in overtakes.items():
            self.tell(ids[part], state)
        assert self.shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=ids)))
        known.state, known.ids = State.SENT, ids
        for part, state in sorted(overtakes.items()):
            known.hear(part, state)
        for news in later:
            self.hear(known, news)

    def hear(self, known: Expected, news: tuple[int, State]) -> None:
        part = news[0] % len(known.ids)
        self.tell(known.ids[part], news[1])
        known.hear(part, news[1])

    def tell(self, ext_id: str, state: State) -> None:
        event = DeliveryChanged(ext_id=ext_id, state=state, at=NOON)
        arrival = Arrival(provider_id=f"news{next(self.places)}", raw=b"{}", events=(event,))
        self.shop.write(lambda tx: ingest.ingest(tx, self.channel, Batch(arrivals=(arrival,))))

    @precondition(lambda self: any(e.ids and e.state is not State.SENDING for e in self.known.values()))
    @rule(pick=PICK, news=NEWS)
    def the_provider_tells(self, pick: int, news: tuple[int, State]) -> None:
        spoken_of = [e for e in self.known.values() if e.ids and e.state is not State.SENDING]
        self.hear(spoken_of[pick % len(spoken_of)], news)

    @precondition(lambda self: self.flying)
    @rule(pick=PICK)
    def reject(self, pick: int) -> None:
        claim, known = self.land(pick)
        assert self.shop.write(lambda tx: outbox.fail(tx, claim, Rejected("no_such_user")))
        known.state = State.FAILED

    @precondition(lambda self: self.flying)
    @rule(pick=PICK, seconds=SECONDS, counted=st.booleans())
    def postpone(self, pick: int, seconds: int, counted: bool) -> None:
        claim, known = self.land(pick)
        error = Retryable("busy") if counted else RateLimited("slow", retry_after=seconds)
        assert self.shop.write(lambda tx: outbox.postpone(tx, claim, error, seconds=seconds, counted=counted))
        known.state, known.not_before = State.QUEUED, self.shop.clock.at + seconds * 1000
        known.attempts -= 0 if counted else 1

    @precondition(lambda self: self.flying)
    @rule(pick=PICK, arrived=st.booleans())
    def answer_is_lost(self, pick: int, arrived: bool) -> None:
        claim, known = self.land(pick)
        if arrived:
            self.provider.take(claim.outbound.key)
        self.leave(claim, known)

    @precondition(lambda self: self.claimed)
    @rule(pick=PICK, seconds=SECONDS)
    def its_turn_does_not_come(self, pick: int, seconds: int) -> None:
        claim = self.claimed.pop(pick % len(self.claimed))
        known = self.known[claim.message.id]
        early = RateLimited("pace", retry_after=seconds)
        mine = known.claimed == claim.row.id
        put_back = partial(outbox.postpone, claim=claim, error=early, seconds=seconds, counted=False)
        assert self.shop.write(put_back) == mine
        if mine:
            known.claimed, known.not_before = 0, self.shop.clock.at + seconds * 1000
            known.attempts -= 1
        self.stale.append(claim)

    def leave(self, claim: outbox.Claim, known: Expected) -> None:
        """What the sender does with an unknown outcome."""
        if self.provider.idempotent:
            again = partial(outbox.postpone, claim=claim, error=Retryable("interrupted"), seconds=0, counted=False)
            assert self.shop.write(again)
            known.state, known.not_before = State.QUEUED, self.shop.clock.at
            known.attempts -= 1
        else:
            assert self.shop.write(lambda tx: outbox.leave_uncertain(tx, claim, OutcomeUnknown("interrupted")))
            known.state = State.UNCERTAIN

    @rule(arrived=st.booleans())
    def crash_and_recover(self, arrived: bool) -> None:
        for claim in self.flying:
            if arrived:
                self.provider.take(claim.outbound.key)
        found = self.shop.read(lambda tx: outbox.left_by_last_holder(tx, self.shop.media, self.channel))
        assert {c.row.id for c in found if c.began} == {c.row.id for c in self.flying}
        self.stale += [*self.flying, *self.claimed]
        self.flying, self.claimed = [], []
        for claim in found:
            known = self.known[claim.message.id]
            if claim.began:
                self.leave(claim, known)
            else:
                put_back = partial(outbox.postpone, claim=claim, error=Retryable("stopped"), seconds=0, counted=False)
                assert known.claimed
                assert self.shop.write(put_back)
                known.claimed, known.not_before = 0, self.shop.clock.at
                known.attempts -= 1

    @precondition(lambda self: self.stale)
    @rule(pick=PICK)
    def a_sender_that_lost_its_claim_speaks(self, pick: int) -> None:
        claim = self.stale[pick % len(self.stale)]
        assert not self.shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=("stale",))))
        assert not self.shop.write(lambda tx: outbox.fail(tx, claim, Rejected("stale")))

    @rule(dialog=st.integers(0, 2), seconds=SECONDS)
    def hold(self, dialog: int, seconds: int) -> None:
        until = self.shop.clock.at + seconds * 1000
        self.shop.write(lambda tx: outbox.delay(tx, self.dialogs[dialog], {"dialog": seconds}))
        for known in self.known.values():
            if known.dialog == self.dialogs[dialog] and known.state is State.QUEUED and not known.claimed:
                known.not_before = max(known.not_before, until)

    @rule(seconds=st.integers(1, 4))
    def time_passes(self, seconds: int) -> None:
        self.shop.clock.at += seconds * 1000
        due = {m for m, e in self.known.items() if e.state is State.SCHEDULED and e.not_before <= self.shop.clock.at}
        assert {message for message, channel in self.shop.write(outbox.promote) if channel == self.channel} == due
        for message in due:
            self.known[message].state = State.QUEUED

    @precondition(lambda self: self.known)
    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        message = sorted(self.known)[pick % len(self.known)]
        known = self.known[message]
        try:
            self.shop.write(lambda tx: sending.cancel(tx, message))
        except Refused:
            assert known.state not in {State.QUEUED, State.SCHEDULED}
        else:
            assert known.state in {State.QUEUED, State.SCHEDULED}
            known.state, known.claimed = State.CANCELLED, 0

    @precondition(lambda self: self.known)
    @rule(pick=PICK, news=st.one_of(st.none(), NEWS))
    def a_person_sends_it_again(self, pick: int, news: tuple[int, State] | None) -> None:
        self.send_again(sorted(self.known)[pick % len(self.known)], news)

    def send_again(self, message: MessageId, news: tuple[int, State] | None) -> None:
        known = self.known[message]
        try:
            self.shop.write(lambda tx: sending.retry(tx, message))
        except Refused:
            assert known.state not in {State.FAILED, State.UNCERTAIN}
        else:
            assert known.state in {State.FAILED, State.UNCERTAIN}
            known.risks += 1
            known.state, known.not_before, known.priority = State.QUEUED, 0, Priority.OPERATOR
            known.place, known.attempts = next(self.places), 0
            if news and known.ids:
                self.hear(known, news)

    @precondition(lambda self: any(e.state is State.UNCERTAIN for e in self.known.values()))
    @rule(went=st.booleans())
    def a_person_decides(self, went: bool) -> None:
        message = next(m for m, e in self.known.items() if e.state is State.UNCERTAIN)
        verdict = "sent" if went else "failed"
        self.shop.write(lambda tx: sending.resolve(tx, message, verdict))
        self.known[message].state = State(verdict)

    @invariant()
    def every_message_stands_where_a_person_sees_it(self) -> None:
        with self.shop.reading() as tx:
            found = {number: transcript.message(tx, number).state for number in self.known}
        assert found == {number: known.state for number, known in self.known.items()}

    @invariant()
    def what_is_pending_has_exactly_one_row_and_nothing_else_has_one(self) -> None:
        with self.shop.reading() as tx:
            rows = [r for d in getattr(self, "dialogs", ()) for r in tx.all(OutboxRow, "outbox.of_dialog", dialog=d)]
        pending = Counter(number for number, known in self.known.items() if known.state in PENDING)
        assert Counter(row.message_id for row in rows) == pending
        assert {row.message_id: row.attempts for row in rows} == {
            number: known.attempts for number, known in self.known.items() if known.state in PENDING
        }

    @invariant()
    def never_two_of_a_dialog_are_on_their_way(self) -> None:
        flying = Counter(claim.row.dialog_id for claim in self.flying)
        flying += Counter(known.dialog for known in self.known.values() if known.claimed)
        assert max(flying.values(), default=0) <= 1

    @invariant()
    def nothing_is_delivered_oftener_than_somebody_allowed(self) -> None:
        with self.shop.reading() as tx:
            for number, known in self.known.items():
                went = self.provider.keys[transcript.message(tx, number).key or ""]
                assert went <= (1 if self.provider.idempotent else known.risks)


def test_the_outbox_keeps_its_word(shop: Shop) -> None:
    run_state_machine_as_test(lambda: OutboxMachine(shop), settings=FEW)

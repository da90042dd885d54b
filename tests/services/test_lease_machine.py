"""The lease under everything that processes and clocks can do: never two whose claims are both accepted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

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

from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Retryable
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.services import lease, outbox, sending, session_requests
from chatapp_cli.store.rows.lease import LASTS, LeaseRow
from chatapp_cli.store.tx import Tx
from tests.stores import EVERYTHING, Shop

FEW = settings(
    max_examples=30,
    phases=[Phase.explicit, Phase.generate],
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
LATER = Retryable("stopped")
WHO = st.integers(0, 3)
JUMP = st.one_of(st.integers(-7_200_000, 7_200_000), st.integers(-20_000, 20_000), st.just(0))


class Undone(Exception):
    """What was tried is rolled back."""


@dataclass(slots=True)
class Process:
    """One that may hold the store: what it believes, and what it has seen of the lease by its own clock."""

    number: int
    epoch: int = -1
    """Of the lease that it believes to have."""
    seen: LeaseRow = lease.NOBODY
    since: float = 0.0
    flying: outbox.Claim | None = None

    @property
    def name(self) -> str:
        return f"process {self.number}"


class LeaseMachine(RuleBasedStateMachine):
    """Four processes, the database's clock, which stands and jumps, and a clock that never goes back."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop
        self.epochs: dict[int, int] = {}
        """Who was given which epoch."""
        self.elapsed = 0.0

    @initialize()
    def begins(self) -> None:
        self.at = self.shop.clock.at
        self.processes = [Process(n) for n in range(4)]
        self.channel = self.shop.channel()
        message = self.shop.hear(self.channel, who=f"anna{self.channel}")
        self.dialog = self.shop.message(message).dialog_id

    def row(self) -> LeaseRow:
        return self.shop.read(lease.read)

    @rule(seconds=st.floats(0, 40), jump=JUMP)
    def time_passes(self, seconds: float, jump: int) -> None:
        self.elapsed += seconds
        self.at += int(seconds * 1000) + jump

    @rule(n=WHO)
    def looks(self, n: int) -> None:
        """See how long the lease has not moved, by one's own clock."""
        me, row = self.processes[n], self.row()
        if (row.epoch, row.beat_at) != (me.seen.epoch, me.seen.beat_at):
            me.seen, me.since = row, self.elapsed

    @rule(n=WHO)
    def takes(self, n: int) -> None:
        me, before = self.processes[n], self.row()
        unmoved = me.seen.holder and self.elapsed - me.since >= LASTS
        over = me.seen if unmoved else None
        taken = self.shop.write(lambda tx: lease.take(tx, me.name, "daemon", self.at, given_up=over))
        given_up = over is not None and (over.epoch, over.beat_at) == (before.epoch, before.beat_at)
        assert (taken.epoch != before.epoch) == (before.is_free(self.at) or given_up)
        if taken.epoch == before.epoch:
            assert taken == before
            return
        assert (taken.epoch, taken.holder, taken.beat_at) == (before.epoch + 1, me.name, self.at)
        self.epochs[taken.epoch] = n
        me.epoch = taken.epoch

    @rule(n=WHO)
    def beats(self, n: int) -> None:
        me, before = self.processes[n], self.row()
        assert self.shop.database.touch(lambda tx: lease.beat(tx, me.epoch, self.at)) == (
            before.epoch == me.epoch and before.holder != ""
        )
        if before.epoch != me.epoch:
            assert self.row() == before

    @rule(n=WHO)
    def leaves(self, n: int) -> None:
        me, before = self.processes[n], self.row()
        self.shop.database.touch(lambda tx: lease.leave(tx, me.epoch))
        assert (self.row().holder == "") == (before.epoch == me.epoch or before.holder == "")

    @rule(n=WHO)
    def asks(self, n: int) -> None:
        me, before = self.processes[n], self.row()
        others = before.wanted_by not in {"", me.name} and before.is_asked_for(self.at)
        assert self.shop.database.touch(lambda tx: lease.ask(tx, me.name, self.at)) != others
        assert self.row().is_asked_for(self.at)
        assert (self.row().epoch, self.row().holder) == (before.epoch, before.holder)

    @rule(n=WHO)
    def asks_no_longer(self, n: int) -> None:
        me = self.processes[n]
        self.shop.database.touch(lambda tx: lease.ask_no_longer(tx, me.name))
        assert self.row().wanted_by != me.name

    @rule(n=WHO)
    def claims(self, n: int) -> None:
        """Somebody has written, and a process wants to send it."""
        me, order = self.processes[n], self.shop.order()
        self.shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, self.dialog, Draft(text="Есть"), order))
        found = self.shop.write(lambda tx: outbox.claim(tx, self.shop.media, self.channel, me.epoch))
        if found is not None:
            assert me.epoch == self.row().epoch
            me.flying = found

    @precondition(lambda self: any(process.flying for process in self.processes))
    @rule()
    def hands_over(self) -> None:
        me = next(process for process in self.processes if process.flying)
        claim, me.flying = me.flying, None
        assert claim is not None
        if self.shop.write(lambda tx: outbox.begin(tx, claim)):
            assert me.epoch == self.row().epoch
            self.shop.write(lambda tx: outbox.postpone(tx, claim, LATER, seconds=0, counted=False))

    @rule(n=WHO)
    def recovers(self, n: int) -> None:
        """What the last holder left is put back by the one that holds now, and by nobody else."""
        me = self.processes[n]
        left = self.shop.read(lambda tx: outbox.left_by_last_holder(tx, self.shop.media, self.channel, me.epoch))
        assert not left or me.epoch == self.row().epoch
        for claim in left:
            assert self.shop.write(lambda tx, claim=claim: outbox.postpone(tx, claim, LATER, seconds=0, counted=False))

    @invariant()
    def an_epoch_was_given_to_one_process_only(self) -> None:
        for process in getattr(self, "processes", ()):
            assert process.epoch < 0 or self.epochs[process.epoch] == process.number

    @invariant()
    def never_two_whose_claims_are_accepted(self) -> None:
        accepted = [process.number for process in getattr(self, "processes", ()) if self._accepts(process.epoch)]
        assert len(accepted) <= 1

    def _accepts(self, epoch: int) -> bool:
        """Whether a request would be given to this epoch now; undone again."""

        accepted: list[bool] = []

        def give(tx: Tx) -> None:
            session_requests.ask(tx, self.channel, SessionMethod.FIND, {"address": "@anna"}, seconds=1)
            accepted.append(session_requests.claim(tx, self.channel, epoch) is not None)
            raise Undone

        with suppress(Undone):
            self.shop.write(give)
        return accepted[-1]


def test_never_two_processes_hold_the_store_at_once_whatever_the_clocks_do(shop: Shop) -> None:
    run_state_machine_as_test(lambda: LeaseMachine(shop), settings=FEW)


def test_a_claim_of_a_former_holder_is_handed_over_no_more_and_recovered_by_the_next(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.message(shop.hear(channel)).dialog_id
    first, second = (shop.write(lambda tx, n=n: lease.take(tx, f"{n}", "daemon", n * 20_000).epoch) for n in (1, 2))
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Есть"), shop.order()))
    claim = shop.write(lambda tx: outbox.claim(tx, shop.media, channel, second))
    assert claim is not None
    third = shop.write(lambda tx: lease.take(tx, "3", "daemon", 60_000)).epoch
    assert not shop.write(lambda tx: outbox.begin(tx, claim))
    for former in (0, first, second):
        assert shop.write(lambda tx, e=former: outbox.claim(tx, shop.media, channel, e)) is None
        assert shop.read(lambda tx, e=former: outbox.left_by_last_holder(tx, shop.media, channel, e)) == []
    (left,) = shop.read(lambda tx: outbox.left_by_last_holder(tx, shop.media, channel, third))
    assert not left.began
    assert shop.write(lambda tx: outbox.postpone(tx, left, LATER, seconds=0, counted=False))
    again = shop.write(lambda tx: outbox.claim(tx, shop.media, channel, third))
    assert again is not None
    assert shop.write(lambda tx: outbox.begin(tx, again))

"""Whatever happens in whatever order, each timer fires exactly once, never before its time, and outlives restarts."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chatapp_cli.services import timers, upkeep
from chatapp_cli.store.tx import Tx
from tests.stores import NOON, Shop

KINDS = ("wait", "date")
REFS = st.sampled_from(["a", "b", "c"])
KIND = st.sampled_from(KINDS)
DELAY = st.integers(0, 5_000)


class PowerCut(Exception):
    """The process ends before its transaction is committed."""


class TimerMachine(RuleBasedStateMachine):
    """People and waits set timers, time passes or is set back, the process dies; the real store keeps them."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop
        self.shop.clock.at = NOON
        self.shop.write(self._clear)
        self.waiting: dict[tuple[str, str], int] = {}

    def _clear(self, tx: Tx) -> None:
        for kind in KINDS:
            for ref in ("a", "b", "c"):
                timers.cancel(tx, kind, ref)

    def _handler(self, kind: str, fired: list[tuple[str, str]]) -> timers.Handler:
        def handle(tx: Tx, ref: str) -> None:
            assert timers.at(tx, kind, ref) is None, "it is removed before its handler runs"
            fired.append((kind, ref))

        return handle

    @rule(kind=KIND, ref=REFS, delay=DELAY)
    def put(self, kind: str, ref: str, delay: int) -> None:
        at = self.shop.clock.at + delay
        self.shop.write(partial(timers.put, kind=kind, ref=ref, at=at, keeps_hour=kind == "date"))
        self.waiting[kind, ref] = at

    @rule(kind=KIND, ref=REFS)
    def cancel(self, kind: str, ref: str) -> None:
        was_set = self.waiting.pop((kind, ref), None) is not None
        assert self.shop.write(partial(timers.cancel, kind=kind, ref=ref)) is was_set

    @rule(milliseconds=st.integers(1, 4_000))
    def time_passes(self, milliseconds: int) -> None:
        self.shop.clock.at += milliseconds

    @rule(milliseconds=st.integers(2_001, 6_000))
    def clock_is_set_back(self, milliseconds: int) -> None:
        self.shop.clock.at -= milliseconds
        self.shop.write(partial(upkeep.clock_went_back, milliseconds=milliseconds))
        for (kind, ref), at in self.waiting.items():
            if kind == "wait" and at > self.shop.clock.at:
                self.waiting[kind, ref] = at - milliseconds

    @rule(again=st.sampled_from([None, None, 0, 1_500]))
    def look(self, again: int | None) -> None:
        """Fire what is due; a repeating one sets itself again."""
        for kind in self.shop.read(timers.kinds_due):
            for ref in self.shop.read(partial(timers.due, kind=kind, n=100)):
                fired: list[tuple[str, str]] = []
                assert self.shop.write(partial(timers.fire, kind=kind, ref=ref, handler=self._handler(kind, fired)))
                self._fires(kind, ref, fired)
                if again is not None:
                    self.put(kind, ref, again)
        overdue = [key for key, at in self.waiting.items() if at <= self.shop.clock.at]
        assert again == 0 or overdue == []

    def _fires(self, kind: str, ref: str, fired: list[tuple[str, str]]) -> None:
        assert fired == [(kind, ref)]
        assert self.waiting.pop((kind, ref)) <= self.shop.clock.at

    @rule(kind=KIND, ref=REFS)
    def fired_by_one_who_looked_long_ago(self, kind: str, ref: str) -> None:
        fired: list[tuple[str, str]] = []
        due = self.waiting.get((kind, ref), self.shop.clock.at + 1) <= self.shop.clock.at
        done = self.shop.write(partial(timers.fire, kind=kind, ref=ref, handler=self._handler(kind, fired)))
        assert done is due
        if due:
            self._fires(kind, ref, fired)

    @rule(kind=KIND, ref=REFS)
    def crash_while_it_fires(self, kind: str, ref: str) -> None:
        def cut(tx: Tx, _ref: str) -> None:
            raise PowerCut

        with suppress(PowerCut):
            self.shop.write(partial(timers.fire, kind=kind, ref=ref, handler=cut))

    @rule(kind=KIND, ref=REFS, seconds=st.integers(1, 3))
    def put_off_after_a_failure(self, kind: str, ref: str, seconds: int) -> None:
        due = self.waiting.get((kind, ref), self.shop.clock.at + 1) <= self.shop.clock.at
        assert self.shop.write(partial(timers.delay, kind=kind, ref=ref, seconds=seconds)) is due
        if due:
            self.waiting[kind, ref] = self.shop.clock.at + seconds * 1000

    @invariant()
    def the_store_knows_what_we_know(self) -> None:
        known = {
            (kind, ref): at
            for kind in KINDS
            for ref in ("a", "b", "c")
            if (at := self.shop.read(partial(timers.at, kind=kind, ref=ref))) is not None
        }
        assert known == self.waiting


@pytest.fixture
def few() -> settings:
    quiet = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    return settings(max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=quiet)


def test_each_timer_fires_once_and_none_before_its_time(shop: Shop, few: settings) -> None:
    make: Callable[[], TimerMachine] = partial(TimerMachine, shop)
    run_state_machine_as_test(make, settings=few)


def test_a_wait_moves_with_a_clock_that_is_set_back_and_a_persons_date_keeps_its_hour(shop: Shop) -> None:
    hour = 3_600_000
    at = shop.clock.at + 2 * hour
    shop.write(partial(timers.put, kind="wait", ref="1", at=at, keeps_hour=False))
    shop.write(partial(timers.put, kind="date", ref="1", at=at, keeps_hour=True))
    shop.clock.at -= hour
    shop.write(partial(upkeep.clock_went_back, milliseconds=hour))
    assert shop.read(partial(timers.at, kind="wait", ref="1")) == at - hour
    assert shop.read(partial(timers.at, kind="date", ref="1")) == at

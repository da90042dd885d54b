"""Whatever breaks and heals in whatever order, and whenever the process dies, people are told of each once."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from chatapp_cli.domain.text import T
from chatapp_cli.services import alarms
from chatapp_cli.store.rows.alarms import AlarmRow
from chatapp_cli.store.tx import Tx
from tests.stores import NOON, Shop

KINDS = ("channel", "disk")
KIND = st.sampled_from(KINDS)
CRASHES = ("", "before it ran", "after it ran", "while it is recorded")
"""When the process is killed while people are told."""


class Killed(Exception):
    """The process ends before its transaction is committed."""


class AlarmMachine(RuleBasedStateMachine):
    """Things break and heal, also while people are told, and the process dies; a command is run once for its mark."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop
        self.shop.clock.at = NOON
        self.shop.write(lambda tx: [tx.run("alarms.remove", kind=kind, ref="") for kind in KINDS])
        self.broken: set[str] = set()
        self.happened: list[tuple[str, str]] = []
        """What broke, healed and was told, in order."""
        self.marks: set[tuple[str, int, int | None]] = set()

    @rule(kind=KIND)
    def breaks(self, kind: str) -> None:
        if kind not in self.broken:
            self.happened.append((kind, "broke"))
        self.broken.add(kind)
        self.shop.write(lambda tx: alarms.raise_(tx, kind, "", T("It broke")))

    @rule(kind=KIND)
    def heals(self, kind: str) -> None:
        if kind in self.broken:
            self.happened.append((kind, "healed"))
        self.broken.discard(kind)
        self.shop.write(lambda tx: alarms.heal(tx, kind, ""))

    @rule(seconds=st.integers(1, 900))
    def time_passes(self, seconds: int) -> None:
        self.shop.clock.at += 1000 * seconds

    @rule(crash=st.sampled_from(CRASHES), meanwhile=st.sampled_from(["", "breaks", "heals"]))
    def tell(self, crash: str = "", meanwhile: str = "") -> None:
        with suppress(Killed):
            for alarm in self.shop.read(alarms.due_to_tell):
                self._tell(alarm, crash, meanwhile)

    def _tell(self, alarm: AlarmRow, crash: str, meanwhile: str) -> None:
        if not self.shop.write(partial(alarms.begin_telling, alarm=alarm)):
            return
        if crash == "before it ran":
            raise Killed
        mark = (alarm.kind, alarm.since, alarm.healed_at)
        if mark not in self.marks:
            self.marks.add(mark)
            self.happened.append((alarm.kind, "told broke" if alarm.healed_at is None else "told healed"))
        if meanwhile:
            self.shop.clock.at += 1
            getattr(self, meanwhile)(alarm.kind)
        if crash == "after it ran":
            raise Killed

        def record(tx: Tx) -> None:
            alarms.record_told(tx, alarm)
            if crash:
                raise Killed

        self.shop.write(record)
        self.marks.discard(mark)

    def teardown(self) -> None:
        for _ in range(12):
            self.shop.clock.at += 3_600_000
            self.tell()
        for kind in KINDS:
            self._was_told_right([what for one, what in self.happened if one == kind], kind)

    def _was_told_right(self, story: list[str], kind: str) -> None:
        told = [what for what in story if what.startswith("told")]
        if kind in self.broken:
            assert told[-1] == "told broke", story
        elif told:
            assert told[-1] == "told healed", story
        news = []
        for what in story:
            if what.startswith("told"):
                assert what.removeprefix("told ") in news, (story, "told twice, or before it happened")
                news = [one for one in news if one != what.removeprefix("told ")]
            else:
                news.append(what)


def test_people_are_told_once_of_each_that_broke_and_once_that_it_healed(shop: Shop) -> None:
    make: Callable[[], AlarmMachine] = partial(AlarmMachine, shop)
    slow = settings(max_examples=60, stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(make, settings=slow)  # type: ignore[no-untyped-call]  # hypothesis has none


@pytest.mark.parametrize("crash", CRASHES)
@pytest.mark.parametrize("kind", KINDS)
def test_who_was_told_that_it_broke_is_told_that_it_healed_whenever_the_process_died(
    shop: Shop, kind: str, crash: str
) -> None:
    story = AlarmMachine(shop)
    story.breaks(kind)
    story.time_passes(600)
    story.tell(crash)
    story.heals(kind)
    story.tell(crash)
    story.breaks(kind)
    story.time_passes(600)
    story.teardown()
    assert story.happened[-1] == (kind, "told broke")


def test_what_heals_before_people_are_told_is_not_told(shop: Shop) -> None:
    shop.write(lambda tx: alarms.raise_(tx, "channel", "7", T("It broke")))
    assert shop.read(alarms.due_to_tell) == [], "a channel has five minutes to come back"
    shop.clock.at += 5 * alarms.MINUTE - 1
    assert shop.read(alarms.due_to_tell) == []
    shop.write(lambda tx: alarms.heal(tx, "channel", "7"))
    shop.clock.at += 1
    assert shop.read(alarms.due_to_tell) == []


def test_telling_that_fails_is_tried_again_after_a_pause_that_doubles(shop: Shop) -> None:
    shop.write(lambda tx: alarms.raise_(tx, "disk", "", T("It broke")))
    start, tried = shop.clock.at, []
    while len(tried) < 5:
        for alarm in shop.read(alarms.due_to_tell):
            assert shop.write(partial(alarms.begin_telling, alarm=alarm))
            tried.append((shop.clock.at - start) // alarms.MINUTE)
        shop.clock.at += alarms.MINUTE
    assert tried == [0, 1, 3, 7, 15]

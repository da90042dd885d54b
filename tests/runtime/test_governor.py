"""Rates are kept in every window, and used up to the last percent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import cycle

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chatapp_cli.domain.arrival import ChatKind
from chatapp_cli.domain.errors import Pause
from chatapp_cli.domain.manifest import Rate
from chatapp_cli.runtime.governor import Governor, PastSend, RateTarget

BOOT = 1_795_000_000.123
"""The wall clock when the monotonic one began."""

ACCOUNT = Rate(scope="account", limit=30, per=1)
DIALOG = Rate(scope="dialog", limit=1, per=1)
GROUP = Rate(scope="group", limit=20, per=60)
BY_PHONE = Rate(scope="phone", limit=1, per=180)
FIRST_WRITES = Rate(scope="account", limit=1, per=180)


class LateClock:
    """Every sleep ends a little late, as on a busy machine."""

    def __init__(self, lateness: Sequence[float] = (0.0,)) -> None:
        self.at = 1000.0
        self._lateness = cycle(lateness)

    def now(self) -> int:
        return int((BOOT + self.at) * 1000)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.at += seconds + next(self._lateness)


def worst(times: Sequence[float], per: float) -> int:
    """The most sends in any window of so many seconds, both edges included."""
    return max((sum(start <= t <= start + per for t in times[i:]) for i, start in enumerate(times)), default=0)


async def burst(governor: Governor, clock: LateClock, count: int) -> list[float]:
    """Send as fast as the account lane lets us, to another dialog each time."""
    times = []
    for number in range(count):
        assert not await governor.acquire(RateTarget(f"chat-{number}"))
        times.append(clock.at)
    return times


async def dialog_burst(governor: Governor, clock: LateClock, count: int, kind: ChatKind) -> list[float]:
    times = []
    for _ in range(count):
        while delay := governor.delay(RateTarget("chat", kind)):
            await clock.sleep(delay)
        await governor.acquire(RateTarget("chat", kind))
        times.append(clock.at)
    return times


@pytest.mark.parametrize("limit", [1, 30, 500])
@pytest.mark.parametrize("lateness", [[0.0], [0.0005, 0.003, 0.0, 0.0001], [0.0] * 50 + [0.4]])
async def test_no_window_holds_more_than_the_rate(limit: int, lateness: list[float]) -> None:
    clock = LateClock(lateness)
    governor = Governor(clock, [Rate(scope="account", limit=limit, per=1)])
    times = await burst(governor, clock, max(10, limit * 4))
    assert worst(times, 1) <= limit


@pytest.mark.parametrize("limit", [30, 500])
@pytest.mark.parametrize("lateness", [[0.0], [0.0002, 0.001, 0.0, 0.0001]])
async def test_at_least_99_percent_of_the_rate_is_used(limit: int, lateness: list[float]) -> None:
    clock = LateClock(lateness)
    governor = Governor(clock, [Rate(scope="account", limit=limit, per=1)])
    times = await burst(governor, clock, limit * 20)
    assert (len(times) - 1) / (times[-1] - times[0]) / limit >= 0.99


async def test_sends_are_spread_and_not_bunched() -> None:
    clock = LateClock()
    times = await burst(Governor(clock, [ACCOUNT]), clock, 10)
    assert times[-1] - times[0] == pytest.approx(9 * 1.007 / 30)


async def test_a_quota_is_used_at_will_and_then_waited_for() -> None:
    clock = LateClock()
    quota = Rate(scope="account", limit=5, per=86_400, paced=False)
    times = await burst(Governor(clock, [quota]), clock, 6)
    assert times[:5] == [1000.0] * 5
    assert times[5] == pytest.approx(1000 + 86_400 * 1.005)


async def test_after_a_rest_there_is_no_burst() -> None:
    clock = LateClock()
    governor = Governor(clock, [ACCOUNT])
    await burst(governor, clock, 5)
    clock.at += 100
    times = await burst(governor, clock, 31)
    assert times[-1] - times[0] == pytest.approx(30 * 1.007 / 30)


@pytest.mark.parametrize(("rate", "kind"), [(DIALOG, "private"), (DIALOG, "group"), (GROUP, "group")])
async def test_a_dialogs_rate_is_kept_and_used(rate: Rate, kind: ChatKind) -> None:
    clock = LateClock()
    times = await dialog_burst(Governor(clock, [ACCOUNT, rate]), clock, rate.limit * 4, kind)
    assert worst(times, rate.per) == rate.limit
    assert (len(times) - 1) / (times[-1] - times[0]) / (rate.limit / rate.per) >= 0.99


async def test_a_groups_rate_is_not_for_private_dialogs_and_one_dialog_does_not_hold_up_another() -> None:
    clock = LateClock()
    governor = Governor(clock, [DIALOG, GROUP])
    await governor.acquire(RateTarget("group", "group"))
    await governor.acquire(RateTarget("anna"))
    assert governor.delay(RateTarget("group", "group")) == pytest.approx(60 * 1.007 / 20)
    assert governor.delay(RateTarget("anna")) == pytest.approx(1.007)
    assert governor.delay(RateTarget("boris")) == 0
    assert governor.account_wait() == 0


async def test_those_who_wait_go_in_the_order_they_came() -> None:
    clock = LateClock()
    governor = Governor(clock, [ACCOUNT])
    gone: list[int] = []

    async def send(number: int) -> None:
        await governor.acquire(RateTarget(str(number)))
        gone.append(number)

    await asyncio.gather(*(send(number) for number in range(40)))
    assert gone == list(range(40))


class SleepyClock(LateClock):
    """Sleeps end only when they are let go, however late it is."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await self.go.wait()
        self.at += seconds


async def test_who_comes_when_the_wait_is_over_does_not_overtake_who_slept_through_it() -> None:
    clock = SleepyClock()
    governor = Governor(clock, [FIRST_WRITES])
    gone: list[str] = []

    async def send(name: str) -> None:
        await governor.acquire(RateTarget(name))
        gone.append(name)

    await send("anna")
    boris = asyncio.create_task(send("boris"))
    await asyncio.sleep(0)
    clock.at += 182
    clara = asyncio.create_task(send("clara"))
    await asyncio.sleep(0)
    assert gone == ["anna"]
    clock.go.set()
    await asyncio.gather(boris, clara)
    assert gone == ["anna", "boris", "clara"]


async def test_who_gives_up_waiting_is_not_counted() -> None:
    clock = LateClock()
    governor = Governor(clock, [FIRST_WRITES])
    await governor.acquire(RateTarget("anna"))
    waiting = asyncio.create_task(governor.acquire(RateTarget("boris")))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert governor.account_wait() == pytest.approx(181.26)


async def test_a_wait_that_the_provider_names_is_kept_by_the_account() -> None:
    clock = LateClock()
    governor = Governor(clock, [ACCOUNT])
    governor.penalise(17, scope="account", target=RateTarget("anna"))
    governor.penalise(3, scope="account", target=RateTarget("anna"))
    assert await burst(governor, clock, 1) == [1017.0]


async def test_a_wait_named_for_a_dialog_leaves_the_others_alone() -> None:
    clock = LateClock()
    governor = Governor(clock, [ACCOUNT])
    governor.penalise(17, scope="dialog", target=RateTarget("anna"))
    await governor.acquire(RateTarget("boris"))
    assert governor.delay(RateTarget("anna")) == 17
    assert governor.delay(RateTarget("boris")) == 0


async def test_a_restart_forgets_nothing() -> None:
    clock = LateClock()
    before = [PastSend(RateTarget("boris"), clock.now() - 500_000)]
    before.insert(0, PastSend(RateTarget("anna"), clock.now() - 100_000))
    governor = Governor(clock, [FIRST_WRITES], before)
    assert 81 < governor.account_wait() < 82


async def test_a_wall_clock_that_went_back_makes_the_past_now() -> None:
    clock = LateClock()
    governor = Governor(clock, [FIRST_WRITES], [PastSend(RateTarget("a"), clock.now() + 10**9)])
    assert governor.account_wait() == pytest.approx(181.26)


async def test_dialogs_that_rest_are_forgotten() -> None:
    clock = LateClock()
    governor = Governor(clock, [ACCOUNT, DIALOG])
    await burst(governor, clock, 1000)
    assert len(governor._log._dialogs) <= 31


@pytest.mark.req("S-055")
async def test_first_writes_by_phone_go_three_minutes_apart_and_hold_up_nobody_else() -> None:
    clock = LateClock()
    governor = Governor(clock, [ACCOUNT, BY_PHONE])
    assert not await governor.acquire(RateTarget("+79160000001", stranger=True))
    assert governor.delay(RateTarget("+79160000002", stranger=True)) == pytest.approx(180 * 1.007)
    assert await governor.acquire(RateTarget("+79160000002")) == pytest.approx(180 * 1.007)
    assert governor.delay(RateTarget("boris_y", stranger=True)) == 0
    assert not await governor.acquire(RateTarget("boris_y", stranger=True))


async def test_two_that_ask_at_once_do_not_both_get_the_turn_that_they_share() -> None:
    clock = LateClock()
    governor = Governor(clock, [ACCOUNT, BY_PHONE])
    delays = await asyncio.gather(*(governor.acquire(RateTarget(f"+7916000000{n}")) for n in range(5)))
    assert [delay > 0 for delay in delays] == [False, True, True, True, True]


async def test_a_wait_named_for_strangers_leaves_those_alone_who_wrote() -> None:
    clock = LateClock()
    governor = Governor(clock, [ACCOUNT])
    governor.penalise(86_400, scope="strangers", target=RateTarget("anna", stranger=True))
    assert governor.delay(RateTarget("boris", stranger=True)) == 86_400
    assert governor.rests(RateTarget("boris", stranger=True)) == {"strangers": 86_400}
    assert not await governor.acquire(RateTarget("vera"))


class AnyDay(RuleBasedStateMachine):
    """Sends, waits, refusals and restarts in any order, with late wake-ups."""

    rates = (
        Rate(scope="account", limit=4, per=1),
        Rate(scope="account", limit=9, per=5),
        Rate(scope="dialog", limit=1, per=1),
        Rate(scope="group", limit=3, per=10),
        Rate(scope="account", limit=20, per=30, paced=False),
        Rate(scope="phone", limit=1, per=7),
        Rate(scope="strangers", limit=2, per=9, paced=False),
    )
    places = st.sampled_from(
        [
            RateTarget("anna"),
            RateTarget("boris", stranger=True),
            RateTarget("yard", "group"),
            RateTarget("news", "channel"),
            RateTarget("+79160000001", stranger=True),
            RateTarget("+79160000002"),
        ]
    )

    @initialize(lateness=st.lists(st.floats(0, 0.3), min_size=1, max_size=5))
    def begin(self, lateness: list[float]) -> None:
        self.clock = LateClock(lateness)
        self.governor = Governor(self.clock, self.rates)
        self.log: list[tuple[RateTarget, float, int]] = []
        self.held: dict[str, float] = {}

    @rule(place=places, times=st.integers(1, 12))
    def send(self, place: RateTarget, times: int) -> None:
        for _ in range(times):
            asyncio.run(self._send_once(place))

    async def _send_once(self, place: RateTarget) -> None:
        while delay := await self.governor.acquire(place):
            await self.clock.sleep(delay)
        holds = [self.held.get(key, 0) for key in ("", place.address)]
        holds += [self.held.get("strangers", 0)] if place.stranger else []
        assert self.clock.at >= max(holds)
        self.log.append((place, self.clock.at, self.clock.now()))

    @rule(seconds=st.floats(0, 20))
    def rest(self, seconds: float) -> None:
        self.clock.at += seconds

    @rule(place=places, seconds=st.floats(0, 20), scope=st.sampled_from(["account", "dialog", "strangers"]))
    def refuse(self, place: RateTarget, seconds: float, scope: Pause) -> None:
        self.governor.penalise(seconds, scope=scope, target=place)
        key = {"account": "", "dialog": place.address, "strangers": "strangers"}[scope]
        self.held[key] = max(self.held.get(key, 0), self.clock.at + seconds)

    @rule()
    def restart(self) -> None:
        history = [PastSend(place, at) for place, _, at in reversed(self.log)]
        self.governor = Governor(self.clock, self.rates, history)
        self.held = {}

    @invariant()
    def no_window_is_too_full(self) -> None:
        for rate in self.rates:
            for times in self._lanes(rate):
                assert worst(times, rate.per) <= rate.limit

    def _lanes(self, rate: Rate) -> Iterator[list[float]]:
        if rate.scope in {"account", "phone", "strangers"}:
            yield [at for place, at, _ in self.log if rate.scope == "account" or rate.scope in place.shared]
            return
        counted = [(p.address, at) for p, at, _ in self.log if rate.scope == "dialog" or p.chat_kind != "private"]
        for address in {address for address, _ in counted}:
            yield [at for other, at in counted if other == address]


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


async def test_nobody_waits_here_for_an_hour_that_the_provider_asks_for() -> None:
    governor = Governor(LateClock(), [])
    governor.penalise(3600, scope="account")
    assert await governor.acquire(RateTarget("anna"), longest=5) == pytest.approx(3600)
    governor.release()
    assert await governor.acquire(RateTarget("anna"), longest=5) == 0


async def test_a_send_of_the_past_counts_from_the_end_of_the_millisecond_that_was_written_down() -> None:
    """A stamp is cut off: reckoned from its beginning, the next send would come up to a millisecond too soon."""
    clock = LateClock()
    governor = Governor(clock, [FIRST_WRITES], [PastSend(RateTarget("anna"), clock.now() - 100_000)])
    sent = (clock.now() - 100_000) / 1000 + 0.001 - BOOT
    assert governor.account_wait() == pytest.approx(sent + 180 * 1.007 - clock.at, abs=1e-4)

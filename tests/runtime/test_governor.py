"""Rates are kept in every window, and used up to the last percent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import cycle

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chatapp_cli.domain.event import ChatKind
from chatapp_cli.domain.manifest import Rate
from chatapp_cli.runtime.governor import Governor, Sent

BOOT = 1_795_000_000.123
"""The wall clock when the monotonic one began."""

ACCOUNT = Rate(scope="account", limit=30, per=1)
DIALOG = Rate(scope="dialog", limit=1, per=1)
GROUP = Rate(scope="group", limit=20, per=60)
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
    return max(sum(start <= t <= start + per for t in times[i:]) for i, start in enumerate(times))


async def burst(governor: Governor, clock: LateClock, count: int) -> list[float]:
    """Send as fast as the account lane lets us, to another dialog each time."""
    times = []
    for number in range(count):
        await governor.acquire(f"chat-{number}", "private")
        times.append(clock.at)
    return times


async def dialog_burst(governor: Governor, clock: LateClock, count: int, kind: ChatKind) -> list[float]:
    times = []
    for _ in range(count):
        while delay := governor.dialog_delay("chat", kind):
            await clock.sleep(delay)
        await governor.acquire("chat", kind)
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
    await governor.acquire("group", "group")
    await governor.acquire("anna", "private")
    assert governor.dialog_delay("group", "group") == pytest.approx(60 * 1.007 / 20)
    assert governor.dialog_delay("anna", "private") == pytest.approx(1.007)
    assert governor.dialog_delay("boris", "private") == 0
    assert governor.account_wait() == 0


async def test_those_who_wait_go_in_the_order_they_came() -> None:
    clock = LateClock()
    governor = Governor(clock, [ACCOUNT])
    gone: list[int] = []

    async def send(number: int) -> None:
        await governor.acquire(str(number), "private")
        gone.append(number)

    await asyncio.gather(*(send(number) for number in range(40)))
    assert gone == list(range(40))


async def test_who_gives_up_waiting_is_not_counted() -> None:
    clock = LateClock()
    governor = Governor(clock, [FIRST_WRITES])
    await governor.acquire("anna", "private")
    waiting = asyncio.create_task(governor.acquire("boris", "private"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert governor.account_wait() == pytest.approx(181.26)


async def test_a_wait_that_the_provider_names_is_kept_by_the_account() -> None:
    clock = LateClock()
    governor = Governor(clock, [ACCOUNT])
    governor.penalise(17, scope="account", address="anna", chat_kind="private")
    governor.penalise(3, scope="account", address="anna", chat_kind="private")
    assert await burst(governor, clock, 1) == [1017.0]


async def test_a_wait_named_for_a_dialog_leaves_the_others_alone() -> None:
    clock = LateClock()
    governor = Governor(clock, [ACCOUNT])
    governor.penalise(17, scope="dialog", address="anna", chat_kind="private")
    await governor.acquire("boris", "private")
    assert governor.dialog_delay("anna", "private") == 17
    assert governor.dialog_delay("boris", "private") == 0


async def test_a_restart_forgets_nothing() -> None:
    clock = LateClock()
    before = [Sent(address="boris", chat_kind="private", at=clock.now() - 500_000)]
    before.insert(0, Sent(address="anna", chat_kind="private", at=clock.now() - 100_000))
    governor = Governor(clock, [FIRST_WRITES], before)
    assert 81 < governor.account_wait() < 82


async def test_a_wall_clock_that_went_back_makes_the_past_now() -> None:
    clock = LateClock()
    governor = Governor(clock, [FIRST_WRITES], [Sent(address="a", chat_kind="private", at=clock.now() + 10**9)])
    assert governor.account_wait() == pytest.approx(181.26)


async def test_dialogs_that_rest_are_forgotten() -> None:
    clock = LateClock()
    governor = Governor(clock, [ACCOUNT, DIALOG])
    await burst(governor, clock, 1000)
    assert len(governor._lanes) <= 31


class AnyDay(RuleBasedStateMachine):
    """Sends, waits, refusals and restarts in any order, with late wake-ups."""

    rates = (
        Rate(scope="account", limit=4, per=1),
        Rate(scope="account", limit=9, per=5),
        Rate(scope="dialog", limit=1, per=1),
        Rate(scope="group", limit=3, per=10),
        Rate(scope="account", limit=20, per=30, paced=False),
    )
    places = st.sampled_from([("anna", "private"), ("boris", "private"), ("yard", "group"), ("news", "channel")])

    @initialize(lateness=st.lists(st.floats(0, 0.3), min_size=1, max_size=5))
    def begin(self, lateness: list[float]) -> None:
        self.clock = LateClock(lateness)
        self.governor = Governor(self.clock, self.rates)
        self.log: list[tuple[str, ChatKind, float, int]] = []
        self.held: dict[str, float] = {}

    @rule(place=places, times=st.integers(1, 12))
    def send(self, place: tuple[str, ChatKind], times: int) -> None:
        for _ in range(times):
            asyncio.run(self._send_once(*place))

    async def _send_once(self, address: str, kind: ChatKind) -> None:
        while delay := self.governor.dialog_delay(address, kind):
            await self.clock.sleep(delay)
        await self.governor.acquire(address, kind)
        assert self.clock.at >= max(self.held.get("", 0), self.held.get(address, 0))
        self.log.append((address, kind, self.clock.at, self.clock.now()))

    @rule(seconds=st.floats(0, 20))
    def rest(self, seconds: float) -> None:
        self.clock.at += seconds

    @rule(place=places, seconds=st.floats(0, 20), scope=st.sampled_from(["account", "dialog"]))
    def refuse(self, place: tuple[str, ChatKind], seconds: float, scope: str) -> None:
        self.governor.penalise(seconds, scope=scope, address=place[0], chat_kind=place[1])  # type: ignore[arg-type]
        key = "" if scope == "account" else place[0]
        self.held[key] = max(self.held.get(key, 0), self.clock.at + seconds)

    @rule()
    def restart(self) -> None:
        history = [Sent(address=address, chat_kind=kind, at=at) for address, kind, _, at in reversed(self.log)]
        self.governor = Governor(self.clock, self.rates, history)
        self.held = {}

    @invariant()
    def no_window_is_too_full(self) -> None:
        for rate in self.rates:
            for times in self._lanes(rate):
                assert worst(times, rate.per) <= rate.limit

    def _lanes(self, rate: Rate) -> Iterator[list[float]]:
        counted = [(a, at) for a, kind, at, _ in self.log if rate.scope != "group" or kind != "private"]
        for place in {"" if rate.scope == "account" else address for address, _ in counted}:
            yield [at for address, at in counted if place in {"", address}]


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)

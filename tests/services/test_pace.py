"""What is told before a message is accepted, against what the governor does with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_cli.domain.manifest import Capabilities, Rate
from chatapp_cli.domain.rates import AccountLog
from chatapp_cli.kit.manifests import manifests
from chatapp_cli.runtime.governor import MARGIN, Governor, RateTarget
from chatapp_cli.services.pace import AT_ONCE, NOW, Forecast, Turn
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.outbox import RecentSend

NOON = 1_795_000_000_000
ACCOUNT = ChannelRow._make([0] * len(ChannelRow._fields))
RATES = {kind: one.capabilities.rates for kind, one in manifests().items() if one.capabilities.rates}
TARGETS = [
    RateTarget("anna"),
    RateTarget("boris", stranger=True),
    RateTarget("yard", "group"),
    RateTarget("news", "channel"),
    RateTarget("+79160000001", stranger=True),
    RateTarget("+79160000002"),
]
to_whom = st.lists(st.sampled_from(TARGETS), min_size=1, max_size=60)


class HeldClock:
    """Sleeps end when they should."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> int:
        return NOON + round(self.at * 1000)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


def governed(rates: Sequence[Rate], targets: Sequence[RateTarget]) -> list[float]:
    """Seconds after which each goes that is sent as soon as the governor lets it, one after the other."""
    clock = HeldClock()
    governor = Governor(clock, rates)

    async def run() -> list[float]:
        times = []
        for target in targets:
            await clock.sleep(governor.delay(target))
            assert await governor.acquire(target, patience=1e-6) == 0
            times.append(clock.at)
        return times

    return asyncio.run(run())


def send(target: RateTarget, at: int = 0) -> RecentSend:
    return RecentSend(target.address, target.chat_kind, int(target.stranger), at)


@pytest.mark.req("S-055")
@pytest.mark.parametrize("kind", RATES)
@settings(max_examples=40, deadline=None)
@given(targets=to_whom)
def test_the_forecast_of_a_queue_is_when_the_governor_sends_it(kind: str, targets: list[RateTarget]) -> None:
    """It leaves out the governor's margins: seven thousandths of the wait."""
    forecast = Forecast(ACCOUNT, Capabilities(intake="poll", rates=RATES[kind]), NOON)
    told = [forecast.next(send(target)).at for target in targets]
    for at, real in zip(told, governed(RATES[kind], targets), strict=True):
        if at:
            assert (at - NOON) / 1000 == pytest.approx(real, rel=0.01)
        else:
            assert real * 1000 <= AT_ONCE * 1.01


@pytest.mark.parametrize("kind", RATES)
@settings(max_examples=40, deadline=None)
@given(targets=to_whom)
def test_the_log_tells_ahead_to_the_millisecond_when_the_governor_sends(kind: str, targets: list[RateTarget]) -> None:
    log, at, told = AccountLog(RATES[kind], MARGIN), 0.0, []
    for target in targets:
        at = max(at, *(free for free, _scope in log.waits(target)))
        log.record(target, at)
        log.prune(at)
        told.append(at)
    assert told == pytest.approx(governed(RATES[kind], targets), abs=0.001)


@pytest.mark.parametrize(
    ("paused", "strangers", "target", "at", "turn"),
    [
        (AT_ONCE, 0, TARGETS[0], 0, NOW),
        (AT_ONCE + 1, 0, TARGETS[0], 0, Turn(NOON + AT_ONCE + 1, "account")),
        (0, 6_000, TARGETS[0], 0, NOW),
        (0, 6_000, TARGETS[1], 0, Turn(NOON + 6_000, "strangers")),
        (9_000, 6_000, TARGETS[1], 0, Turn(NOON + 9_000, "account")),
        (9_000, 6_000, TARGETS[1], 12_000, Turn(NOON + 12_000)),
        (0, 0, TARGETS[0], -1, NOW),
    ],
)
def test_the_longest_of_all_waits_is_told_with_its_reason_unless_it_is_over_within_seconds(
    paused: int, strangers: int, target: RateTarget, at: int, turn: Turn
) -> None:
    row = ACCOUNT._replace(paused_until=NOON + paused, strangers_until=NOON + strangers)
    forecast = Forecast(row, Capabilities(intake="poll"), NOON)
    assert forecast.next(send(target, NOON + at)) == turn


def test_each_message_that_is_told_a_time_takes_its_turn_from_the_next() -> None:
    forecast = Forecast(ACCOUNT, Capabilities(intake="poll", rates=(Rate(scope="account", limit=1, per=10),)), NOON)
    told = [forecast.next(send(one)) for one in TARGETS[:3]]
    assert told == [NOW, Turn(NOON + 10_000, "account"), Turn(NOON + 20_000, "account")]

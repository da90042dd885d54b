"""How many calls an hour had, and how long answers took."""

from __future__ import annotations

from chatapp_cli.runtime.link_load import HOUR, AnswerTimes, CallMeter
from tests.unit.kit.worlds import HeldClock


async def test_calls_are_counted_for_an_hour_over_several_sessions() -> None:
    clock = HeldClock()
    meter = CallMeter(clock)
    meter.begin()
    for total in (3, 3, 10):
        meter.note(total)
        await clock.sleep(60)
    meter.begin()
    meter.note(5)
    assert meter.last_hour == 15
    await clock.sleep(HOUR - 120)
    meter.note(5)
    assert meter.last_hour == 12 - 7 + 7
    await clock.sleep(HOUR)
    meter.note(6)
    assert meter.last_hour == 1


def test_the_slowest_of_a_hundred_is_left_out() -> None:
    times = AnswerTimes()
    assert (len(times), times.slowest) == (0, 0.0)
    for n in range(100):
        times.note(n / 100)
    assert times.slowest == 0.99
    times.note(9.0)
    assert times.slowest == 0.99
    for _ in range(2000):
        times.note(0.001)
    assert (len(times), times.slowest) == (1000, 0.001)

"""The benchmarks judge what they say they judge."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from benchmarks.harness import Case, LeftOut, measure, slow_sync

TIMED = """
import os, tempfile, time
with tempfile.TemporaryFile() as file:
    began = time.perf_counter()
    os.fsync(file.fileno())
    os.fdatasync(file.fileno())
    print(time.perf_counter() - began)
"""


def returning(*numbers: float, log: list[str], name: str) -> Callable[[], float]:
    waiting = iter(numbers)

    def once() -> float:
        log.append(name)
        return next(waiting)

    return once


def test_the_two_sides_take_turns_and_the_median_of_the_rounds_ratios_is_judged() -> None:
    turns: list[str] = []
    case = Case(
        "pairs",
        "ms",
        ours=returning(9, 20, 10, 90, 10, 20, log=turns, name="ours"),
        peer=returning(1, 10, 10, 10, 10, 10, log=turns, name="peer"),
        at_most=1.5,
    )
    result = measure(case)
    assert (result.ratio, result.spread, result.ok) == (2.0, (1.0, 9.0), False)
    assert (result.ours, result.peer, result.goal) == (20, 10, "≤ 1.5")
    assert turns == ["ours", "peer", *["ours", "peer", "peer", "ours"] * 2, "ours", "peer"]


@pytest.mark.parametrize(("number", "ok"), [(59, False), (60, True), (100, True), (101, False)])
def test_a_goal_may_have_a_lower_and_an_upper_end(number: float, ok: bool) -> None:
    case = Case("share", "%", ours=lambda: number, limit=100, at_least=0.6, at_most=1.0)
    assert measure(case).ok is ok


def test_a_slow_disk_delays_every_sync_of_a_child() -> None:
    try:
        with slow_sync(30) as env:
            done = subprocess.run([sys.executable, "-c", TIMED], env=env, capture_output=True, text=True, check=True)
    except LeftOut as why:
        pytest.skip(str(why))
    assert float(done.stdout) >= 0.06

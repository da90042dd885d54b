"""A helper that breaks is started again, later each time, and says so once; the rest goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from chatapp_cli.kit.system import SystemClock
from chatapp_cli.runtime.restarting import LONGEST_PAUSE, STEADY, WorkerState, keep_running


class Helper:
    """Falls as often as it is told to, each time for another reason, and works then; it returns for no reason."""

    def __init__(self, *falls: BaseException | None) -> None:
        self.falls = list(falls)
        self.starts = 0
        self.works = asyncio.Event()
        self.ended = False

    async def run(self) -> None:
        self.starts += 1
        await asyncio.sleep(0)
        if self.falls:
            fall = self.falls.pop(0)
            if fall is None:
                return
            raise fall
        self.works.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True


async def run_through(helper: Helper, *, steady: float = 0.05) -> list[str]:
    with capture_logs() as said:
        task = asyncio.create_task(
            keep_running(WorkerState("it"), helper.run, clock=SystemClock(), steady=steady, longest=0.01)
        )
        await asyncio.wait_for(helper.works.wait(), 10)
        await asyncio.sleep(2 * steady)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    return [line["event"] for line in said]


@pytest.mark.parametrize(
    "falls",
    [
        [PermissionError(1, "Operation not permitted")],
        [RecursionError(), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "odd"), OverflowError()],
        [ValueError()] * 7,
        [asyncio.CancelledError()],
    ],
    ids=["refused", "three kinds", "seven times", "what it waited for was cancelled"],
)
async def test_it_works_again_and_says_once_that_it_broke_and_once_that_it_is_well(falls: list[BaseException]) -> None:
    helper = Helper(*falls)
    assert await run_through(helper) == ["helper.failed", "helper.works"]
    assert helper.starts == len(falls) + 1
    assert helper.ended


async def test_one_that_never_breaks_says_nothing() -> None:
    assert await run_through(Helper()) == []


async def test_one_that_falls_before_it_counts_as_well_is_no_new_story() -> None:
    assert await run_through(Helper(ValueError(), KeyError()), steady=0.3) == ["helper.failed", "helper.works"]


@pytest.mark.parametrize(
    ("stops", "said"),
    [
        ([None], ["helper.ended"]),
        ([None, None, None], ["helper.ended"]),
        ([None, ValueError()], ["helper.ended", "helper.failed"]),
        ([ValueError(), None, KeyError(), None], ["helper.failed", "helper.ended"]),
    ],
)
async def test_one_that_returns_is_told_too_and_mutes_no_failure(
    stops: Sequence[BaseException | None], said: list[str]
) -> None:
    helper = Helper(*stops)
    assert await run_through(helper) == [*said, "helper.works"]
    assert helper.starts == len(stops) + 1


class Quick(SystemClock):
    """A clock by which a second lasts a tenth of a millisecond."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(seconds / 10_000)


async def test_pauses_grow_by_the_clock_of_the_world_whether_it_falls_or_returns() -> None:
    clock, helper = Quick(), Helper(ValueError(), None, ValueError(), None, *[ValueError()] * 6)
    task = asyncio.create_task(keep_running(WorkerState("it"), helper.run, clock=clock))
    await asyncio.wait_for(helper.works.wait(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    pauses = [seconds for seconds in clock.slept if seconds != STEADY]
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, LONGEST_PAUSE, LONGEST_PAUSE]

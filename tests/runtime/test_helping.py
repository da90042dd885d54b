"""A helper that breaks is started again, later each time, and says so once; the rest goes on."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from chatapp_cli.runtime.helping import helped


class Helper:
    """Falls as often as it is told to, each time for another reason, and works then."""

    def __init__(self, *falls: BaseException) -> None:
        self.falls = list(falls)
        self.starts = 0
        self.works = asyncio.Event()
        self.ended = False

    async def run(self) -> None:
        self.starts += 1
        await asyncio.sleep(0)
        if self.falls:
            raise self.falls.pop(0)
        self.works.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True


async def run_through(helper: Helper, *, steady: float = 0.05) -> list[str]:
    with capture_logs() as said:
        task = asyncio.create_task(helped("it", helper.run, steady=steady, longest=0.01))
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
    ],
    ids=["refused", "three kinds", "seven times"],
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

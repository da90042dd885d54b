"""A verdict is written whatever the store and whoever stops the sender say."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.runtime.verdicts import VerdictWriter


class Locked:
    """A store that somebody else holds so many times, or until it is let go."""

    def __init__(self, times: int = 0, error: type[Busy | StoreError] = Busy) -> None:
        self.times = times
        self.written: list[object] = []
        self.slept: list[float] = []
        self.free = asyncio.Event()
        self.free.set()
        self.company = SimpleNamespace(world=SimpleNamespace(clock=self))
        self._error = error

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    async def write(self, verdict: Any, *, patient: bool = False) -> None:
        del patient
        await self.free.wait()
        if len(self.slept) < self.times:
            raise self._error(T("Held."))
        self.written.append(verdict)


def verdicts(store: Locked, **grace: float) -> VerdictWriter:
    return VerdictWriter(store, structlog.get_logger(), **grace)  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [Busy, StoreError])
async def test_a_store_that_cannot_be_written_is_asked_again_rarer_each_time_until_it_can(
    error: type[Busy | StoreError],
) -> None:
    store = Locked(7, error)
    with capture_logs() as logs:
        await verdicts(store).record("sent")  # type: ignore[arg-type]
    assert store.slept == [0.1, 0.5, 2.0, 5.0, 15.0, 15.0, 15.0]
    assert store.written == ["sent"]
    assert [line["event"] for line in logs] == ["verdict.delayed"] * 7


async def test_who_is_stopped_while_a_verdict_is_written_has_it_written_first() -> None:
    store = Locked()
    store.free.clear()
    task = asyncio.create_task(verdicts(store).record("sent"))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0.01)
    assert not task.done()
    store.free.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert store.written == ["sent"]


async def test_who_is_stopped_waits_for_a_verdict_no_longer_than_the_grace() -> None:
    store = Locked()
    store.free.clear()
    task = asyncio.create_task(verdicts(store, grace=0.05).record("sent"))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    task.cancel()
    with capture_logs() as logs, pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    store.free.set()
    await asyncio.sleep(0.01)
    assert (store.written, [line["event"] for line in logs]) == ([], ["verdict.left"])

"""Deadlines behind one timer."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from chatapp_cli.runtime.deadlines import PAUSE, Deadlines

SOON = 0.01
LATER = 0.03
NEVER = 600.0


async def stay(deadlines: Deadlines, seconds: float, allowed: float | None) -> None:
    """Wait for ever within a limit, which is moved if another is allowed."""
    with deadlines.within(seconds) as limit:
        if allowed is not None:
            limit.allow(allowed)
        await asyncio.Event().wait()


async def expiry(deadlines: Deadlines, seconds: float, *, allowed: float | None = None) -> float:
    """After how many seconds the limit ends a wait."""
    now = asyncio.get_running_loop().time
    began = now()
    with pytest.raises(TimeoutError):
        await stay(deadlines, seconds, allowed)
    return now() - began


async def test_each_limit_expires_at_its_own_time_whichever_was_set_first() -> None:
    deadlines = Deadlines()
    async with asyncio.timeout(5):
        with deadlines.within(NEVER):
            long, short = await asyncio.gather(expiry(deadlines, LATER), expiry(deadlines, SOON))
            again = await expiry(deadlines, SOON)
    assert SOON <= short < long
    assert long >= LATER
    assert again >= SOON


async def test_a_limit_can_be_moved_either_way() -> None:
    deadlines = Deadlines()
    async with asyncio.timeout(5):
        assert await expiry(deadlines, SOON, allowed=LATER) >= LATER
        assert await expiry(deadlines, NEVER, allowed=SOON) >= SOON


async def test_what_ends_in_time_is_left_alone_afterwards() -> None:
    deadlines, rung = Deadlines(), asyncio.Event()
    with deadlines.within(SOON):
        await asyncio.sleep(0)
    deadlines.set("dropped", SOON, lambda: pytest.fail("it was dropped"))
    deadlines.set("replaced", SOON, lambda: pytest.fail("it was replaced"))
    deadlines.set("replaced", LATER, rung.set)
    deadlines.drop("dropped")
    deadlines.drop("unknown")
    await asyncio.wait_for(rung.wait(), 5)


async def test_a_task_that_is_cancelled_when_its_limit_expires_is_cancelled_and_not_late() -> None:
    deadlines = Deadlines()
    entered = asyncio.Event()

    async def work() -> None:
        with deadlines.within(NEVER) as limit:
            limit.allow(0.0)
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)


async def test_an_error_of_what_expired_keeps_nobody_elses_deadline() -> None:
    deadlines, rung, told = Deadlines(), asyncio.Event(), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context["exception"]))

    def stumble() -> None:
        raise KeyError("name")

    deadlines.set("stumbles", SOON, stumble)
    deadlines.set("goes on", SOON, rung.set)
    await asyncio.wait_for(rung.wait(), 5)
    assert [str(error) for error in told] == ["'name'"]


async def test_thousands_of_deadlines_are_looked_through_a_few_times_and_none_is_met_early() -> None:
    loop, deadlines, late = asyncio.get_running_loop(), Deadlines(), list[float]()
    looks = 0
    is_looking = False

    def seen(at: float) -> None:
        nonlocal looks, is_looking
        late.append(loop.time() - at)
        looks += not is_looking
        is_looking = True
        loop.call_soon(rest)

    def rest() -> None:
        nonlocal is_looking
        is_looking = False

    now = loop.time()
    for number in range(2000):
        seconds = SOON + number / 20_000
        deadlines.set(number, seconds, partial(seen, now + seconds))
    while len(late) < 2000:
        await asyncio.sleep(SOON)
    assert looks <= 0.1 / PAUSE + 2
    assert min(late) >= 0

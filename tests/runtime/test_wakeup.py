"""Nobody who rests misses what was rung, and nobody rests for ever who wants to look by themselves."""

from __future__ import annotations

import asyncio

from chatapp_cli.runtime.wakeup import WakeUp


async def test_a_ring_while_one_works_ends_the_next_rest_and_no_other() -> None:
    wakeup = WakeUp()
    wakeup.set()
    wakeup.set()
    await wakeup.wait()
    resting = asyncio.create_task(wakeup.wait())
    await asyncio.sleep(0)
    assert not resting.done()
    wakeup.set()
    async with asyncio.timeout(5):
        await resting


async def test_a_rest_ends_by_itself_when_nobody_rings() -> None:
    async with asyncio.timeout(5):
        await WakeUp().wait(0.01)

"""Tasks end when they are told to, whatever a library makes of it."""

import asyncio
from contextlib import suppress

import pytest

from chatapp_cli.runtime.tasks import failure, raise_if_cancelled, run_all


async def test_a_task_whose_library_swallowed_the_end_ends_at_the_next_question() -> None:
    begun = asyncio.Event()

    async def stubborn() -> str:
        raise_if_cancelled()
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        raise_if_cancelled()
        return "went on"

    task = asyncio.create_task(stubborn())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_failure_that_comes_while_all_of_it_is_cancelled_is_left_to_nobody() -> None:
    broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            if not broken.done():
                broken.set_exception(ValueError("nobody retrieves it"))

    task = asyncio.create_task(run_all(work(), failure(broken)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert (task.cancelled(), broken.cancelled()) == (True, True)

"""Tasks end when they are told to, whatever a library makes of it."""

import asyncio
from contextlib import suppress

import pytest

from chatapp_cli.runtime.tasks import raise_if_cancelled


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

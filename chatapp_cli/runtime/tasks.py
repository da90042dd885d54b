"""Run several endless tasks as one: the first to fail cancels the others, and its error is raised."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress


async def run_all(*parts: Coroutine[None, None, None]) -> None:
    """Run all until one ends or fails; the others are cancelled and waited for."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Exception):  # what the first one raised counts, below
                await task
    for task in done:
        task.result()


def raise_if_cancelled() -> None:
    """Raise CancelledError if this task was cancelled: some libraries mistake that for a network failure."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError

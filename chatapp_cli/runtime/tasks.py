"""Running several endless tasks as one, and work that nobody has to wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

R = TypeVar("R")


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


async def failure(future: asyncio.Future[None]) -> None:
    """Raise what is set, for :func:`run_all`: when this is cancelled the future is too, so that it takes no more."""
    await future


def raise_if_cancelled() -> None:
    """Raise CancelledError if this task was cancelled: some libraries mistake that for a network failure."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def left_behind(work: Callable[[], R]) -> R:
    """Run blocking work on a thread for which nobody waits once this is cancelled, not even the end of the process."""
    future: Future[R] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised to the caller, if there still is one
            future.set_exception(error)

    threading.Thread(target=run, name="left-behind", daemon=True).start()
    return await asyncio.wrap_future(future)

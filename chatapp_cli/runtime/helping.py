"""Helpers of the daemon: what makes it nicer may break, and the messages go on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import structlog

log = structlog.get_logger()

STEADY = 60.0
"""Seconds that a helper has to run after a fall to be called well again."""
LONGEST_PAUSE = 300.0


async def helped(
    name: str,
    work: Callable[[], Coroutine[None, None, None]],
    *,
    steady: float = STEADY,
    longest: float = LONGEST_PAUSE,
) -> None:
    """Run a helper until cancelled, later after each fall; said once when it breaks and once when it is well again.

    ``steady`` and ``longest`` are seconds: of work that counts as well, and of the longest pause.
    """
    falls = 0
    while True:
        task = asyncio.create_task(work(), name=name)
        try:
            if falls and await _lasts(task, steady):
                log.info("helper.works", helper=name)
                falls = 0
            await task
        except Exception as error:
            if not falls:
                log.exception("helper.failed", helper=name, why=f"{type(error).__name__}: {error}")
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        falls += 1
        await asyncio.sleep(min(longest, 2.0 ** min(falls, 9)))


async def _lasts(task: asyncio.Task[None], seconds: float) -> bool:
    done, _ = await asyncio.wait({task}, timeout=seconds)
    return not done

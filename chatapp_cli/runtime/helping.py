"""Helpers of the daemon: what makes it nicer may break, and the messages go on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from chatapp_cli.ports.world import Clock

log = structlog.get_logger()

STEADY = 60.0
"""Seconds that a helper has to run after a fall to be called well again."""
LONGEST_PAUSE = 300.0


async def helped(
    name: str,
    work: Callable[[], Coroutine[None, None, None]],
    *,
    clock: Clock,
    steady: float = STEADY,
    longest: float = LONGEST_PAUSE,
) -> None:
    """Run a helper until cancelled, and again, later each time, whenever it breaks or ends, which it never should.

    Each of both is said once, and once that it is well again. ``steady`` and ``longest`` are seconds: of work that
    counts as well, and of the longest pause.
    """
    stops, said = 0, _Said(name)
    while True:
        task = asyncio.create_task(work(), name=name)
        try:
            if stops and await _lasts(task, clock, steady):
                said.works()
                stops = 0
            await task
        except Exception as error:  # noqa: BLE001 - whatever it is, the helper is started again
            said.failed(error)
        else:
            said.ended()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        stops += 1
        await clock.sleep(min(longest, 2.0 ** min(stops, 9)))


class _Said:
    """What the log knows of a helper since it was well."""

    def __init__(self, helper: str) -> None:
        self._helper = helper
        self._failed = self._ended = False

    def failed(self, error: Exception) -> None:
        """It broke."""
        if not self._failed:
            log.error("helper.failed", helper=self._helper, why=f"{type(error).__name__}: {error}", exc_info=error)
        self._failed = True

    def ended(self) -> None:
        """It returned, as if there were nothing more to do."""
        if not self._ended:
            log.warning("helper.ended", helper=self._helper)
        self._ended = True

    def works(self) -> None:
        """It is well again."""
        log.info("helper.works", helper=self._helper)
        self._failed = self._ended = False


async def _lasts(task: asyncio.Task[None], clock: Clock, seconds: float) -> bool:
    sleeping = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, sleeping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeping.cancel()
    return not task.done()

"""Starts again what broke, later each time, and knows for everybody who asks how it fares."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from chatapp_cli.ports.world import Clock

log = structlog.get_logger()

STEADY = 60.0
"""Seconds that a helper has to run after a fall to be called well again."""
LONGEST_PAUSE = 300.0


class Condition:
    """How a helper fares. The log hears once that it broke, once that it returned, and once that it is well again."""

    def __init__(self, helper: str) -> None:
        self.helper = helper
        self.failures = 0
        """How often it broke since the process started."""
        self.why = ""
        """The type of the error that it broke with, empty while it works: errors themselves may hold secrets."""
        self._ended = False

    @property
    def works(self) -> bool:
        """Whether it neither broke nor returned since it was last well."""
        return not (self.why or self._ended)

    def failed(self, error: Exception) -> None:
        """It broke."""
        self.failures += 1
        if not self.why:
            log.error("helper.failed", helper=self.helper, why=f"{type(error).__name__}: {error}", exc_info=error)
        self.why = type(error).__name__

    def ended(self) -> None:
        """It returned, as if there were nothing more to do."""
        if not self._ended:
            log.warning("helper.ended", helper=self.helper)
        self._ended = True

    def well(self) -> None:
        """It works."""
        if not self.works:
            log.info("helper.works", helper=self.helper)
        self.why, self._ended = "", False


async def helped(
    condition: Condition,
    work: Callable[[], Coroutine[None, None, None]],
    *,
    clock: Clock,
    steady: float = STEADY,
    longest: float = LONGEST_PAUSE,
) -> None:
    """Run a helper until cancelled, and again, later each time, whenever it breaks or ends, which it never should.

    ``steady`` and ``longest`` are seconds: of work that counts as well, and of the longest pause.
    """
    stops = 0
    while True:
        task = asyncio.create_task(work(), name=condition.helper)
        try:
            if stops and await _lasts(task, clock, steady):
                condition.well()
                stops = 0
            await task
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            condition.failed(RuntimeError(f"something that it waited for was cancelled {error}".strip()))
        except Exception as error:  # noqa: BLE001 - whatever it is, the helper is started again
            condition.failed(error)
        else:
            condition.ended()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        stops += 1
        await clock.sleep(min(longest, 2.0 ** min(stops, 9)))


def _is_cancelled() -> bool:
    """Whether this task was told to end, and not only something in it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _lasts(task: asyncio.Task[None], clock: Clock, seconds: float) -> bool:
    sleeping = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, sleeping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeping.cancel()
    return not task.done()

"""Restarts failed workers with a growing pause, and reports their condition."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.ports.world import Clock

log = structlog.get_logger()

STEADY = 60.0
"""Seconds that a worker must run after a failure to count as well."""
LONGEST_PAUSE = 300.0


class WorkerState:
    """The condition of a worker. Failure, return and recovery are logged once each."""

    def __init__(self, worker: str) -> None:
        self.name = worker
        self.failures = 0
        """The number of failures since the process started."""
        self.why = ""
        """The type of its error, empty while it works; the error itself may contain secrets."""
        self._ended = False

    @property
    def works(self) -> bool:
        """Whether it has neither failed nor returned since it was last well."""
        return not (self.why or self._ended)

    def failed(self, error: Exception) -> None:
        """Record a failure."""
        self.failures += 1
        if not self.why:
            trace = None if isinstance(error, ChatappError) else error  # words of ours say it all
            log.error("helper.failed", helper=self.name, why=f"{type(error).__name__}: {error}", exc_info=trace)
        self.why = type(error).__name__

    def ended(self) -> None:
        """Record that it returned, which it should not."""
        if not self._ended:
            log.warning("helper.ended", helper=self.name)
        self._ended = True

    def well(self) -> None:
        """Record that it works."""
        if not self.works:
            log.info("helper.works", helper=self.name)
        self.why, self._ended = "", False


async def keep_running(
    state: WorkerState,
    work: Callable[[], Coroutine[None, None, None]],
    *,
    clock: Clock,
    steady: float = STEADY,
    longest: float = LONGEST_PAUSE,
) -> None:
    """Run a worker until cancelled; restart it with a growing pause whenever it fails or returns.

    ``steady``: seconds of work after which it counts as well; ``longest``: the longest pause in seconds.
    """
    stops = 0
    while True:
        task = asyncio.create_task(work(), name=state.name)
        try:
            if stops and await _lasts(task, clock, steady):
                state.well()
                stops = 0
            await task
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            state.failed(RuntimeError(f"something that it waited for was cancelled {error}".strip()))
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker is logged and started again
            state.failed(error)
        else:
            state.ended()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        stops += 1
        await clock.sleep(min(longest, 2.0 ** min(stops, 9)))


def _is_cancelled() -> bool:
    """Whether this task itself was cancelled, and not only something in it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _lasts(task: asyncio.Task[None], clock: Clock, seconds: float) -> bool:
    sleeping = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, sleeping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeping.cancel()
    return not task.done()

"""Workers: parts of the daemon that may fail without stopping the others.

The journal's follower passes each worker the events that it asked for. One that fails, in ``hear`` or in ``run``, is
restarted with a growing pause and is named in health meanwhile.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from types import coroutine
from typing import Any

import structlog

from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.domain.journal.base import JournalEvent
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.ports.world import Clock
from chatapp_cli.runtime.restarting import WorkerState, keep_running
from chatapp_cli.runtime.tasks import failure, run_all
from chatapp_cli.runtime.wakeup import WakeUp

log = structlog.get_logger()

LONGEST_STOP = 10.0
"""Seconds that a cancelled worker may take to end; a stop as a whole may take 20."""
AGAIN = 1.0
"""Seconds after which a chore is retried that a store error or a refusal stopped."""


class Worker(ABC):
    """A worker, as the daemon sees it."""

    name: str
    wakes: tuple[type[JournalEvent], ...] = ()
    """The events that it is told of."""

    def hear(self, entries: Sequence[JournalEntry]) -> None:  # noqa: B027 - many only run
        """Handle events, in order and only those in ``wakes``; called on the loop, so it must not block."""

    @abstractmethod
    async def run(self) -> None:
        """Work until cancelled. Called again on the same object after an error."""


class Woken(Worker):
    """A worker for which every event only means that there may be something to do."""

    def __init__(self) -> None:
        self._wakeup = WakeUp()

    def hear(self, entries: Sequence[JournalEntry]) -> None:
        """Wake up."""
        if entries:
            self._wakeup.set()


class Chore(Woken):
    """Does one thing whenever it is woken, and otherwise at a fixed interval in seconds."""

    def __init__(
        self,
        name: str,
        do: Callable[[], Awaitable[object]],
        *,
        clock: Clock,
        every: float,
        wakes: tuple[type[JournalEvent], ...] = (),
    ) -> None:
        super().__init__()
        self.name, self.wakes = name, wakes
        self._do, self._clock, self._every = do, clock, every
        self._delayed = False

    def wake(self) -> None:
        """Wake it: there is something to do."""
        self._wakeup.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._wakeup.wait_by(self._clock, self._every)
            try:
                await self._do()
            except (StoreError, Busy) as error:
                self._delay(error)
                await self._clock.sleep(AGAIN)
            except Exception:  # keep the wake-up for when the worker is restarted
                self._wakeup.set()
                raise
            else:
                self._delayed = False

    def _delay(self, error: StoreError | Busy) -> None:
        if not self._delayed:
            log.warning("timer.delayed", worker=self.name, why=str(error))
        self._delayed = True
        self._wakeup.set()


class WorkerRunner:
    """Runs a worker: passes it events, and restarts it when it fails."""

    def __init__(self, worker: Worker, clock: Clock, *, longest_stop: float = LONGEST_STOP) -> None:
        self._worker = worker
        self._clock = clock
        self._longest_stop = longest_stop
        self._broken: asyncio.Future[None] | None = None
        self.state = WorkerState(worker.name)

    def hear(self, entries: Sequence[JournalEntry]) -> None:
        """Pass the worker the events it asked for; it is restarted if it fails on them."""
        try:
            if found := [entry for entry in entries if isinstance(entry.event, self._worker.wakes)]:
                self._worker.hear(found)
        except SystemExit as error:
            self._break(Exited(error))
        except Exception as error:  # noqa: BLE001 - a worker must not end the follower; its state logs it
            self._break(error)

    def _break(self, error: Exception) -> None:
        if self._broken is None or self._broken.done():
            self.state.failed(error)
        else:
            self._broken.set_exception(error)

    async def run(self) -> None:
        """Run the worker until cancelled, restarting it after failures."""
        await keep_running(self.state, self._life, clock=self._clock)

    async def _life(self) -> None:
        self._broken = asyncio.get_running_loop().create_future()
        try:
            await run_all(self._work(), failure(self._broken))
        finally:
            self._broken = None

    async def _work(self) -> None:
        """Run the worker; if it does not end in time when cancelled, it is given up."""
        given_up = asyncio.Event()
        task = asyncio.create_task(_droppable(self._worker.run(), given_up.is_set), name=self._worker.name)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            _ended, late = await asyncio.wait({task}, timeout=self._longest_stop)
            if late:
                log.error("worker.does_not_stop", worker=self._worker.name)
                given_up.set()
                task.cancel()
        task.result()


class Exited(Exception):
    """A worker called sys.exit, which must not end the daemon."""


@coroutine
def _droppable(work: Coroutine[Any, None, None], given_up: Callable[[], bool]) -> Generator[Any, None, None]:
    """Await work; once it is given up, a cancellation ends this even if the work ignores it. Raises Exited."""
    error: BaseException | None = None
    while True:
        try:
            waits_for = work.send(None) if error is None else work.throw(error)
        except StopIteration:
            return
        except SystemExit as exited:
            raise Exited(exited) from exited
        error = None
        try:
            yield waits_for
        except BaseException as raised:  # a cancellation too: the work itself decides what to do about it
            if given_up():
                raise
            error = raised

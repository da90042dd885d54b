"""The store for asynchronous code: reads on a few threads, writes through the single writer, nothing on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import StoreLost
from chatapp_cli.runtime.no_lease import NO_LEASE, NoLease
from chatapp_cli.store.tx import Tx
from chatapp_cli.store.waiting_jobs import Done, Outcome
from chatapp_cli.store.writer import Writer, deliver

if TYPE_CHECKING:
    from chatapp_cli.runtime.held_lease import HeldLease

R = TypeVar("R")
READERS = 2


class CommitFigures(NamedTuple):
    """What the commits since the start took."""

    number: int
    seconds: float
    """All of them together."""
    slowest: float
    """Seconds of the slowest one of late."""
    jobs: int = 0
    """Transactions in them, of everybody."""


class AsyncStore:
    """Belongs to the event loop in which it is created."""

    def __init__(self, company: Company, lease: HeldLease | NoLease = NO_LEASE) -> None:
        self.company = company
        self.lease = lease
        """The lease by which this process runs the channels, if it does."""
        self._loop = asyncio.get_running_loop()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._broken: asyncio.Future[None] = self._loop.create_future()
        self._writer = Writer(company.database, self._wake, self._break)
        company.database.on_damage.append(self._break)

    @property
    def commits(self) -> CommitFigures:
        """What writing took so far."""
        return CommitFigures(self._writer.commits, self._writer.seconds, self._writer.slowest, self._writer.jobs)

    async def run_under(self, held: HeldLease, work: Coroutine[None, None, None]) -> bool:
        """Run work that needs the lease until it ends, a daemon asks, or the lease is lost; true if it ended."""
        self.lease = held
        try:
            return await held.lent_to(work)
        finally:
            self.lease = NO_LEASE

    def _wake(self, outcomes: Sequence[tuple[Done, Outcome[Any]]]) -> None:
        self._loop.call_soon_threadsafe(deliver, outcomes)

    def _break(self, error: StoreLost) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._end_with, error)

    def _end_with(self, error: StoreLost) -> None:
        if self._broken.done():
            return
        self._broken.set_exception(error)
        self._broken.exception()  # no warning if nobody awaits ``broken``

    async def broken(self) -> None:
        """Raise StoreLost once nothing can be written any more: the writer thread ended, or the store is damaged."""
        await asyncio.shield(self._broken)

    async def read(self, job: Callable[[Tx], R]) -> R:
        """Run a read."""
        return await self._loop.run_in_executor(self._readers, self.company.read, job)

    async def write(self, job: Callable[[Tx], R], *, patient: bool = False) -> R:
        """Run a write; durable when it returns. Cancelling the caller does not undo it.

        ``patient``: what others write goes first, as an operator's reply before what an automation does.
        """
        future: asyncio.Future[R] = self._loop.create_future()

        def done(outcome: Outcome[R]) -> None:
            if future.cancelled():
                return
            if outcome.error is not None:
                future.set_exception(outcome.error)
            else:
                future.set_result(outcome.value)  # type: ignore[arg-type]  # a job's own value, None included

        self._writer.submit(self.company.seen(job), done, patient=patient)
        return await future

    async def with_store(self, work: Callable[[], R]) -> R:
        """Run work that uses the store itself, on a thread that is awaited before the store is closed."""
        return await self._loop.run_in_executor(self._readers, work)

    async def off_loop(self, work: Callable[[], R]) -> R:
        """Run blocking work, such as file access, on a thread."""
        return await asyncio.to_thread(work)

    async def aclose(self) -> None:
        """Finish what is queued and stop the threads."""
        await asyncio.to_thread(self._writer.close)
        self._readers.shutdown()
        self.company.database.on_damage.remove(self._break)

"""Works off a durable queue: claim, hand-over and verdict, safe against interruption.

It does not know what the rows mean. Rate, order and the meaning of answers are the queue's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from chatapp_cli.domain.ids import Millis
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.verdicts import GRACE, VerdictJob, VerdictWriter
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

LOOK = 0.5
"""Seconds between looks at the lease while the rest is finished."""
LONGEST_NAP = 5.0
"""Seconds after which a queue is checked even without a wake-up: a clock may have jumped."""
Item = TypeVar("Item")


class Queue(Protocol[Item]):
    """A queue to work off."""

    def claim(self, tx: Tx, n: int) -> Sequence[Item]:
        """Claim at most this many rows that may go now; after the commit nobody else can claim them."""
        ...

    async def carry(self, item: Item) -> None:
        """Hand one over and have its verdict written; if cancelled before the hand-over, requeue it."""
        ...

    def leave(self, item: Item, error: Exception | None) -> VerdictJob:
        """The verdict on a row that was not finished.

        Without an error it was not started; with one, our own code failed on it.
        """
        ...

    async def next_due(self, *, idle: bool) -> Millis | None:
        """When the next wait ends, if something waits for a time. ``idle``: nothing is in flight now."""
        ...


class Carrier(Generic[Item]):
    """The carrier of one queue. ``at_once`` is how many rows are claimed in one transaction.

    ``empty_nap`` is after how many seconds a queue is checked in which nothing waits for a time. It may be long if
    whatever makes a row go wakes the carrier, and should be: each check takes the store's writer.
    """

    def __init__(
        self,
        store: AsyncStore,
        verdicts: VerdictWriter,
        log: FilteringBoundLogger,
        *,
        at_once: int,
        empty_nap: float = LONGEST_NAP,
        patient: bool = False,
    ) -> None:
        """``patient``: it claims once others have written what they want to."""
        self._store = store
        self._clock = store.company.world.clock
        self._verdicts = verdicts
        self._log = log
        self._at_once = at_once
        self._empty_nap = empty_nap
        self._patient = patient
        self._news = WakeUp()
        self._flying: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Wake it: there may be something to carry."""
        self._news.set()

    async def run(self, queue: Queue[Item], ready: Callable[[], Awaitable[int]]) -> None:
        """Carry rows until cancelled; then finish what is in flight.

        ``ready`` returns how many may be in flight now; after a wait of its own it returns 0 to be called again.
        """
        try:
            while True:
                if most := await ready():
                    await self._step(queue, most - len(self._flying))
        finally:
            await self._land()

    async def _step(self, queue: Queue[Item], room: int) -> None:
        """Claim rows that may go now, or wait until there are some."""
        if room <= 0:
            await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)
            return
        self._news.clear()
        items = await self._claim(queue, min(room, self._at_once))
        for item in items:
            task = asyncio.create_task(self._carry(queue, item), name="carry")
            self._flying.add(task)
            task.add_done_callback(self._landed)
        if not items:
            await self._nap(queue)

    async def _claim(self, queue: Queue[Item], n: int) -> Sequence[Item]:
        """Claim rows; if stopped meanwhile, requeue those not started."""
        claiming = asyncio.ensure_future(self._store.write(partial(queue.claim, n=n), patient=self._patient))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            for item in await claiming:
                await self._verdicts.record(queue.leave(item, None))
            raise

    async def _carry(self, queue: Queue[Item], item: Item) -> None:
        try:
            await queue.carry(item)
        except Exception as error:  # noqa: BLE001 - a mistake of ours over the answer: it still gets a verdict
            await self._verdicts.record(queue.leave(item, error))

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._news.set()
        if not task.cancelled() and (error := task.exception()):
            self._log.error("verdict.lost", error=repr(error))

    async def _nap(self, queue: Queue[Item]) -> None:
        due = await queue.next_due(idle=not self._flying)
        if due is None:
            await self._news.wait_by(self._clock, self._empty_nap)
            return
        later = (due - self._clock.now()) / 1000
        await self._news.wait_by(self._clock, min(max(later, 0.01), LONGEST_NAP))

    async def _land(self) -> None:
        """Give rows in flight time to finish, but never beyond the lease; the next holder recovers the rest."""
        flying, left = set(self._flying), GRACE
        try:
            while (left := min(left, self._store.lease.remaining)) > 0 and any(not task.done() for task in flying):
                await asyncio.wait(flying, timeout=min(left, LOOK))
                left -= LOOK
        finally:
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

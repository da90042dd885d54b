"""Carries a durable queue out: claim, hand over, verdict, whatever stops it in between.

It knows nothing of what it carries. How fast it may go, in which order and what an answer means is the queue's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from chatapp_cli.domain.ids import Millis
from chatapp_cli.runtime.bell import Bell
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.verdicts import GRACE, Verdict, Verdicts
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

LONGEST_NAP = 5.0
"""Seconds after which a queue is looked at even without news: a clock may have jumped."""
Item = TypeVar("Item")


class Queue(Protocol[Item]):
    """What is carried out."""

    def claim(self, tx: Tx, n: int) -> Sequence[Item]:
        """Take so many at most that may go now; from the commit on nobody else does."""
        ...

    async def carry(self, item: Item) -> None:
        """Hand one over and have its verdict written; cancelled before the hand-over, it has it put back."""
        ...

    def leave(self, item: Item, error: Exception | None) -> Verdict:
        """The verdict on one that is not carried to its end.

        Without an error it was not begun; with one our own code broke over it, and is being handled.
        """
        ...

    async def next_due(self, *, idle: bool) -> Millis | None:
        """When the next wait is over, if something waits for a time. ``idle``: nothing is on its way now."""
        ...


class Carrier(Generic[Item]):
    """Of one queue. ``at_once`` is how many are claimed in one transaction."""

    def __init__(self, store: AsyncStore, verdicts: Verdicts, log: FilteringBoundLogger, *, at_once: int) -> None:
        self._store = store
        self._clock = store.desk.world.clock
        self._verdicts = verdicts
        self._log = log
        self._at_once = at_once
        self._news = Bell()
        self._flying: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There may be something to carry."""
        self._news.ring()

    async def run(self, queue: Queue[Item], ready: Callable[[], Awaitable[int]]) -> None:
        """Carry until cancelled; then finish what is in flight.

        ``ready`` returns how many may be in flight now; 0 to be asked again, once it has waited for what it must.
        """
        try:
            while True:
                if most := await ready():
                    await self._step(queue, most - len(self._flying))
        finally:
            await self._land()

    async def _step(self, queue: Queue[Item], room: int) -> None:
        """Claim what may go now, or wait until something may."""
        if room <= 0:
            await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)
            return
        self._news.hush()
        items = await self._claim(queue, min(room, self._at_once))
        for item in items:
            task = asyncio.create_task(self._carry(queue, item), name="carry")
            self._flying.add(task)
            task.add_done_callback(self._landed)
        if not items:
            await self._nap(queue)

    async def _claim(self, queue: Queue[Item], n: int) -> Sequence[Item]:
        """Claim; who is stopped meanwhile puts back what was not begun."""
        claiming = asyncio.ensure_future(self._store.write(partial(queue.claim, n=n)))
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
        self._news.ring()
        if not task.cancelled() and (error := task.exception()):
            self._log.error("verdict.lost", error=repr(error))

    async def _nap(self, queue: Queue[Item]) -> None:
        due = await queue.next_due(idle=not self._flying)
        later = LONGEST_NAP if due is None else (due - self._clock.now()) / 1000
        await self._news.rest_by(self._clock, min(max(later, 0.01), LONGEST_NAP))

    async def _land(self) -> None:
        """Give what is in flight time to end; what does not is found by the next owner."""
        if not self._flying:
            return
        flying = set(self._flying)
        try:
            await asyncio.wait(flying, timeout=GRACE)
        finally:
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

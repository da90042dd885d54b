"""Records verdicts reliably: an unrecorded send would be repeated, or searched for in vain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import chain, repeat
from typing import TYPE_CHECKING, TypeAlias

from chatapp_cli.domain.errors import Busy, StoreError, StoreLost
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

VerdictJob: TypeAlias = Callable[[Tx], object]
GRACE = 20.0
"""Seconds that a stopping daemon allows for unwritten verdicts and for what is in flight."""


class VerdictWriter:
    """Records the verdicts of one queue; ``log`` says which. ``patient``: what others write goes first."""

    def __init__(
        self, store: AsyncStore, log: FilteringBoundLogger, *, grace: float = GRACE, patient: bool = False
    ) -> None:
        self._store = store
        self._patient = patient
        self._log = log
        self._grace = grace

    async def record(self, verdict: VerdictJob) -> None:
        """Record a verdict; retries while the store cannot be written. Raises StoreLost if it never can be again.

        If cancelled meanwhile, it continues for a while. A verdict not written by then is found by the next holder as
        handed over, who asks the provider or a person.
        """
        writing = asyncio.ensure_future(self._retry_until_written(verdict))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await self._last_chance(writing)
            raise

    async def _last_chance(self, writing: asyncio.Future[None]) -> None:
        try:
            await asyncio.wait({writing}, timeout=self._grace)
        finally:
            if not writing.done():
                self._log.error("verdict.left")
                writing.cancel()

    async def _retry_until_written(self, verdict: VerdictJob) -> None:
        for pause in chain((0.1, 0.5, 2.0, 5.0), repeat(15.0)):
            try:
                await self._store.write(verdict, patient=self._patient)
            except StoreLost:
                self._log.error("verdict.left")
                raise
            except (StoreError, Busy) as error:
                self._log.warning("verdict.delayed", why=str(error))
                await self._store.company.world.clock.sleep(pause)
            else:
                return

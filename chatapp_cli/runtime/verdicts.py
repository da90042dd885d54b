"""Verdicts are written whatever happens: a send that nobody wrote down would be made twice, or looked for in vain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import chain, repeat
from typing import TYPE_CHECKING, TypeAlias

from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

Verdict: TypeAlias = Callable[[Tx], object]
GRACE = 20.0
"""Seconds that a stopping daemon gives to a verdict that cannot be written, and to what is in flight."""


class Verdicts:
    """Writes those of one queue; ``log`` says which."""

    def __init__(self, store: AsyncStore, log: FilteringBoundLogger, *, grace: float = GRACE) -> None:
        self._store = store
        self._log = log
        self._grace = grace

    async def record(self, verdict: Verdict) -> None:
        """Write it; a store that cannot be written is asked until it can.

        Who is cancelled meanwhile goes on for a while: what is not written then, the next owner finds as
        handed over, and asks the provider or a person.
        """
        writing = asyncio.ensure_future(self._insist(verdict))
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

    async def _insist(self, verdict: Verdict) -> None:
        for pause in chain((0.1, 0.5, 2.0, 5.0), repeat(15.0)):
            try:
                await self._store.write(verdict)
            except (StoreError, Busy) as error:
                self._log.warning("verdict.delayed", why=str(error))
                await self._store.desk.world.clock.sleep(pause)
            else:
                return

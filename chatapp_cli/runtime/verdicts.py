"""Verdicts are written whatever happens: a send that nobody wrote down would be made twice, or looked for in vain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import chain, repeat

import structlog

from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()


class Verdicts:
    """Writes those of one channel."""

    def __init__(self, store: AsyncStore, channel: ChannelId) -> None:
        self._store = store
        self._channel = channel

    async def record(self, verdict: Callable[[Tx], object]) -> None:
        """Write it, cancelled or not; a store that cannot be written is asked until it can."""
        writing = asyncio.ensure_future(self._insist(verdict))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await writing
            raise

    async def _insist(self, verdict: Callable[[Tx], object]) -> None:
        for pause in chain((0.1, 0.5, 2.0, 5.0), repeat(15.0)):
            try:
                await self._store.write(verdict)
            except (StoreError, Busy) as error:
                log.warning("verdict.delayed", channel=self._channel, why=str(error))
                await self._store.desk.world.clock.sleep(pause)
            else:
                return

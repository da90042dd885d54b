"""Deletes what is old: in the background, some hundred rows at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog

from chatapp_cli.kit.manifests import keeping_raw
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import orphans, retention, upkeep
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

SHARE = 3
"""Pauses between pieces are this many times as long as the work: receiving and sending come first."""
RARELY = 24
"""Turns after which the media folder is looked through again."""


class Upkeep:
    """One turn deletes all that is due."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._turns = 0

    async def turn(self) -> None:
        """Delete what is old, in the store and beside it."""
        store, company = self._store, self._store.company
        await self._delete(upkeep.delete_early_changes)
        await self._delete(upkeep.delete_expired)
        await self._delete(upkeep.delete_crm_events)
        for planned in await store.read(partial(retention.plan, options=company.options, lasting=keeping_raw())):
            await self._sweep(planned)
        await store.off_loop(company.media.sweep)
        await store.with_store(company.database.shorten_log)
        if self._turns % RARELY == 0:
            if unused := await store.read(retention.unused_dictionaries):
                await store.write(partial(retention.forget_dictionaries, unused=unused))
            await self._drop_orphans()
        self._turns += 1

    async def _delete(self, job: Callable[[Tx], int]) -> None:
        clock, done = self._store.company.world.clock, upkeep.AT_ONCE
        while done >= upkeep.AT_ONCE:
            began = clock.monotonic()
            done = await self._store.write(job)
            await clock.sleep(SHARE * (clock.monotonic() - began))

    async def _sweep(self, planned: retention.Sweep) -> None:
        clock, left = self._store.company.world.clock, planned
        while left.n:
            began = clock.monotonic()
            left = await self._store.write(partial(retention.sweep, planned=left))
            await clock.sleep(SHARE * (clock.monotonic() - began))
        log.info("upkeep.swept", what=planned.option, rows=left.done)

    async def _drop_orphans(self) -> None:
        media = self._store.company.media
        for part in orphans.PARTS:
            found = await self._store.read(partial(orphans.orphans, media=media, part=part))
            if found:
                dropped = await self._store.off_loop(partial(orphans.drop, media, found))
                log.info("upkeep.orphans", files=dropped.n, bytes=dropped.size)

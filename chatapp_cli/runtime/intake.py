"""Stores what sessions receive before the provider is asked for more."""

from __future__ import annotations

from functools import partial

import structlog

from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services.ingest import Ingested, ingest, set_aside
from chatapp_cli.services.raw_bodies import has_large, store_large

log = structlog.get_logger()


class Intake:
    """Stores the batches of one channel."""

    def __init__(self, store: AsyncStore, channel: ChannelId) -> None:
        self._store = store
        self._channel = channel

    async def take(self, batch: Batch) -> Ingested:
        """Store a batch; returns when it is durable. Raises StoreError, and then nothing of it is stored."""
        batch = await self._shelved(batch)
        try:
            return await self._store.write(partial(ingest, channel=self._channel, batch=batch))
        except ChatappError:
            raise
        except Exception:  # whatever error our own code raises, the other arrivals must not wait for it
            log.exception("ingest.failed", channel=self._channel, arrivals=len(batch.arrivals))
            return await self._take_one_by_one(batch)

    async def _shelved(self, batch: Batch) -> Batch:
        if not has_large(batch):
            return batch
        return await self._store.off_loop(partial(store_large, self._store.company.media, batch))

    async def _take_one_by_one(self, batch: Batch) -> Ingested:
        """Store arrivals one by one; one on which our code fails becomes a dead letter."""
        total = Ingested()
        for arrival in batch.arrivals:
            alone = Batch(arrivals=(arrival,))
            try:
                part = await self._store.write(partial(ingest, channel=self._channel, batch=alone))
            except ChatappError:
                raise
            except Exception as error:  # noqa: BLE001 - logged above for the whole batch, kept here
                problem = f"{type(error).__name__}: {error}"
                await self._store.write(partial(set_aside, channel=self._channel, arrival=arrival, problem=problem))
                part = Ingested(dead=1)
            total.messages += part.messages
            total.duplicates += part.duplicates
            total.dead += part.dead
            total.files_wanted |= part.files_wanted
        await self._store.write(partial(ingest, channel=self._channel, batch=Batch(cursor=batch.cursor)))
        return total

"""Keeps the message index up to date in the background; otherwise the next search would do it."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.journal.base import JournalEvent
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.worker import Woken
from chatapp_cli.services import search

PAUSE = 5.0
"""Seconds to wait after an event, to index in batches."""
SHARE = 3
"""Pauses between batches are this many times as long as the work: receiving and sending come first."""


class Indexer(Woken):
    """The daemon's indexer."""

    name = "index"
    wakes = (JournalEvent,)

    def __init__(self, store: AsyncStore) -> None:
        super().__init__()
        self._store = store

    async def run(self) -> None:
        """Index until cancelled."""
        company, clock = self._store.company, self._store.company.world.clock
        while True:
            began = clock.monotonic()
            if await self._store.with_store(partial(search.advance, company.database, company.search)):
                await clock.sleep(SHARE * (clock.monotonic() - began))
            else:
                await self._wakeup.wait()
                await clock.sleep(PAUSE)

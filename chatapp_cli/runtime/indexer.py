"""Keeps the index of messages up to date in the background; whoever searches first would do it too."""

from __future__ import annotations

from functools import partial

import structlog

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.runtime.bell import Bell
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import search

log = structlog.get_logger()

PAUSE = 5.0
"""Seconds after news: what comes together is indexed together."""
SHARE = 3
"""Rests between two batches are so many times as long as the work: receiving and sending come first."""
LATER = 60.0
"""Seconds after which it is tried again."""


class Indexer:
    """Belongs to a daemon."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._bell = Bell()
        self._failing = False

    def wake(self) -> None:
        """Something was said or changed."""
        self._bell.ring()

    async def run(self) -> None:
        """Index until cancelled."""
        clock = self._store.desk.world.clock
        while True:
            began = clock.monotonic()
            if await self._advance():
                await clock.sleep(SHARE * (clock.monotonic() - began))
            elif self._failing:
                await clock.sleep(LATER)
            else:
                await self._bell.rest()
                await clock.sleep(PAUSE)

    async def _advance(self) -> bool:
        desk = self._store.desk
        try:
            more = await self._store.with_store(partial(search.advance, desk.database, desk.search))
        except ChatappError as error:
            self._tell(str(error))
            return False
        except Exception as error:  # noqa: BLE001 - whatever befalls the index, messages have to go on
            self._tell(f"{type(error).__name__}: {error}")
            return False
        if self._failing:
            log.info("index.works")
        self._failing = False
        return more

    def _tell(self, why: str) -> None:
        if not self._failing:
            log.warning("index.delayed", why=why)
        self._failing = True

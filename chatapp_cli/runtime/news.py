"""Tails the journal: whoever wrote, in whichever process, everybody concerned hears of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

import structlog

from chatapp_cli.domain.errors import StoreError
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import journal
from chatapp_cli.store.rows import JournalRow

log = structlog.get_logger()

EVERY = 0.1
"""Seconds between two looks."""
PAUSE = 1.0
"""Seconds between two looks while the store does not answer."""


async def follow(store: AsyncStore, after: int | None = None) -> AsyncIterator[Sequence[JournalRow]]:
    """Yield news as they come, in order and without gaps, for ever; from now on unless a number is given."""
    clock = store.desk.world.clock
    last = await store.read(journal.last) if after is None else after
    broken = False
    while True:
        try:
            rows = await store.read(partial(journal.after, number=last))
        except StoreError as error:
            if not broken:
                log.warning("store.unreadable", why=str(error))
            broken = True
            await clock.sleep(PAUSE)
            continue
        if broken:
            log.info("store.readable")
            broken = False
        if rows:
            last = rows[-1].id
            yield rows
        else:
            await clock.sleep(EVERY)

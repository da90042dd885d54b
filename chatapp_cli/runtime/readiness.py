"""Whether the store can be written, proved every few seconds by writing to it."""

from __future__ import annotations

import asyncio
import math

import structlog

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy, ChatappError, StoreAway
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T, Text
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import timers
from chatapp_cli.store.drivers import RESTORE
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

EVERY = 5.0
"""Seconds between proofs."""
LASTS = 15.0
"""Seconds for which a proof counts."""
FRESH = EVERY + 1.0
"""Seconds for which a heartbeat of the lease, which is a write too, makes a proof of our own needless."""
_FAR: Millis = 3_650 * 86_400_000


def prove(tx: Tx) -> None:
    """Write to the store and leave nothing behind: a transaction without a change would not reach the disk."""
    timers.put(tx, "readiness", "proof", tx.now + _FAR, keeps_hour=False)
    timers.cancel(tx, "readiness", "proof")


def not_stored(company: Company, seconds: float) -> tuple[Text, Text]:
    """That nothing could be stored for so long, and what to do; names the process that holds SQLite's lock."""
    step = T("Check the disk or the database.")
    if holder := company.database.driver.writing():
        step = T("Process {pid} writes to the store all this time: let it finish, or end it.", pid=holder)
    return T("Nothing could be stored for {n} s.", n=int(seconds)), step


class Readiness:
    """Proves that the store can be written; a failure is logged once, and once more when it is over."""

    def __init__(self, store: AsyncStore, *, every: float = EVERY) -> None:
        self._store = store
        self._every = every
        self._loop = asyncio.get_running_loop()
        self._proved_at = -math.inf
        self._error: ChatappError | None = None

    @property
    def age(self) -> float:
        """Seconds since the last proof."""
        return self._loop.time() - self._proved_at

    @property
    def why_not(self) -> tuple[Text, Text | None] | None:
        """Why nothing can be stored and what to do; ``None`` if it can, or if that was not tried yet."""
        if (damaged := self._store.company.database.damaged) is not None:
            return damaged.what, RESTORE
        if self._error is not None:
            return self._error.what, self._error.next_step
        if LASTS < self.age < math.inf:
            return not_stored(self._store.company, self.age)
        return None

    @property
    def lasting(self) -> Text | None:
        """Why nothing can be stored, if people have to know: what may pass by itself gets some seconds to do so."""
        if isinstance(self._error, StoreAway | Busy) and self.age <= LASTS:
            return None
        return None if (why := self.why_not) is None else why[0]

    @property
    def proved(self) -> bool:
        """Whether something was stored lately."""
        return self.age <= LASTS and self.why_not is None

    async def run(self) -> None:
        """Prove it until cancelled."""
        while True:
            await self._prove()
            await asyncio.sleep(self._every)

    async def _prove(self) -> None:
        """Also notices damage that another process found."""
        self._store.company.database.look_at_mark()
        age = self._store.lease.age
        if age < FRESH and self._error is None:
            self._proved_at = self._loop.time() - age
            return
        try:
            await self._store.write(prove)
        except ChatappError as error:
            if self._error is None:
                log.warning("store.unwritable", why=str(error))
            self._error = error
            return
        if self._error is not None:
            log.info("store.writable")
        self._error = None
        self._proved_at = self._loop.time()

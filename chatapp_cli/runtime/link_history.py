"""Gives the ledger of a link what was written before its pairings, a page at a time, while its session is up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chatapp_cli.domain.ids import LinkId
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.services import crm_history

PAUSE = 1.0
"""Seconds between looks whether the ledger has told most of a page."""
LOOK = 600.0
"""Seconds between looks while nothing is imported."""


class HistoryKeeper:
    """The imports of one link."""

    def __init__(self, store: AsyncStore, link: LinkId, fed: Callable[[], None]) -> None:
        """``fed`` is called when the ledger got something."""
        self._store, self._link, self._fed = store, link, fed
        self._clock = store.company.world.clock
        self._asked = WakeUp()

    def wake(self) -> None:
        """A person asked for it, or stopped it."""
        self._asked.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._asked.clear()
            if await self._store.read(partial(crm_history.is_running, link=self._link)):
                if await self._store.write(partial(crm_history.feed, link=self._link)):
                    self._fed()
                await self._clock.sleep(PAUSE)
            else:
                await self._asked.wait_by(self._clock, LOOK)

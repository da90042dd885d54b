"""Asks a provider regularly for the states of our templates."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

import structlog

from chatapp_cli.domain.errors import ChannelError, Rejected
from chatapp_cli.ports.connector import HasTemplates
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import approvals
from chatapp_cli.store.rows.channels import ChannelRow

log = structlog.get_logger()

EVERY: Final = 3600.0
"""Seconds between requests."""


class Approvals:
    """Asks for one channel while its session is up; a failed request is repeated the next time."""

    def __init__(self, store: AsyncStore, row: ChannelRow) -> None:
        self._store = store
        self._row = row

    async def run(self, session: HasTemplates) -> None:
        """Ask until cancelled; wait if the channel has no templates."""
        while True:
            try:
                found = await session.templates()
            except Rejected:
                await asyncio.Event().wait()
            except ChannelError as error:
                log.debug("templates.unasked", channel=self._row.id, code=error.code)
            else:
                able = self._store.company.capabilities
                await self._store.write(partial(approvals.learn, able=able, channel=self._row, found=found))
            await self._store.company.world.clock.sleep(EVERY)

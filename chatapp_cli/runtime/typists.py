"""Tells CRMs that clients of a channel type; nobody waits for it, and nothing of it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chatapp_cli.domain.border import ExternalId
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.runtime.rarely import Rarely
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import crm_presence

AGAIN = 4.0
"""Seconds in which one client is told of once."""


class Typists:
    """The clients of one channel who type."""

    def __init__(self, store: AsyncStore, channel: ChannelId) -> None:
        self._store, self._channel = store, channel
        self._told = Rarely[ExternalId](store.company.world.clock, AGAIN)

    async def tell(self, keys: Sequence[ExternalId]) -> None:
        """Clients type in the chats with these keys."""
        new = [key for key in keys if self._told.note(key)]
        if not new:
            return
        if await self._store.read(partial(crm_presence.shows_typing, channel=self._channel)):
            from chatapp_cli.services import crm_typing  # which a desk without a link does not load

            await self._store.write(partial(crm_typing.client_typed, channel=self._channel, keys=new))

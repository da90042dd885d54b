"""Continues failed messages in the next channel of their chain."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import structlog

from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import onward

log = structlog.get_logger()


class ChainRunner:
    """Looks for failed messages that have channels left."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._stuck: set[MessageId] = set()

    async def turn(self, failed: Sequence[MessageId]) -> None:
        """Continue failed messages, each in its own transaction. Raises StoreError."""
        for message in failed:
            if message not in self._stuck:
                await self._continue(message)

    async def _continue(self, message: MessageId) -> None:
        able = self._store.company.capabilities
        try:
            into = await self._store.write(partial(onward.continue_chain, able=able, message=message))
        except (StoreError, Busy):
            raise
        except Exception:  # one message that cannot be continued must not block the others
            self._stuck.add(message)
            log.exception("relay.stuck", message=message)
        else:
            log.info("relay.handed_on", message=message, into=into)

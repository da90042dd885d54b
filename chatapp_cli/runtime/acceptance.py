"""Takes a channel's webhooks, with its session or without one."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.event import Batch
from chatapp_cli.kit.understanding import dead
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import AcceptsHooks, Connector, HookReply, HookRequest, Session, TakesHooks
from chatapp_cli.runtime.memory import bound_with_memory
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.store.rows.channels import ChannelRow

log = structlog.get_logger()


class Acceptance:
    """Of one revision of a channel's binding; in any process, whether the channel runs or not."""

    def __init__(self, store: AsyncStore, row: ChannelRow) -> None:
        self._store = store
        self._row = row
        self._door: tuple[Connector, Bound] | None = None
        self._opening = asyncio.Lock()

    async def reply(self, session: Session | None, request: HookRequest) -> HookReply:
        """What to store and to answer; 503, so that the provider calls again, where only a session could tell.

        Raises StoreError where the binding cannot be read.
        """
        try:
            if session is not None and isinstance(session, TakesHooks):
                return session.accept(request)
            connector, bound = await self._opened()
            if isinstance(connector, AcceptsHooks):
                return await connector.accept(bound, request)
        except ChatappError:
            raise
        except Exception as error:  # what cannot be understood must not be lost, whatever kind of mistake it is
            log.exception("hook.failed", channel=self._row.id, kind=self._row.kind)
            return HookReply(batch=Batch(arrivals=(dead(request.body, f"{type(error).__name__}: {error}"),)))
        return HookReply(status=503, body=b"the channel is not up\n")

    async def _opened(self) -> tuple[Connector, Bound]:
        """Connector and binding, read once."""
        async with self._opening:
            if self._door is None:
                desk = self._store.desk
                connector = await self._store.off_loop(partial(desk.connector, self._row.kind))
                bound = await self._store.off_loop(partial(bound_with_memory, desk, self._row, self._store))
                self._door = connector, bound
            return self._door

"""Accepts a channel's webhooks, with its session or without one."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial

import structlog

from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.kit.understanding import dead
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import AcceptsHooks, HookReply, HookRequest, TakesHooks
from chatapp_cli.ports.world import Clock
from chatapp_cli.runtime.memory import bound_with_memory
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.store.rows.channels import ChannelRow

log = structlog.get_logger()

_REFUSED = range(400, 500)
REPORT_EVERY = 3600.0
"""Seconds between log lines about the same kind of refusal."""


class Acceptance:
    """Accepts webhooks for one revision of a binding, in any process, whether the channel runs or not."""

    def __init__(self, store: AsyncStore, row: ChannelRow) -> None:
        self._store = store
        self._row = row
        self._door: tuple[AcceptsHooks | None, Bound] | None = None
        self._opening = asyncio.Lock()
        self._refusals = Refusals(store.company.world.clock)

    async def reply(self, session: TakesHooks | None, request: HookRequest) -> HookReply:
        """The batch to store and the answer; 503, so that the provider repeats the call, if a session is needed.

        Raises StoreError if the binding cannot be read.
        """
        try:
            reply = await self._without_session(request) if session is None else session.accept(request)
        except ChatappError:
            raise
        except Exception as error:  # an unreadable arrival must not be lost, whatever the error
            log.exception("hook.failed", channel=self._row.id, kind=self._row.kind)
            reply = HookReply(batch=Batch(arrivals=(dead(request.body, f"{type(error).__name__}: {error}"),)))
        if count := self._refusals.news(reply):
            log.warning("hook.refused", channel=self._row.id, kind=self._row.kind, status=reply.status, count=count)
        return reply

    async def _without_session(self, request: HookRequest) -> HookReply:
        try:
            accepting, bound = await self._opened()
        except ChatappError:
            raise
        except Exception:  # the caller is not verified yet, so nothing is stored; the provider repeats the call
            log.exception("hook.failed", channel=self._row.id, kind=self._row.kind)
            return HookReply(status=503, body=b"the channel cannot be opened\n")
        if accepting is None:
            return HookReply(status=503, body=b"the channel is not up\n")
        return await accepting.accept(bound, request)

    async def _opened(self) -> tuple[AcceptsHooks | None, Bound]:
        """The connector, if it accepts webhooks by itself, and the binding; read once."""
        async with self._opening:
            if self._door is None:
                company = self._store.company
                connector = await self._store.off_loop(partial(company.connector, self._row.kind))
                bound = await self._store.off_loop(partial(bound_with_memory, company, self._row, self._store))
                self._door = connector if isinstance(connector, AcceptsHooks) else None, bound
            return self._door


class Refusals:
    """Counts refused callers, because nothing else shows wrong signatures."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: Counter[int] = Counter()
        self._reported: dict[int, float] = {}

    def news(self, reply: HookReply) -> int:
        """The number of refusals with this status since the last report; 0 if no report is due."""
        if reply.status not in _REFUSED or reply.batch.arrivals:
            return 0
        now, reported = self._clock.monotonic(), self._reported.get(reply.status)
        self._counts[reply.status] += 1
        if reported is not None and now - reported < REPORT_EVERY:
            return 0
        self._reported[reply.status] = now
        return self._counts.pop(reply.status)

"""One task for every bound channel, started, renewed and stopped as the store says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

import structlog

from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.runtime.channel import ChannelRunner
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels
from chatapp_cli.store.rows.channels import ChannelRow

log = structlog.get_logger()


class Supervisor:
    """Knows which channels run."""

    def __init__(self, store: AsyncStore, *, count: Callable[[str, str], None]) -> None:
        self._store = store
        self._count = count
        self._running: dict[ChannelId, tuple[ChannelRunner, asyncio.Task[None]]] = {}
        self._refreshing = asyncio.Lock()

    @property
    def runners(self) -> Mapping[ChannelId, ChannelRunner]:
        """The channels that were started, whether they are up or not."""
        return {number: runner for number, (runner, _) in self._running.items()}

    def by_hook(self, hook_key: str) -> ChannelRunner | None:
        """The channel that a webhook address belongs to."""
        return next((r for r, _ in self._running.values() if r.row.hook_key == hook_key and hook_key), None)

    async def refresh(self) -> None:
        """Start what is new, renew what was bound or configured again, stop what was unbound."""
        async with self._refreshing:
            await self._refresh()

    async def _refresh(self) -> None:
        wanted = {row.id: row for row in await self._store.read(channels.everything)}
        for number, (runner, _) in list(self._running.items()):
            row = wanted.get(number)
            if row is None or row.revision != runner.row.revision:
                await self._stop(number)
        for number, row in wanted.items():
            if number not in self._running:
                self._start(row)

    def _start(self, row: ChannelRow) -> None:
        runner = ChannelRunner(self._store, row, count=self._count)
        self._running[row.id] = runner, asyncio.create_task(runner.run(), name=f"channel-{row.id}")
        log.info("channel.started", channel=row.id, kind=row.kind, line=row.line)

    async def _stop(self, number: ChannelId) -> None:
        _, task = self._running.pop(number)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def stop(self) -> None:
        """Stop every channel; each finishes what is in flight."""
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running.clear()

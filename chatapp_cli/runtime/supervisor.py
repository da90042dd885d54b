"""The running channels of a company: one runner for each binding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import structlog

from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.journal.channels import ChannelBound, ChannelConfigured, ChannelUnbound
from chatapp_cli.domain.journal.lines import LineRemoved
from chatapp_cli.domain.journal.messages import DeadLetterAsked
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.runtime.channel import WAKES, ChannelRunner
from chatapp_cli.runtime.fleet import Fleet, called
from chatapp_cli.runtime.restarting import WorkerState
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.runtime.worker import Worker
from chatapp_cli.services import channels
from chatapp_cli.store.rows.channels import ChannelRow

log = structlog.get_logger()

_BINDING = (ChannelBound, ChannelUnbound, ChannelConfigured, DeadLetterAsked, LineRemoved)


class Supervisor(Worker):
    """Starts, restarts and stops the runners as the store says, and passes their channels' events to them."""

    name = "channels"
    wakes = (*_BINDING, *WAKES)

    def __init__(self, store: AsyncStore, *, count: Callable[[str, str], None]) -> None:
        self._store = store
        self._count = count
        self._bound = WakeUp()
        self._fleet = Fleet(self._wanted, self._make, clock=store.company.world.clock, noun="channel")

    @property
    def runners(self) -> Mapping[ChannelId, ChannelRunner]:
        """The started channels, whether they are up or not."""
        return self._fleet.runners

    @property
    def stumbling(self) -> Sequence[WorkerState]:
        """The channels whose tasks ended, until they have run for a while again."""
        return self._fleet.stumbling

    def by_hook(self, hook_key: str) -> ChannelRunner | None:
        """The channel of a webhook address."""
        return called(self._fleet.runners, hook_key)

    def hear(self, entries: Sequence[JournalEntry]) -> None:
        """Re-read the bindings, or pass the event to its runner."""
        runners = self.runners
        for entry in entries:
            if isinstance(entry.event, _BINDING):
                self._bound.set()
            elif (channel := entry.event.channel) is not None and channel in runners:
                runners[channel].hear(entry)

    async def run(self) -> None:
        """Follow the bindings until cancelled."""
        while True:
            await self.refresh()
            await self._bound.wait()

    async def refresh(self) -> None:
        """Start new bindings, restart changed ones, stop removed ones. Raises StoreError."""
        await self._fleet.refresh()

    async def stop(self) -> None:
        """Stop every channel; each finishes what is in flight."""
        await self._fleet.stop()

    async def _wanted(self) -> Mapping[ChannelId, ChannelRow]:
        return {row.id: row for row in await self._store.read(channels.everything)}

    def _make(self, row: ChannelRow) -> ChannelRunner:
        log.info("channel.started", channel=row.id, kind=row.kind, line=row.line)
        return ChannelRunner(self._store, row, count=self._count)

"""Notices within a second what is due; part of the daemon's core, so its failure ends the process.

A failing handler does not end it: its timer stays, is retried later, and health names its kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from math import inf
from typing import NamedTuple

import structlog

from chatapp_cli.domain.errors import Busy, ChatappError, StoreError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.runtime.restarting import WorkerState
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import timers, upkeep
from chatapp_cli.services.timers import Handler
from chatapp_cli.store.pulse import Pulse
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

TICK = 1.0
"""Seconds between checks."""
JUMP = 2000
"""Milliseconds by which the wall clock must be set back to count as a jump; less is ordinary adjustment."""
AT_ONCE = 500
"""Timers of a kind that are fired per check."""
LONGEST_DELAY = 900.0
"""The longest delay of a timer whose handler failed, in seconds."""


class RefusedByHandler(Exception):
    """A timer handler raised Refused, or called sys.exit."""


class _Failing(NamedTuple):
    """A timer whose handler failed."""

    times: int
    until: float
    """On the clock that never jumps: it is not tried before, and so not looked for either."""


class Timekeeper:
    """Notices a clock set back, fires timers, and wakes workers with due work of their own."""

    def __init__(
        self,
        store: AsyncStore,
        handlers: Mapping[str, Handler],
        *,
        scheduled: Callable[[], None],
        snoozed: Callable[[], None],
    ) -> None:
        self._store = store
        self._handlers = handlers
        self._scheduled, self._snoozed = scheduled, snoozed
        self._clock = store.company.world.clock
        self._offset = self._ahead()
        self._failing: dict[tuple[str, str], _Failing] = {}
        """By kind and ref."""
        self._unknown: set[str] = set()
        self._delayed = False
        self._next_at: float = -inf
        """Until when nothing becomes due unless something is committed."""
        self.conditions = {kind: WorkerState(f"timer {kind}") for kind in handlers}

    async def run(self) -> None:
        """Check until cancelled. The store is read only when the next time has come, or when it was written."""
        with closing(await self._store.off_loop(self._store.company.database.pulse)) as pulse:
            await self._tick(pulse)

    async def fire_due(self, kind: str) -> None:
        """Fire what is due of one kind before anything else runs. Raises StoreError or Busy."""
        while await self._store.read(partial(timers.due, kind=kind, n=1)):
            await self._fire(kind)

    async def _tick(self, pulse: Pulse) -> None:
        while True:
            try:
                await self._follow_clock()
                if pulse.beats() or self._clock.now() >= self._next_at:
                    await self._look()
            except ChatappError as error:
                self._next_at = -inf
                if not self._delayed:
                    log.warning("timer.delayed", why=str(error))
                self._delayed = True
            else:
                self._delayed = False
            await self._clock.sleep(TICK)

    def _ahead(self) -> Millis:
        """The offset of the wall clock from the monotonic clock."""
        return self._clock.now() - int(self._clock.monotonic() * 1000)

    async def _follow_clock(self) -> None:
        ahead = self._ahead()
        if (back := self._offset - ahead) > JUMP:
            await self._store.write(partial(upkeep.clock_went_back, milliseconds=back))
            log.warning("clock.back", seconds=back // 1000)
        self._offset = ahead

    async def _look(self) -> None:
        due = await self._store.read(upkeep.due)
        self._next_at = inf if due.next_at is None else due.next_at
        if due.scheduled:
            self._scheduled()
        if due.snoozed:
            self._snoozed()
        known = [kind for kind in due.timers if kind in self._handlers]
        results = await asyncio.gather(*(self._fire(kind) for kind in known), return_exceptions=True)
        self._name_unknown(due.timers)
        await self._forget_cancelled()
        if due or self._failing:  # what was not fired, or not all of it, is tried again
            self._next_at = -inf
        for error in filter(None, results):
            raise error

    def _name_unknown(self, kinds: Sequence[str]) -> None:
        for kind in kinds:
            if kind not in self._handlers and kind not in self._unknown:
                self._unknown.add(kind)
                log.error("timer.unknown", kind=kind)

    async def _fire(self, kind: str) -> None:
        refs = await self._store.read(partial(timers.due, kind=kind, n=AT_ONCE))
        results = await asyncio.gather(*(self._fire_one(kind, ref) for ref in refs), return_exceptions=True)
        for result in results:
            if result is not None:
                raise result

    async def _fire_one(self, kind: str, ref: str) -> None:
        try:
            await self._store.write(partial(timers.fire, kind=kind, ref=ref, handler=self._handler(kind)))
        except (StoreError, Busy):
            raise
        except Exception as error:  # noqa: BLE001 - a handler's mistake must stop neither the process nor other timers
            await self._put_off(kind, ref, error)
        else:
            self._settle(kind, ref)

    def _handler(self, kind: str) -> Handler:
        """The handler of a kind; its refusal is distinguished from a store error."""
        handler = self._handlers[kind]

        def run(tx: Tx, ref: str) -> None:
            try:
                handler(tx, ref)
            except (ChatappError, SystemExit) as error:
                raise RefusedByHandler(str(error)) from error

        return run

    async def _put_off(self, kind: str, ref: str, error: Exception) -> None:
        self.conditions[kind].failed(error)
        before = self._failing.get((kind, ref))
        times = 1 if before is None else before.times + 1
        seconds = min(LONGEST_DELAY, 2.0 ** min(times, 10))
        self._failing[kind, ref] = _Failing(times, self._clock.monotonic() + seconds)
        await self._store.write(partial(timers.delay, kind=kind, ref=ref, seconds=seconds))

    def _settle(self, kind: str, ref: str) -> None:
        """Record that a timer fired or is gone; its kind is well when none of it fails."""
        self._failing.pop((kind, ref), None)
        if not any(failing == kind for failing, _ in self._failing):
            self.conditions[kind].well()

    async def _forget_cancelled(self) -> None:
        """Look for the timers that were due again and were not tried: they are cancelled, moved, or many."""
        for (kind, ref), failing in list(self._failing.items()):
            if self._clock.monotonic() > failing.until + TICK:
                await self._look_for(kind, ref, failing)

    async def _look_for(self, kind: str, ref: str, failing: _Failing) -> None:
        at = await self._store.read(partial(timers.at, kind=kind, ref=ref))
        if at is None:
            self._settle(kind, ref)
            return
        waits = max(0, at - self._clock.now()) / 1000
        self._failing[kind, ref] = failing._replace(until=self._clock.monotonic() + waits)

"""Tails the journal, so that events of any process reach everybody they concern."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain.errors import StoreError
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.ports.world import Clock
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import journal
from chatapp_cli.store.pulse import Pulse

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

PAUSE = 1.0
"""Seconds between polls while the store does not answer."""
QUIET = 5.0
"""Seconds without entries after which polling slows down; each poll wakes a sleeping processor."""
RESTING = 5
"""The factor by which polling slows down."""


async def new_entries(store: AsyncStore, after: int | None = None) -> AsyncGenerator[Sequence[JournalEntry], None]:
    """Yield entries as they come, in order and without gaps, without end; from now on unless a number is given."""
    clock = store.company.world.clock
    tail = _Tail(store, await store.read(journal.last) if after is None else after)
    with closing(await store.off_loop(store.company.database.pulse)) as pulse:
        pace = PollPace(clock, pulse)
        pulse.beats()
        while True:
            while rows := await tail.more():
                yield rows
                pace.reset()
            await _beat(pulse, pace)


class PollPace:
    """The polling interval: short while there are entries, longer once it is quiet."""

    def __init__(self, clock: Clock, pulse: Pulse) -> None:
        self._clock, self._pulse = clock, pulse
        self._last_entry_at = clock.monotonic()

    def reset(self) -> None:
        """Record that there was an entry."""
        self._last_entry_at = self._clock.monotonic()

    @property
    def pause(self) -> float:
        """Seconds until the next poll."""
        quiet = self._clock.monotonic() - self._last_entry_at > QUIET
        return self._pulse.pace * (RESTING if quiet else 1)


async def _beat(pulse: Pulse, pace: PollPace) -> None:
    """Return at the next beat. Polling wakes no task, which would be a sixth of what a resting daemon computes."""
    loop = asyncio.get_running_loop()
    beaten = loop.create_future()
    timer: asyncio.TimerHandle

    def poll() -> None:
        nonlocal timer
        if beaten.done():  # cancelled in this very turn of the loop
            return
        try:
            if pulse.beats():
                beaten.set_result(None)
            else:
                timer = loop.call_later(pace.pause, poll)
        except Exception as error:  # noqa: BLE001 - raised to who waits: the loop would only log it, and nobody poll again
            beaten.set_exception(error)

    timer = loop.call_later(pace.pause, poll)
    try:
        await beaten
    finally:
        timer.cancel()


class _Tail:
    """The read position in the journal, and whether the store answers."""

    def __init__(self, store: AsyncStore, last: int) -> None:
        self._store = store
        self._last = last

    async def more(self) -> Sequence[JournalEntry]:
        """The new entries; waits, and logs it once, while the store does not answer."""
        broken = False
        while True:
            try:
                rows = await self._store.read(partial(journal.after, number=self._last))
            except StoreError as error:
                if not broken:
                    _log().warning("store.unreadable", why=str(error))
                broken = True
                await self._store.company.world.clock.sleep(PAUSE)
            else:
                break
        if broken:
            _log().info("store.readable")
        self._last = rows[-1].id if rows else self._last
        return rows


def _log() -> FilteringBoundLogger:
    import structlog  # importing it takes a tenth of the window's start time, and it is hardly ever needed

    logger: FilteringBoundLogger = structlog.get_logger()
    return logger

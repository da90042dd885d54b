"""Follows a run of a robot to its end, with or without a daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import DAEMON
from chatapp_cli.domain.errors import Busy
from chatapp_cli.domain.ids import Millis, RunId
from chatapp_cli.runtime.channel import ChannelRunner
from chatapp_cli.runtime.journal_tail import new_entries
from chatapp_cli.runtime.lease import HolderKind, holding
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels, journal, runs
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx

LOOK = 0.2
"""Seconds between looks at what was handed over when the time was up."""
HANDED_OVER = 60.0
"""Seconds for which it is waited for that; then it is told to be under way still."""


async def settle(company: Company, run: RunId, *, until: Millis) -> None:
    """Wait until a run is decided; at ``until`` what still waits is withdrawn. Without a daemon, do it ourselves."""
    store = AsyncStore(company.seen_by(DAEMON))
    try:
        if not await _alone(store, run, until):
            await _follow(store, run, until)
    finally:
        await store.aclose()


async def _alone(store: AsyncStore, run: RunId, until: Millis) -> bool:
    """Send and ask ourselves; false if a daemon holds the lease or asks for it."""
    try:
        with holding(store.company, HolderKind.COMMAND) as held:
            return await store.run_under(held, _carry(store, run, until))
    except Busy:
        return False


async def _carry(store: AsyncStore, run: RunId, until: Millis) -> None:
    """Run the channels of a run for sending and requests only: what comes is left at the providers."""
    rows = await store.read(partial(_channels, run=run))
    runners = [ChannelRunner(store, row, count=lambda _kind, _word: None, reading=False) for row in rows]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    try:
        await _follow(store, run, until)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _channels(tx: Tx, *, run: RunId) -> Sequence[ChannelRow]:
    waiting = [part.channel_id for part in runs.parts(tx, run) if not part.verdict]
    return [channels.one(tx, number) for number in dict.fromkeys(waiting) if number is not None]


async def _follow(store: AsyncStore, run: RunId, until: Millis) -> None:
    clock = store.company.world.clock
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, (until - clock.now()) / 1000)):
            await _ended(store, run)
    await store.write(partial(_give_up, run=run))
    stops = clock.monotonic() + HANDED_OVER
    while not await store.read(partial(_is_decided, run=run)) and clock.monotonic() < stops:
        await clock.sleep(LOOK)


async def _ended(store: AsyncStore, run: RunId) -> None:
    seen = await store.read(journal.last)
    if await store.read(partial(_is_decided, run=run)):
        return
    async for _ in new_entries(store, after=seen):
        if await store.read(partial(_is_decided, run=run)):
            return


def _is_decided(tx: Tx, *, run: RunId) -> bool:
    return runs.one(tx, run).state == runs.ENDED


def _give_up(tx: Tx, *, run: RunId) -> None:
    runs.give_up(tx, runs.one(tx, run))

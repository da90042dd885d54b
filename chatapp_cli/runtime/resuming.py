"""Resuming a channel on a person's request; its provider may still refuse."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.health import STOPPED
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.journal.channels import HealthChanged
from chatapp_cli.runtime.journal_tail import new_entries
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels, journal
from chatapp_cli.store.rows.channels import ChannelRow

PATIENCE = 10.0
"""The timeout for the provider's answer, in seconds."""


async def resume(company: Company, channel: ChannelId, *, patience: float = PATIENCE) -> ChannelRow:
    """Resume a channel, and return its state after the daemon has tried; immediately if there was nothing to try."""
    store = AsyncStore(company)
    try:
        before = await store.read(partial(channels.one, channel=channel))
        seen = await store.read(journal.last)
        await store.write(partial(channels.resume, channel=channel))
        if before.health in STOPPED:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await _tried(store, channel, seen)
        return await store.read(partial(channels.one, channel=channel))
    finally:
        await store.aclose()


async def _tried(store: AsyncStore, channel: ChannelId, seen: int) -> None:
    async with aclosing(new_entries(store, after=seen)) as news:
        async for rows in news:
            if any(isinstance(row.event, HealthChanged) and row.event.channel == channel for row in rows):
                return

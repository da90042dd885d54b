"""Sees one message through to its verdict, with a daemon or without."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain.errors import Busy
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.message import State
from chatapp_cli.runtime.channel import ChannelRunner
from chatapp_cli.runtime.news import follow
from chatapp_cli.runtime.owner import owning
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.together import together
from chatapp_cli.services import channels, dialogs, journal, transcript

_OPEN = {State.QUEUED, State.SENDING}
_STOPPED = {"needs_rebind", "misconfigured"}


async def deliver(desk: Desk, message: MessageId, *, seconds: float) -> None:
    """Wait for the verdict at most so long; without a daemon, send it ourselves.

    Returns as soon as there is a verdict, the channel needs a person, or the time is over; the message's state tells.
    """
    store = AsyncStore(desk)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                try:
                    with owning(desk):
                        await together(_send(store, message), _verdict(store, message))
                except Busy:
                    await _verdict(store, message)
    finally:
        await store.aclose()


async def _send(store: AsyncStore, message: MessageId) -> None:
    found = await store.read(partial(transcript.message, wanted=message))
    card = await store.read(partial(dialogs.card, dialog=found.dialog_id))
    row = await store.read(partial(channels.one, channel=card.channel_id))
    runner = ChannelRunner(store, row, count=lambda _kind, _word: None, reading=False)
    await runner.run()
    await asyncio.Event().wait()


async def _verdict(store: AsyncStore, message: MessageId) -> None:
    """Return once the message is not on its way any more, or cannot go before a person acts."""
    seen = await store.read(journal.last)
    if await _settled(store, message):
        return
    async for rows in follow(store, after=seen):
        concerned = any(row.message_id == message or row.topic == "channel.health" for row in rows)
        if concerned and await _settled(store, message):
            return


async def _settled(store: AsyncStore, message: MessageId) -> bool:
    found = await store.read(partial(transcript.message, wanted=message))
    if found.state not in _OPEN:
        return True
    card = await store.read(partial(dialogs.card, dialog=found.dialog_id))
    row = await store.read(partial(channels.one, channel=card.channel_id))
    return row.health in _STOPPED

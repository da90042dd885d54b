"""Follows one message to its verdict, with or without a daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TypeAlias

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import DAEMON
from chatapp_cli.domain.errors import Busy
from chatapp_cli.domain.health import STOPPED
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.journal.channels import HealthChanged
from chatapp_cli.domain.message import State
from chatapp_cli.runtime.channel import ChannelRunner
from chatapp_cli.runtime.journal_tail import new_entries
from chatapp_cli.runtime.lease import HolderKind, holding
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.tasks import run_all
from chatapp_cli.services import chains, channels, dialogs, journal, onward, transcript
from chatapp_cli.store.rows.messages import MessageRow

_MessageJob: TypeAlias = Callable[[AsyncStore, MessageId], Coroutine[None, None, None]]
_Question: TypeAlias = Callable[[AsyncStore, MessageId], Coroutine[None, None, bool]]
_OPEN = {State.QUEUED, State.SENDING}


async def deliver(company: Company, message: MessageId, *, seconds: float) -> MessageId:
    """Wait for the verdict up to a timeout; without a daemon, send the message ourselves.

    Returns when there is a verdict, the channel needs a person, or the timeout is over; the message's state tells
    which. Returns another message if it was continued in a chain of channels.
    """
    store = AsyncStore(company.seen_by(DAEMON))
    way = [message]
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if not await _alone(store, way):
                    await _walk(store, way, _watch)
    finally:
        await store.aclose()
    return way[-1]


async def _alone(store: AsyncStore, way: list[MessageId]) -> bool:
    """Send it ourselves; stops if a daemon holds the lease or asks for it."""
    try:
        with holding(store.company, HolderKind.COMMAND) as held:
            return await store.run_under(held, _walk(store, way, _carry))
    except Busy:
        return False


async def _walk(store: AsyncStore, way: list[MessageId], go: _MessageJob) -> None:
    """Follow the message from channel to channel while it fails and has channels left."""
    continuation: MessageId | None = way[-1]
    while continuation is not None:
        await go(store, way[-1])
        continuation = await store.read(partial(chains.continuation_of, message=way[-1]))
        if continuation is not None:
            way.append(continuation)


async def _carry(store: AsyncStore, message: MessageId) -> None:
    await run_all(_send(store, message), _verdict(store, message, _decided))
    await store.write(partial(onward.continue_chain, able=store.company.capabilities, message=message))


async def _watch(store: AsyncStore, message: MessageId) -> None:
    await _verdict(store, message, _settled)


async def _send(store: AsyncStore, message: MessageId) -> None:
    found = await store.read(partial(transcript.message, wanted=message))
    card = await store.read(partial(dialogs.card, dialog=found.dialog_id))
    row = await store.read(partial(channels.one, channel=card.channel_id))
    runner = ChannelRunner(store, row, count=lambda _kind, _word: None, reading=False)
    await runner.run()
    await asyncio.Event().wait()


async def _verdict(store: AsyncStore, message: MessageId, over: _Question) -> None:
    """Return when there is nothing left to wait for."""
    seen = await store.read(journal.last)
    if await over(store, message):
        return
    async for rows in new_entries(store, after=seen):
        concerned = any(row.event.message == message or isinstance(row.event, HealthChanged) for row in rows)
        if concerned and await over(store, message):
            return


async def _settled(store: AsyncStore, message: MessageId) -> bool:
    """Whether it is decided and, if it failed with channels left, continued by the daemon."""
    found = await store.read(partial(transcript.message, wanted=message))
    if found.state == State.FAILED:
        return not await store.read(partial(chains.still_open, message=message))
    return await _over(store, found)


async def _decided(store: AsyncStore, message: MessageId) -> bool:
    """Whether it is no longer pending, or cannot go before a person acts."""
    return await _over(store, await store.read(partial(transcript.message, wanted=message)))


async def _over(store: AsyncStore, found: MessageRow) -> bool:
    if found.state not in _OPEN:
        return True
    card = await store.read(partial(dialogs.card, dialog=found.dialog_id))
    row = await store.read(partial(channels.one, channel=card.channel_id))
    return row.health in STOPPED

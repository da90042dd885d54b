"""Sends requests to channels' live sessions and waits for the answers, with or without a daemon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain import errors
from chatapp_cli.domain.access import DAEMON
from chatapp_cli.domain.errand import OPEN, Errand, ErrandState
from chatapp_cli.domain.errors import Busy, ChatappError, RateLimited
from chatapp_cli.domain.health import DOWN
from chatapp_cli.domain.ids import ErrandId
from chatapp_cli.domain.journal.channels import HealthChanged, RequestEnded
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.runtime.channel import ChannelRunner
from chatapp_cli.runtime.news import follow
from chatapp_cli.runtime.owner import Kind, owning
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels, errands, journal, words
from chatapp_cli.store.rows.channels import ChannelRow, ErrandRow
from chatapp_cli.store.tx import Tx

PATIENCE = 60.0
"""The default timeout for an answer, in seconds."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A request to one channel; see ``services.errands``."""

    channel: ChannelRow
    what: Errand
    arguments: Mapping[str, object] = field(default_factory=dict)


async def ask(desk: Desk, wish: Wish, *, seconds: float = PATIENCE) -> Any:
    """The decoded JSON answer. Raises Refused, the provider's ChannelError, or Busy after a timeout."""
    (answer,) = await ask_all(desk, [wish], seconds=seconds)
    if isinstance(answer, ChatappError):
        raise answer
    return answer


async def ask_all(desk: Desk, wishes: Sequence[Wish], *, seconds: float = PATIENCE) -> Sequence[Any]:
    """The answers of several channels, in order; an error in place of a missing one."""
    for wish in wishes:
        errands.allowed(desk.capabilities(wish.channel), wish.what)
    store = AsyncStore(desk.seen_by(DAEMON))
    try:
        seen = await store.read(journal.last)
        put = [partial(_put, wish=wish, seconds=seconds) for wish in wishes]
        asked = [await store.with_store(partial(desk.write, job)) for job in put]
        async with _working(store, wishes):
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await _until_ended(store, wishes, asked, seen)
        rows = [await store.read(partial(errands.one, errand=errand)) for errand in asked]
        fresh = [await store.read(partial(channels.one, channel=wish.channel.id)) for wish in wishes]
    finally:
        await store.aclose()
    return [_answer(desk, channel, row, seconds) for channel, row in zip(fresh, rows, strict=True)]


def _put(tx: Tx, *, wish: Wish, seconds: float) -> ErrandId:
    return errands.ask(tx, wish.channel.id, wish.what, wish.arguments, seconds=seconds)


@asynccontextmanager
async def _working(store: AsyncStore, wishes: Sequence[Wish]) -> AsyncIterator[None]:
    """Start the channels without a daemon, for requests only: messages are left at the providers."""
    with ExitStack() as stack:
        try:
            stack.enter_context(owning(store.desk, Kind.COMMAND))
            rows = {wish.channel.id: wish.channel for wish in wishes}.values()
        except Busy:
            rows = {}.values()
        tasks = [asyncio.create_task(_runner(store, row).run()) for row in rows]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _runner(store: AsyncStore, row: ChannelRow) -> ChannelRunner:
    return ChannelRunner(store, row, count=lambda _kind, _word: None, reading=False, sending=False)


async def _until_ended(store: AsyncStore, wishes: Sequence[Wish], asked: Sequence[ErrandId], seen: int) -> None:
    async with aclosing(follow(store, after=seen)) as news:
        async for rows in news:
            concerned = any(isinstance(row.event, (RequestEnded, HealthChanged)) for row in rows)
            if concerned and await store.read(partial(_settled, wishes=wishes, asked=asked)):
                return


def _settled(tx: Tx, *, wishes: Sequence[Wish], asked: Sequence[ErrandId]) -> bool:
    """Wait until every request has ended, or its channel has stopped and needs a person."""
    return all(
        errands.one(tx, errand).state not in OPEN or channels.one(tx, wish.channel.id).health in DOWN
        for wish, errand in zip(wishes, asked, strict=True)
    )


def _answer(desk: Desk, channel: ChannelRow, errand: ErrandRow, seconds: float) -> Any:
    if errand.state == ErrandState.DONE:
        return msgspec.json.decode(errand.result)
    if errand.state == ErrandState.FAILED:
        return _explained(desk, channel, errand)
    if channel.health in DOWN:
        what, step = words.why(desk.manifest(channel), channel.health_code, channel.health_detail)
        return Busy(T("{channel} has stopped: {why}", channel=channel.title, why=what), step)
    return Busy(
        T("{channel} did not answer in {n} seconds.", channel=channel.title, n=int(seconds)),
        T("Check its state: {how}", how=to_do(Next.CHECK)),
    )


def _explained(desk: Desk, channel: ChannelRow, errand: ErrandRow) -> ChatappError:
    kind = getattr(errors, errand.result)
    error: ChatappError = (
        RateLimited(errand.code, errand.detail, retry_after=0)
        if kind is RateLimited
        else kind(errand.code, errand.detail)
    )
    error.what, error.next_step = words.why(desk.manifest(channel), errand.code, errand.detail)
    return error

"""Sends requests to channels' live sessions and waits for the answers, with or without a daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import msgspec

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain import errors
from chatapp_cli.domain.access import DAEMON
from chatapp_cli.domain.errors import Busy, ChatappError, RateLimited
from chatapp_cli.domain.health import DOWN
from chatapp_cli.domain.ids import SessionRequestId
from chatapp_cli.domain.journal.channels import HealthChanged, SessionRequestEnded
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.session_request import OPEN, SessionMethod, SessionRequestState
from chatapp_cli.domain.text import T
from chatapp_cli.runtime.channel import ChannelRunner
from chatapp_cli.runtime.journal_tail import new_entries
from chatapp_cli.runtime.lease import HolderKind, holding
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels, journal, session_requests, words
from chatapp_cli.services.standings import standing
from chatapp_cli.store.rows.channels import ChannelRow, SessionRequestRow
from chatapp_cli.store.tx import Tx

_Wait: TypeAlias = Callable[[], Coroutine[None, None, None]]
PATIENCE = 60.0
"""The default timeout for an answer, in seconds."""


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """A request to one channel; see ``services.session_requests``."""

    channel: ChannelRow
    what: SessionMethod
    arguments: Mapping[str, object] = field(default_factory=dict)


async def ask(company: Company, request: SessionRequest, *, seconds: float = PATIENCE) -> Any:
    """The decoded JSON answer. Raises Refused, the provider's ChannelError, or Busy after a timeout."""
    (answer,) = await ask_all(company, [request], seconds=seconds)
    if isinstance(answer, ChatappError):
        raise answer
    return answer


async def ask_all(company: Company, requests: Sequence[SessionRequest], *, seconds: float = PATIENCE) -> Sequence[Any]:
    """The answers of several channels, in order; an error in place of a missing one."""
    for request in requests:
        session_requests.allowed(company.capabilities(request.channel), request.what)
    store = AsyncStore(company.seen_by(DAEMON))
    try:
        seen = await store.read(journal.last)
        put = [partial(_put, request=request, seconds=seconds) for request in requests]
        asked = [await store.with_store(partial(company.write, job)) for job in put]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await _wait(store, requests, partial(_until_ended, store, requests, asked, seen))
        rows = [await store.read(partial(session_requests.one, request=request)) for request in asked]
        fresh = [await store.read(partial(channels.one, channel=request.channel.id)) for request in requests]
    finally:
        await store.aclose()
    return [_answer(company, channel, row, seconds) for channel, row in zip(fresh, rows, strict=True)]


def _put(tx: Tx, *, request: SessionRequest, seconds: float) -> SessionRequestId:
    return session_requests.ask(tx, request.channel.id, request.what, request.arguments, seconds=seconds)


async def _wait(store: AsyncStore, requests: Sequence[SessionRequest], ended: _Wait) -> None:
    """Wait for the answers; without a daemon, and until one comes, run the channels ourselves."""
    if not await _run_channels(store, requests, ended):
        await ended()


async def _run_channels(store: AsyncStore, requests: Sequence[SessionRequest], ended: _Wait) -> bool:
    """Run the channels until the answers are there; false once a daemon holds the lease or asks for it."""
    with ExitStack() as stack:
        try:
            held = stack.enter_context(holding(store.company, HolderKind.COMMAND))
        except Busy:
            return False
        return await store.run_under(held, _answer_requests(store, requests, ended))


async def _answer_requests(store: AsyncStore, requests: Sequence[SessionRequest], ended: _Wait) -> None:
    """Run the channels for requests only: messages are left at the providers."""
    rows = {request.channel.id: request.channel for request in requests}.values()
    tasks = [asyncio.create_task(_runner(store, row).run()) for row in rows]
    try:
        await ended()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _runner(store: AsyncStore, row: ChannelRow) -> ChannelRunner:
    return ChannelRunner(store, row, count=lambda _kind, _word: None, reading=False, sending=False)


async def _until_ended(
    store: AsyncStore, requests: Sequence[SessionRequest], asked: Sequence[SessionRequestId], seen: int
) -> None:
    async with aclosing(new_entries(store, after=seen)) as news:
        async for rows in news:
            concerned = any(isinstance(row.event, (SessionRequestEnded, HealthChanged)) for row in rows)
            if concerned and await store.read(partial(_settled, requests=requests, asked=asked)):
                return


def _settled(tx: Tx, *, requests: Sequence[SessionRequest], asked: Sequence[SessionRequestId]) -> bool:
    """Wait until every request has ended, or its channel has stopped and needs a person."""
    return all(
        session_requests.one(tx, session_request).state not in OPEN
        or channels.one(tx, request.channel.id).health in DOWN
        for request, session_request in zip(requests, asked, strict=True)
    )


def _answer(company: Company, channel: ChannelRow, request: SessionRequestRow, seconds: float) -> Any:
    if request.state == SessionRequestState.DONE:
        return msgspec.json.decode(request.result)
    if request.state == SessionRequestState.FAILED:
        return _explained(company, channel, request)
    if channel.health in DOWN:
        found = standing(channel, company.manifest(channel), company.world.clock.now())
        return Busy(T("{title}: {said}", title=channel.title, said=found.sentence()), found.next_step)
    return Busy(
        T("{channel} did not answer in {n} seconds.", channel=channel.title, n=int(seconds)),
        T("Check its state: {how}", how=to_do(Next.CHECK)),
    )


def _explained(company: Company, channel: ChannelRow, request: SessionRequestRow) -> ChatappError:
    kind = getattr(errors, request.result)
    error: ChatappError = (
        RateLimited(request.code, request.detail, retry_after=0)
        if kind is RateLimited
        else kind(request.code, request.detail)
    )
    error.what, error.next_step = words.why(company.manifest(channel), request.code, request.detail)
    return error

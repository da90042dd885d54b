"""A bound account before a Telegram in miniature, and a store that keeps what became durable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from chatapp_cli.connectors.telegram.session import AccountSession
from chatapp_cli.domain.arrival import Batch, MessageArrived, ProviderEvent
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.kit.manifests import create
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.telegram import TelegramSandbox
from tests.contract.connector_contract import ScriptedAsker

E = TypeVar("E", bound=ProviderEvent)


@dataclass
class Store:
    """What a desk that dies at any moment still has."""

    cursor: str | None
    events: list[ProviderEvent] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    async def take(self, session: AccountSession, enough: Callable[[Store], object], *, seconds: float = 30) -> None:
        """Keep what a session yields; die as soon as it is enough."""
        async with asyncio.timeout(seconds), aclosing(session.events(self.cursor)) as batches:
            async for batch in batches:
                self.keep(batch)
                if enough(self):
                    return

    def keep(self, batch: Batch) -> None:
        """One transaction."""
        for arrival in batch.arrivals:
            if arrival.provider_id not in self.ids:
                self.ids.append(arrival.provider_id)
                self.raw.append(arrival.raw)
                self.events += arrival.events
                self.problems += [arrival.problem] if arrival.problem else []
        self.cursor = batch.cursor or self.cursor

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.of(MessageArrived)]


def texts(*wanted: str) -> Callable[[Store], bool]:
    """Enough once these are among what was said."""
    return lambda store: set(wanted) <= set(store.texts)


def outbound(address: str, text: str = "", *, key: str = "0123456789abcdef0123456789abcdef", **more: Any) -> Outbound:
    return Outbound(message_id=MessageId(1), key=key, address=address, text=text, **more)


class Desk:
    """One installation: its binding, its store, and the daemon while it runs."""

    def __init__(self, connector: Connector, bound: Bound) -> None:
        self.connector = connector
        self.bound = bound
        self.store = Store(bound.cursor)
        self._news = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._taken: dict[type, int] = {}

    def opened(self) -> AbstractAsyncContextManager[AccountSession]:
        return self.connector.open(ChannelId(1), self.bound)  # type: ignore[return-value]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[AccountSession]:
        """The daemon: it reads all the time."""
        async with self.opened() as session:
            self._reading = asyncio.create_task(self._read(session))
            try:
                yield session
            finally:
                self._reading.cancel()
                await asyncio.wait({self._reading})

    async def _read(self, session: AccountSession) -> None:
        async with aclosing(session.events(self.store.cursor)) as batches:
            async for batch in batches:
                self.store.keep(batch)
                self._news.set()

    async def until(self, enough: Callable[[Store], object], *, seconds: float = 20) -> None:
        """Wait for the daemon to have read so much; raises what it died of."""
        assert self._reading is not None
        async with asyncio.timeout(seconds):
            while not enough(self.store):
                self._news.clear()
                news = asyncio.ensure_future(self._news.wait())
                await asyncio.wait({news, self._reading}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
                if self._reading.done():
                    self._reading.result()

    async def one(self, kind: type[E]) -> E:
        """The first event of a kind that nobody asked for yet."""
        taken = self._taken.setdefault(kind, 0)
        await self.until(lambda store: len(store.of(kind)) > taken)
        self._taken[kind] += 1
        return self.store.of(kind)[taken]


async def bound_to(sandbox: TelegramSandbox, **answers: str) -> Desk:
    connector = create("telegram", system_world())
    return Desk(connector, await connector.bind(ScriptedAsker({**sandbox.answers, **answers})))


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(password="") as sandbox:
        yield sandbox


@pytest.fixture
async def desk(sandbox: TelegramSandbox) -> Desk:
    return await bound_to(sandbox)


@pytest.fixture
async def session(desk: Desk) -> AsyncIterator[AccountSession]:
    async with desk.running() as session:
        yield session


def said(store: Store) -> Sequence[MessageArrived]:
    return store.of(MessageArrived)

"""A channel whose session follows a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, fields

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.errors import ChannelError, Retryable
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, HookReply, HookRequest, Session
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.channel import ChannelRunner
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels, lines
from chatapp_cli.store.rows.channels import ChannelRow
from tests.stores import OWNER


class Restless:
    """Time passes as fast as somebody sleeps; what was slept between two lives of a session is noted."""

    def __init__(self) -> None:
        self.at = 1_790_000_000.0
        self.pauses: list[float] = []
        self.stands = asyncio.Event()
        self.stands.set()

    def now(self) -> int:
        return int(self.at * 1000)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await self.stands.wait()
        self.at += seconds
        await asyncio.sleep(0)


class Scripted:
    """A session: it tells what the script says, one line each time it is opened, and then fails as it says."""

    def __init__(self, script: list[tuple[Sequence[Batch], float, ChannelError]], clock: Restless) -> None:
        self.script, self.clock, self.lives = script, clock, 0

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[Session]:
        self.lives += 1
        yield self  # type: ignore[misc]

    async def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        told, lasts, end = self.script.pop(0) if self.script else ((), 0.0, Retryable("unreachable"))
        for batch in told:
            yield batch
        self.clock.at += lasts
        yield Batch()
        raise end

    def accept(self, request: HookRequest) -> HookReply:
        raise RecursionError("a tower")


@dataclass(frozen=True)
class Lent(Company):
    """A desk whose one channel is of a kind of ours."""

    connection: Connector | None = None

    def connector(self, kind: str) -> Connector:
        assert self.connection is not None
        return self.connection

    def capabilities(self, channel: ChannelRow) -> Capabilities:
        return Capabilities(intake="poll")


@dataclass
class Scene:
    company: Company
    clock: Restless
    session: Scripted
    runner: ChannelRunner

    @property
    def row(self) -> ChannelRow:
        return self.company.read(lambda tx: channels.one(tx, self.runner.row.id))


@pytest.fixture
def play(companies: Callable[..., Company]) -> Callable[..., object]:
    @asynccontextmanager
    async def play(
        *script: tuple[Sequence[Batch], float, ChannelError], stands: bool = False, kind: type[Scripted] = Scripted
    ) -> AsyncIterator[Scene]:
        clock = Restless()
        if stands:
            clock.stands.clear()
        plain = open_company(companies().settings, World(clock=clock, chance=SystemChance())).seen_by(OWNER)
        session = kind(list(script), clock)
        known = {field.name: getattr(plain, field.name) for field in fields(Company)}
        company = Lent(**known, connection=session)  # type: ignore[arg-type]
        line = company.write(lambda tx: lines.add(tx, "Продажи"))
        bound = Bound(account="1", title="Аккаунт")
        channel = company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="any"))
        store = AsyncStore(company)
        row = company.read(lambda tx: channels.one(tx, channel))
        runner = ChannelRunner(store, row, count=lambda _kind, _word: None, sending=False)
        task = asyncio.create_task(runner.run())
        try:
            yield Scene(company, clock, session, runner)
            assert not task.done()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await store.aclose()
            plain.close()

    return play


def within(pause: float, base: float) -> bool:
    return 0.29 * base <= pause <= 0.61 * base

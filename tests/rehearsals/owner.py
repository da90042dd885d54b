"""Two processes want one store, while databases, networks and processes fail: never two that send."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.runtime.binding import bind
from chatapp_cli.runtime.embedded_daemon import accompanied
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import channels, lines, sending
from chatapp_cli.settings import Settings
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.lease import ABANDON_AT, STOP_AT
from chatapp_cli.store.tx import Tx
from tests import pooler, postgres
from tests.contract.connector_contract import ScriptedAsker
from tests.rehearsals.kill import DONE, PEOPLE, SLOWNESS, now, until
from tests.stores import OWNER

NOT_NOW = 3
"""The exit code while another process holds the store, or its database server is down."""
STORE_IS_WRONG = 2
"""The exit code of a daemon whose store another process has taken over."""
START = 90.0
"""Seconds that a daemon may take to come up or to end, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of it."""

    messages: int
    """To each store."""
    seconds: float
    """In which they are written."""
    rounds: int
    """How often each fault comes."""
    patience: float
    """Seconds after which nothing may wait any more."""
    everywhere: bool = True
    """Whether the faults that last longest are played on each store that can have them."""


FULL = Plan(messages=2_000, seconds=300, rounds=8, patience=300)
TENTH = Plan(messages=120, seconds=20, rounds=1, patience=60, everywhere=False)


@dataclass(slots=True)
class Played:
    """What came of one store."""

    name: str
    states: dict[str, str] = field(default_factory=dict)
    received: Counter[str] = field(default_factory=Counter)
    unanswered: set[str] = field(default_factory=set)
    """What was handed over and had no answer while something failed."""
    wrong: list[str] = field(default_factory=list)
    """What a process did otherwise than it has to."""
    faults: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    displaced: int = 0
    """How often the provider ended a request for updates because another one came."""

    def violations(self) -> Iterator[str]:
        """Everything that does not hold."""
        yield from self.wrong
        yield from (f"doubled: {text}" for text, times in self.received.items() if times > 1)
        uncertain = {text for text, state in self.states.items() if state == "uncertain"}
        yield from (f"uncertain, but not handed over: {text}" for text in sorted(uncertain - self.unanswered))
        for text, state in sorted(self.states.items()):
            if state not in DONE | {"uncertain"}:
                yield f"{state}: {text}"
            elif state in DONE and not self.received[text]:
                yield f"lost: {text}"
        if self.displaced:
            yield f"two asked for updates at once, {self.displaced} times"
        if len(self.states) != self.sent:
            yield f"{self.sent} written, {len(self.states)} in the store"

    def __str__(self) -> str:
        uncertain = sum(state == "uncertain" for state in self.states.values())
        faults = ", ".join(f"{name} {times}" for name, times in sorted(self.faults.items()))
        doubled = sum(times > 1 for times in self.received.values())
        of = f"{uncertain} uncertain of {len(self.unanswered)} without an answer"
        asked = f"{self.displaced} asked for updates beside another"
        return f"{self.name}: {self.sent} out, {doubled} doubled, {of}; {asked}; {faults}"


@dataclass(slots=True)
class Figures:
    """What came of all stores."""

    played: Sequence[Played]
    minutes: float

    def violations(self) -> Iterator[str]:
        """Everything that does not hold, by store."""
        yield from (f"{one.name}: {violation}" for one in self.played for violation in one.violations())

    def __str__(self) -> str:
        return "\n".join([f"{self.minutes:.1f} minutes", *map(str, self.played)])


class Daemon:
    """A ``chatapp serve`` in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def begun(cls, home: Path, url: str) -> Daemon:
        """Start one; it may be refused."""
        env = {"CHATAPP_HOME": str(home), "CHATAPP_DATABASE_URL": url, "CHATAPP_HTTP_PORT": "0"}
        home.mkdir(exist_ok=True)
        with (home / "log").open("ab") as log:
            return cls(
                await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "chatapp_cli", "serve"),
                    env={**os.environ, **env, "CHATAPP_LOG_LEVEL": "warning"},
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                )
            )

    async def up(self, seconds: float = START) -> bool:
        """Whether it comes up."""
        assert self.process.stdout is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return (await self.process.stdout.readline()).startswith(b"http")
        return False

    async def ended(self, seconds: float = START) -> int | None:
        """How it ends; ``None`` if it does not."""
        try:
            async with asyncio.timeout(seconds):
                return await self.process.wait()
        except TimeoutError:
            return None

    def signal(self, number: int) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def stop(self) -> None:
        """End it, in whatever state it is."""
        if self.process.returncode is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
        if await self.ended() is None:
            self.process.kill()
            await self.process.wait()


class Scene:
    """One store, its provider, and the daemon that runs it now."""

    def __init__(self, name: str, home: Path, plan: Plan, url: str = "", daemon_url: str = "") -> None:
        self.played = Played(name)
        self.home, self.plan, self.url = home, plan, url
        self.daemon_url = daemon_url or url
        """The address that the daemons use."""
        self.company: Company
        self.telegram = TelegramBotSandbox()
        self.daemon: Daemon
        self.failed: list[tuple[int, int]] = []
        """From when to when something failed, in milliseconds since 1970."""

    @asynccontextmanager
    async def failing(self, what: str) -> AsyncIterator[None]:
        """Something fails while this lasts."""
        began = now()
        self.played.faults[what] += 1
        try:
            yield
        finally:
            self.failed.append((began, now()))

    def expect(self, held: bool, what: str) -> None:
        """Note what a process did wrong."""
        if not held:
            self.played.wrong.append(what)

    async def play(self, faults: Sequence[Callable[[Scene], Awaitable[None]]], say: Callable[[str], None]) -> Played:
        """Greetings in peace, the load under faults, and peace again until everything has settled."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.telegram)
            self.company = open_company(Settings(home=str(self.home), database_url=self.url)).seen_by(OWNER)
            stack.callback(self.company.close)
            channel = await self._set_up()
            stack.push_async_callback(self._stop)
            row = self.company.read(lambda tx: channels.one(tx, channel))
            load = asyncio.create_task(self._operators(self.company.capabilities(row), self._dialogs()))
            for _ in range(self.plan.rounds):
                for fault in faults:
                    await fault(self)
                    self.expect(self.daemon.process.returncode is None, f"no daemon after {fault.__name__}")
                    say(f"{self.played.name}: {fault.__name__}")
            await load
            await until(lambda: not self._pending(), self.plan.patience, f"{self.played.name} settles", say)
            await self._collect()
        return self.played

    async def _set_up(self) -> ChannelId:
        line = self.company.write(lambda tx: lines.add(tx, "Продажи"))
        channel = await bind(self.company, ScriptedAsker(self.telegram.answers), line=line, kind="telegram_bot")
        await self.start_daemon()
        for person in PEOPLE[:20]:
            await self.telegram.say(person, "Здравствуйте")
        await until(lambda: len(self._dialogs()) == len(PEOPLE[:20]), START, "greetings", print)
        self.telegram.slowness = SLOWNESS
        return channel

    async def start_daemon(self) -> None:
        """A daemon comes up, whatever was before."""
        self.daemon = await Daemon.begun(self.home, self.daemon_url)
        self.expect(await self.daemon.up(), "a daemon does not come up")

    async def _stop(self) -> None:
        """End the daemon that runs by then."""
        await self.daemon.stop()

    def _dialogs(self) -> Sequence[DialogId]:
        with self.company.database.reading() as tx:
            return dialog_list.ids(tx, self.company.database.driver.dialect, DialogFilter())

    async def _operators(self, can: Capabilities, dialogs: Sequence[DialogId]) -> None:
        for number in range(self.plan.messages):
            text = f"out {number}"
            order = sending.SendOptions(key=sending.key_of(text))
            write = partial(_enqueue, can=can, dialog=dialogs[number % len(dialogs)], text=text, order=order)
            await self._written(write)
            self.played.sent += 1
            await asyncio.sleep(self.plan.seconds / self.plan.messages)

    async def _written(self, write: Callable[[Tx], object]) -> None:
        """Write it, as an operator does who tries again; the key keeps it one message."""
        while True:
            try:
                await asyncio.to_thread(self.company.write, write)
            except ChatappError:
                await asyncio.sleep(0.5)
            else:
                return

    def states(self) -> dict[str, str]:
        """What became of the messages."""
        return dict(self._rows("SELECT text, state FROM message WHERE direction = 'out'"))

    def _rows(self, sql: str) -> list[Any]:
        """What the store answers, by a connection that no fault has ended."""
        for _ in range(50):
            with suppress(ChatappError), self.company.database.reading() as tx:
                return tx.compose(lambda *row: row, sql, {})
            time.sleep(0.1)
        raise AssertionError("the store does not answer")

    def _pending(self) -> bool:
        return bool({"queued", "sending"} & set(self.states().values()))

    async def _collect(self) -> None:
        self.played.states = self.states()
        for person in PEOPLE[:20]:
            self.played.received.update(heard.text for heard in await self.telegram.heard(person))
        self.played.displaced = self.telegram.delivery.displaced
        told = "SELECT m.text, a.started_at, a.finished_at FROM attempt a JOIN message m ON m.id = a.message_id"
        rows = self._rows(told)
        self.played.unanswered = {
            text
            for text, started, finished in rows
            if any(started <= end and (finished is None or finished >= begin) for begin, end in self.failed)
        }


def _enqueue(tx: Tx, *, can: Capabilities, dialog: DialogId, text: str, order: sending.SendOptions) -> None:
    sending.enqueue(tx, can, dialog, Draft(text=text), order)


async def a_second_daemon(scene: Scene) -> None:
    """It is refused while the first one runs."""
    second = await Daemon.begun(scene.home, scene.daemon_url)
    scene.played.faults["second daemon"] += 1
    scene.expect(not await second.up(), "a second daemon came up")
    scene.expect(await second.ended() == NOT_NOW, "a second daemon was not refused in words")


async def locks_removed(scene: Scene) -> None:
    """What lies beside the store and may be removed keeps nobody out."""
    for file in scene.home.glob("*/serve*"):
        file.unlink()
    await a_second_daemon(scene)


async def killed(scene: Scene) -> None:
    """A killed daemon is followed."""
    async with scene.failing("killed"):
        scene.daemon.signal(signal.SIGKILL)
        await scene.daemon.ended()
    await scene.start_daemon()


async def connections_ended(scene: Scene) -> None:
    """The daemon goes on, and a second one is refused."""
    async with scene.failing("terminated"):
        with psycopg.connect(scene.url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await a_second_daemon(scene)


async def stopped(scene: Scene) -> None:
    """A daemon that stands still for longer than its lease is followed, and ends when it goes on."""
    former = scene.daemon
    async with scene.failing("stopped"):
        former.signal(signal.SIGSTOP)
        if scene.url:
            await asyncio.sleep(ABANDON_AT)  # the next one comes before the lease is free, and waits
            await scene.start_daemon()
            former.signal(signal.SIGCONT)
            scene.expect(await former.ended() in {STORE_IS_WRONG, NOT_NOW}, "a daemon that was followed did not end")
        else:
            await a_second_daemon(scene)
            former.signal(signal.SIGCONT)


async def window_open(scene: Scene) -> None:
    """The service comes back beside an open window, every time."""
    async with scene.failing("restarted beside a window"), accompanied(scene.company, look=0.1, patience=0.5) as window:
        telling = asyncio.create_task(_all(window.states()))
        await scene.daemon.stop()
        await asyncio.sleep(1.5)
        await scene.start_daemon()
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def _all(states: AsyncIterator[object]) -> None:
    async for _ in states:
        pass


def server_restarted(server: postgres.Postgres, scenes: Sequence[Scene]) -> Callable[[Scene], Awaitable[None]]:
    """The database crashes and comes back, for everybody who uses it."""
    alone = asyncio.Lock()

    async def restarted(scene: Scene) -> None:
        async with alone, AsyncExitStack() as stack:
            for one in scenes:
                await stack.enter_async_context(one.failing("server restarted"))
            await asyncio.to_thread(server.restart)
            await a_second_daemon(scene)

    return restarted


def cut_off(cut: pooler.Pooler) -> Callable[[Scene], Awaitable[None]]:
    """The daemon's way to the database answers no more; one that has another way follows it."""

    async def cut_from_the_database(scene: Scene) -> None:
        former, pooled = scene.daemon, scene.daemon_url
        async with scene.failing("cut off"):
            os.kill(cut.process, signal.SIGSTOP)
            try:
                await asyncio.sleep(STOP_AT)  # the former stops now, while the next one comes and waits
                scene.daemon_url = scene.url
                await scene.start_daemon()
            finally:
                scene.daemon_url = pooled
                os.kill(cut.process, signal.SIGCONT)
            scene.expect(await former.ended() in {STORE_IS_WRONG, NOT_NOW}, "a daemon that was cut off did not end")

    return cut_from_the_database


async def rehearse(home: Path, plan: Plan, say: Callable[[str], None]) -> Figures:
    """Play three stores at once: a file, a server, and a server behind a pooler."""
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        server = stack.enter_context(postgres.running(postgres.SURVIVES_A_CRASH))
        pool = stack.enter_context(pooler.pooling(server))
        direct, pooled = server.fresh(), server.fresh()
        file = Scene("file", home / "file", plan)
        on_server = Scene("server", home / "server", plan, direct)
        behind = Scene("pooler", home / "pooler", plan, pooled, pool.through(pooled))
        restarted = server_restarted(server, [on_server, behind])
        long = [window_open, stopped] if plan.everywhere else []
        played = await asyncio.gather(
            file.play([locks_removed, killed, stopped, window_open], say),
            on_server.play([a_second_daemon, connections_ended, stopped, restarted, *long[:1]], say),
            behind.play([connections_ended, killed, cut_off(pool), restarted, *long], say),
        )
    return Figures(played, (time.monotonic() - began) / 60)

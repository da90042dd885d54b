"""The daemon is killed at random while thousands of messages go both ways through seven channels at once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.directory import sandbox as provider
from chatapp_cli.sandbox.stage import CallsHooks, Customer, Sandbox
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import channels, lines, sending
from chatapp_cli.settings import Settings
from chatapp_cli.store import dialog_list
from tests.contract.connector_contract import ScriptedAsker
from tests.stores import OWNER

KINDS = ("api", "email", "max", "sms", "telegram_bot", "vk", "whatsapp")
PEOPLE = [
    Customer(
        number=9000 + n,
        name=f"Клиент {n}",
        username=f"client_{n}",
        phone=f"+791600{n:05d}",
        email=f"client{n}@example.org",
    )
    for n in range(60)
]
SLOWNESS = 0.3
"""Seconds that Telegram takes to answer, so that every kill finds some on their way."""
DONE = {"sent", "delivered", "read"}
SUBJECT = "Заказ"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of it: ``seconds`` is how long the load takes to come."""

    incoming: int
    outgoing: int
    kills: int
    seconds: float
    mails: int
    """Of the outgoing ones; a mailbox lets only twenty a minute go."""
    people: int
    patience: float = 600.0
    """Seconds that everything may take to settle afterwards."""

    def shares(self) -> tuple[dict[str, int], dict[str, int]]:
        """Messages in and out by channel."""
        others = [kind for kind in KINDS if kind != "email"]
        out = dict(_split(self.outgoing - self.mails, others)) | {"email": self.mails}
        return dict(_split(self.incoming, KINDS)), out


def _split(whole: int, kinds: Sequence[str]) -> Iterator[tuple[str, int]]:
    for number, kind in enumerate(kinds):
        yield kind, whole // len(kinds) + (number < whole % len(kinds))


FULL = Plan(incoming=10_000, outgoing=2_000, kills=40, seconds=140, mails=60, people=60)
TENTH = Plan(incoming=1_000, outgoing=200, kills=4, seconds=14, mails=10, people=20, patience=90)


@dataclass(slots=True)
class Figures:
    """What came of it."""

    incoming: Counter[str]
    """What customers wrote, by text."""
    arrived: Counter[str]
    outgoing: set[str]
    states: dict[str, str]
    heard: Counter[str]
    unanswered: set[str]
    """What was handed over and had no answer when the daemon was killed."""
    kills: int
    minutes: float

    @property
    def lost(self) -> list[str]:
        """Written and not in the store, or sent and not heard."""
        unheard = [text for text, state in self.states.items() if state in DONE and not self.heard[text]]
        return sorted([*(self.incoming - self.arrived), *unheard, *(self.outgoing - set(self.states))])

    @property
    def doubled(self) -> list[str]:
        """Stored twice, or heard twice."""
        return sorted(text for found in (self.arrived, self.heard) for text, times in found.items() if times > 1)

    @property
    def uncertain(self) -> set[str]:
        """What a person has to decide about."""
        return {text for text, state in self.states.items() if state == "uncertain"}

    def violations(self) -> Iterator[str]:
        """Everything that does not hold."""
        yield from (f"lost: {text}" for text in self.lost)
        yield from (f"doubled: {text}" for text in self.doubled)
        yield from (f"nobody wrote it: {text}" for text in sorted(set(self.arrived) - set(self.incoming)))
        yield from (f"uncertain, but not handed over: {text}" for text in sorted(self.uncertain - self.unanswered))
        settled = DONE | {"uncertain"}
        yield from (f"{state}: {text}" for text, state in sorted(self.states.items()) if state not in settled)
        sure = {kind for kind in KINDS if manifest(kind).capabilities.idempotent_send}
        yield from (f"uncertain where twice is once: {text}" for text in sorted(self.uncertain) if _kind(text) in sure)

    def __str__(self) -> str:
        found, seen = self.uncertain, {text for text in self.uncertain if self.heard[text]}
        lines = [
            f"{self.incoming.total()} in, {len(self.outgoing)} out, {self.kills} kills, {self.minutes:.1f} minutes",
            f"{len(self.lost)} lost, {len(self.doubled)} doubled",
            f"{len(self.unanswered)} handed over without an answer",
            f"{len(found)} uncertain, {len(seen)} of them had reached the provider",
        ]
        ins, outs, unsure = (Counter(map(_kind, texts)) for texts in (self.incoming.elements(), self.outgoing, found))
        lines += [f"  {kind}: {ins[kind]} in, {outs[kind]} out, {unsure[kind]} uncertain" for kind in KINDS]
        return "\n".join(lines)


def _kind(text: str) -> str:
    return text.partition(" ")[0]


class Killed:
    """A daemon that is killed again and again."""

    def __init__(self, home: Path, port: int, moments: list[int]) -> None:
        env = {"CHATAPP_HOME": str(home), "CHATAPP_HTTP_PORT": str(port), "CHATAPP_LOG_LEVEL": "error"}
        self._env = {**os.environ, **env}
        self._moments = moments

    @asynccontextmanager
    async def starting(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """Start it; it ends in good order unless it was killed before."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chatapp_cli", "serve", env=self._env, stdout=asyncio.subprocess.PIPE
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """It is up while this lasts."""
        async with self.starting() as process:
            assert process.stdout is not None
            assert await process.stdout.readline()
            yield

    async def storm(
        self, kills: int, ripe: Callable[[int], Coroutine[None, None, None]], say: Callable[[str], None]
    ) -> None:
        """Kill at random moments, even before it is up; every second time when it is ``ripe`` after a start."""
        chance = random.Random(8)
        for number in range(1, kills + 1):
            since = now()
            async with self.starting() as process:
                assert process.stdout is not None
                if chance.random() < 0.8:
                    assert await process.stdout.readline()
                await asyncio.sleep(chance.uniform(0.2, 4.0))
                if number % 2:
                    await ripe(since)
                process.send_signal(signal.SIGKILL)
                self._moments.append(now())
                await process.wait()
            say(f"kill {number}")


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


@dataclass(slots=True)
class Stage:
    """The desk, the providers and what is bound between them."""

    company: Company
    plan: Plan
    sandboxes: Sequence[Sandbox]
    bound: dict[str, ChannelId] = field(default_factory=dict)
    moments: list[int] = field(default_factory=list)
    """When the daemon was killed, in milliseconds since 1970."""

    @property
    def people(self) -> Sequence[Customer]:
        """Those who write."""
        return PEOPLE[: self.plan.people]

    async def set_up(self, port: int) -> None:
        """Bind every channel, and tell those that call us where we are."""
        line = self.company.write(lambda tx: lines.add(tx, "Продажи"))
        for one in self.sandboxes:
            asker = ScriptedAsker(one.answers)
            self.bound[one.kind] = await bind(self.company, asker, line=line, kind=one.kind)
            if isinstance(one, CallsHooks):
                row = self.company.read(lambda tx, kind=one.kind: channels.one(tx, self.bound[kind]))
                one.calls(f"http://127.0.0.1:{port}/hooks/{row.hook_key}")

    async def greet(self) -> None:
        """Everybody writes on every channel, so that there are dialogs."""
        for one in self.sandboxes:
            for person in self.people:
                await one.say(person, f"{one.kind} hello {person.number}", subject=SUBJECT)

    def greetings(self) -> set[str]:
        """What they wrote then."""
        return {f"{one.kind} hello {person.number}" for one in self.sandboxes for person in self.people}

    async def customers(self, one: Sandbox, many: int) -> None:
        """Let them write, spread over the time that the plan has."""
        for number in range(many):
            person = self.people[number % len(self.people)]
            await one.say(person, f"{one.kind} in {number}", subject=SUBJECT)
            await self._pace(number, many)

    async def operators(self, one: Sandbox, many: int) -> None:
        """Answer, spread over the same time."""
        row = self.company.read(lambda tx: channels.one(tx, self.bound[one.kind]))
        can, dialogs = self.company.capabilities(row), self._dialogs(one.kind)
        for number in range(many):
            text, dialog = f"{one.kind} out {number}", dialogs[number % len(dialogs)]
            order = sending.SendOptions(key=sending.key_of(text))
            job = lambda tx, d=dialog, t=text, o=order: sending.enqueue(tx, can, d, Draft(text=t), o)  # noqa: E731
            await asyncio.to_thread(self.company.write, job)
            await self._pace(number, many)

    async def _pace(self, number: int, many: int) -> None:
        """Spread the load over the plan's time, and never let it be over before the kills are."""
        await asyncio.sleep(self.plan.seconds / many)
        while number / many > (len(self.moments) + 1) / self.plan.kills:
            await asyncio.sleep(0.05)

    def _dialogs(self, kind: str) -> list[DialogId]:
        with self.company.database.reading() as tx:
            return dialog_list.ids(tx, self.company.database.driver.dialect, DialogFilter(kind=kind))

    def arrived(self) -> Counter[str]:
        """What is in the store, by text."""
        with self.company.database.reading() as tx:
            texts = tx.compose(str, "SELECT text FROM message WHERE direction = 'in'", {})
            return Counter(text.strip() for text in texts)

    def states(self) -> dict[str, str]:
        """What became of the answers."""
        with self.company.database.reading() as tx:
            return dict(tx.compose(lambda *row: row, "SELECT text, state FROM message WHERE direction = 'out'", {}))

    async def ripe(self, since: int, say: Callable[[str], None]) -> None:
        """Wait until every channel has shown since then that it lives, and a message is on its way."""
        await until(partial(self._up, since), 60, "all channels are up", say)
        with suppress(TimeoutError):
            async with asyncio.timeout(3):
                while "sending" not in (await asyncio.to_thread(self.states)).values():
                    await asyncio.sleep(0.01)

    def _up(self, since: int) -> bool:
        return all((row.proof_at or 0) >= since for row in self.company.read(channels.everything))

    def pending(self) -> int:
        """Answers that are on their way."""
        return len([state for state in self.states().values() if state in {"queued", "sending"}])

    def unanswered(self) -> set[str]:
        """What was handed over before a kill and had no answer by then."""
        told = "SELECT m.text, a.started_at, a.finished_at FROM attempt a JOIN message m ON m.id = a.message_id"
        with self.company.database.reading() as tx:
            rows = tx.compose(lambda *row: row, told, {})
        return {
            text
            for text, started, finished in rows
            if any(started <= moment and (finished is None or finished >= moment) for moment in self.moments)
        }

    async def heard(self) -> Counter[str]:
        """What reached the customers, by text."""
        found = [heard for one in self.sandboxes for person in self.people for heard in await one.heard(person)]
        return Counter(heard.text.strip() for heard in found)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


async def until(look: Callable[[], object], seconds: float, what: str, say: Callable[[str], None]) -> None:
    """Wait for it, or go on and let the figures tell."""
    try:
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(look):
                await asyncio.sleep(0.2)
    except TimeoutError:
        say(f"waited {seconds:.0f} s in vain: {what}")


async def rehearse(home: Path, plan: Plan, say: Callable[[str], None]) -> Figures:
    """Play it in a store of its own; ``say`` is told how it goes on."""
    began, port = time.monotonic(), free_port()
    async with AsyncExitStack() as stack:
        sandboxes = [await stack.enter_async_context(provider(kind)) for kind in KINDS]
        company = open_company(Settings(home=str(home))).seen_by(OWNER)
        stack.callback(company.close)
        stage = Stage(company, plan, sandboxes)
        await stage.set_up(port)
        await _storm(stage, Killed(home, port, stage.moments), say)
        ins, outs = plan.shares()
        return Figures(
            incoming=Counter([f"{kind} in {n}" for kind, many in ins.items() for n in range(many)])
            + Counter(stage.greetings()),
            arrived=stage.arrived(),
            outgoing={f"{kind} out {n}" for kind, many in outs.items() for n in range(many)},
            states=stage.states(),
            heard=await stage.heard(),
            unanswered=stage.unanswered(),
            kills=len(stage.moments),
            minutes=(time.monotonic() - began) / 60,
        )


async def _storm(stage: Stage, daemon: Killed, say: Callable[[str], None]) -> None:
    """Greetings in peace, the load under kills, and peace again until everything has settled."""
    plan, (ins, outs) = stage.plan, stage.plan.shares()
    async with daemon.running():
        await stage.greet()
        await until(lambda: set(stage.arrived()) == stage.greetings(), 60, "greetings", say)
    for one in stage.sandboxes:
        if isinstance(one, TelegramBotSandbox):
            one.slowness = SLOWNESS
    works = [
        work
        for one in stage.sandboxes
        for work in (stage.customers(one, ins[one.kind]), stage.operators(one, outs[one.kind]))
    ]
    load = [asyncio.create_task(work) for work in works]
    await daemon.storm(plan.kills, partial(stage.ripe, say=say), say)
    wanted = plan.incoming + len(stage.greetings())
    async with daemon.running():
        await asyncio.gather(*load)
        say("the load is over")
        await until(lambda: stage.arrived().total() >= wanted, plan.patience, "arrivals", say)
        say("everything has arrived")
        await until(lambda: not stage.pending(), plan.patience, "answers", say)

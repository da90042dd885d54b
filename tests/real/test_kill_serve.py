"""``chatapp serve`` is killed at random while thousands of messages go both ways: none lost, none doubled."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Desk, open_desk
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.sandbox.stage import Customer, Sandbox
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import channels, lines, sending
from chatapp_cli.settings import Settings
from chatapp_cli.store import dialog_list
from tests.contract.connector_contract import ScriptedAsker

PEOPLE = [Customer(number=9000 + n, name=f"Клиент {n}", username=f"client_{n}") for n in range(60)]
IN_EACH = 2500
"""Messages of customers on each of two channels."""
OUT = {"api": 3600, "telegram_bot": 1400}
KILLS = 8
STEP = 50

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]


class Killed:
    """A daemon that is killed again and again."""

    def __init__(self, home: Path, port: int) -> None:
        self._env = {
            **os.environ,
            "CHATAPP_HOME": str(home),
            "CHATAPP_HTTP_PORT": str(port),
            "CHATAPP_LOG_LEVEL": "error",
        }
        self.kills = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chatapp_cli", "serve", env=self._env, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        assert await process.stdout.readline()
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()

    async def storm(self, calm: Callable[[], bool]) -> None:
        """Kill at random moments until there were enough kills and the load is over."""
        chance = random.Random(8)
        while self.kills < KILLS or not calm():
            async with self.running() as process:
                await asyncio.sleep(chance.uniform(0.5, 7.0))
                process.send_signal(signal.SIGKILL)
                await process.wait()
            self.kills += 1


@pytest.fixture
async def sandboxes() -> AsyncIterator[Sequence[Sandbox]]:
    async with ApiSandbox() as api, TelegramBotSandbox() as telegram:
        telegram.slowness = 0.15  # so that every kill finds some on their way
        yield [api, telegram]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


async def until(look: Callable[[], object], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(look):
            await asyncio.sleep(0.2)


def dialogs_of(desk: Desk, kind: str) -> list[DialogId]:
    with desk.database.reading() as tx:
        return dialog_list.ids(tx, desk.database.driver.dialect, DialogFilter(kind=kind))


def arrived(desk: Desk) -> Counter[str]:
    with desk.database.reading() as tx:
        return Counter(tx.compose(str, "SELECT text FROM message WHERE direction = 'in'", {}))


def sent(desk: Desk) -> dict[str, str]:
    with desk.database.reading() as tx:
        return dict(tx.compose(lambda *row: row, "SELECT text, state FROM message WHERE direction = 'out'", {}))


def pending(desk: Desk) -> int:
    return len([state for state in sent(desk).values() if state in {"queued", "sending"}])


async def customers(sandbox: Sandbox) -> None:
    for number in range(IN_EACH):
        await sandbox.say(PEOPLE[number % len(PEOPLE)], f"{sandbox.kind} in {number}")
        if number % STEP == 0:
            await asyncio.sleep(0.4)


async def operators(desk: Desk, channel: ChannelId, kind: str) -> None:
    can = desk.capabilities(desk.read(lambda tx: channels.one(tx, channel)))
    dialogs = dialogs_of(desk, kind)
    for start in range(0, OUT[kind], STEP):
        for number in range(start, start + STEP):
            text, dialog = f"{kind} out {number}", dialogs[number % len(dialogs)]
            order = sending.Order(actor="Ольга", key=sending.key_of(text))
            job = lambda tx, d=dialog, t=text, o=order: sending.enqueue(tx, can, d, Draft(text=t), o)  # noqa: E731
            await asyncio.to_thread(desk.write, job)
        await asyncio.sleep(0.3)


@pytest.mark.req("S-115")
async def test_kill_minus_nine_loses_nothing_and_doubles_nothing(tmp_path: Path, sandboxes: Sequence[Sandbox]) -> None:
    desk = open_desk(Settings(home=str(tmp_path)))
    port = free_port()
    line = desk.write(lambda tx: lines.add(tx, "Продажи", actor="owner"))
    bound: dict[str, ChannelId] = {}
    for sandbox in sandboxes:
        bound[sandbox.kind] = await bind(
            desk, ScriptedAsker(sandbox.answers), line=line, kind=sandbox.kind, actor="owner"
        )
    api = sandboxes[0]
    assert isinstance(api, ApiSandbox)
    key = desk.read(lambda tx: channels.one(tx, bound["api"])).hook_key
    api.calls(f"http://127.0.0.1:{port}/hooks/{key}")
    daemon = Killed(tmp_path, port)
    async with daemon.running():
        for sandbox in sandboxes:
            for person in PEOPLE:
                await sandbox.say(person, f"{sandbox.kind} hello {person.number}")
        await until(lambda: sum(arrived(desk).values()) == 2 * len(PEOPLE), 60)

    load = [
        asyncio.create_task(work)
        for sandbox in sandboxes
        for work in (customers(sandbox), operators(desk, bound[sandbox.kind], sandbox.kind))
    ]
    await daemon.storm(calm=lambda: all(task.done() for task in load))
    for task in load:
        task.result()
    async with daemon.running():
        await until(lambda: pending(desk) == 0, 240)
        await until(lambda: sum(arrived(desk).values()) >= 2 * (len(PEOPLE) + IN_EACH), 60)

    assert daemon.kills >= KILLS
    wanted_in = {f"{s.kind} in {n}" for s in sandboxes for n in range(IN_EACH)}
    wanted_in |= {f"{s.kind} hello {p.number}" for s in sandboxes for p in PEOPLE}
    came = arrived(desk)
    assert set(came) == wanted_in
    assert [text for text, times in came.items() if times > 1] == []

    heard = Counter([h.text for s in sandboxes for p in PEOPLE for h in await s.heard(p)])
    states = sent(desk)
    assert set(states) == {f"{kind} out {n}" for kind, many in OUT.items() for n in range(many)}
    assert [text for text, times in heard.items() if times > 1] == []
    assert [text for text, state in states.items() if state == "sent" and heard[text] != 1] == []
    assert [text for text, state in states.items() if state not in {"sent", "uncertain"}] == []
    assert {text.partition(" ")[0] for text, state in states.items() if state == "uncertain"} <= {"telegram_bot"}
    desk.close()

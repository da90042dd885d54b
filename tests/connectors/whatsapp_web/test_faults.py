"""A child that dies, hangs or talks nonsense loses nothing, doubles nothing and never holds the desk up."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.connectors.whatsapp_web import process
from chatapp_cli.connectors.whatsapp_web.connector import WhatsAppSession
from chatapp_cli.connectors.whatsapp_web.convert import arrival
from chatapp_cli.domain.arrival import MessageArrived
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, Retryable
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from tests.contract.connector_contract import ANNA
from tests.unit.kit.worlds import NOON

pytestmark = pytest.mark.req("S-040")


def outbound(text: str) -> Outbound:
    return Outbound(message_id=MessageId(1), key="0" * 32, address="+79160000001", text=text)


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


class Desk:
    """What the daemon does: it stores by provider id, and opens again after a fall."""

    def __init__(self, connector: Connector, bound: Bound) -> None:
        self.connector, self.bound = connector, bound
        self.cursor: str | None = None
        self.stored: dict[str, MessageArrived] = {}
        self.seen: Counter[str] = Counter()
        self.falls = 0

    async def read(self, until: int) -> None:
        while len(self.stored) < until:
            with suppress(ChannelError):
                async with self.connector.open(ChannelId(1), self.bound) as session:
                    await self._read(session, until)
                return
            self.falls += 1

    async def _read(self, session: object, until: int) -> None:
        assert isinstance(session, WhatsAppSession)
        async with aclosing(session.events(self.cursor)) as batches:
            async for batch in batches:
                for arrival in batch.arrivals:
                    message = arrival.events[-1]
                    assert isinstance(message, MessageArrived)
                    self.seen[arrival.provider_id] += 1
                    self.stored.setdefault(arrival.provider_id, message)
                self.cursor = batch.cursor or self.cursor
                if len(self.stored) >= until:
                    return


async def test_a_child_that_is_killed_again_and_again_loses_and_doubles_nothing_that_arrives(
    connector: Connector, sandbox: WhatsAppWebSandbox, bound: Bound
) -> None:
    total, killed = 300, set[int]()
    desk = Desk(connector, bound)

    async def write_and_kill() -> None:
        for number in range(total):
            await sandbox.say(ANNA, f"слово {number}")
            await asyncio.sleep(0)
            if number % 100 == 50:
                while sandbox.pids[-1] in killed or gone(sandbox.pids[-1]):
                    await asyncio.sleep(0.005)
                killed.add(sandbox.pids[-1])
                os.kill(sandbox.pids[-1], signal.SIGKILL)

    async with asyncio.timeout(60):
        await asyncio.gather(desk.read(total), write_and_kill())
    texts = [message.text for message in desk.stored.values()]
    assert texts == [f"слово {number}" for number in range(total)]
    assert len({message.ext_id for message in desk.stored.values()}) == total
    assert (len(killed), desk.falls) == (3, 3)


async def test_sends_on_their_way_when_the_child_dies_are_uncertain_and_arrive_once_at_most(
    connector: Connector, sandbox: WhatsAppWebSandbox, bound: Bound
) -> None:
    sandbox.town.settle(ANNA)
    sent: list[str] = []
    uncertain: list[str] = []
    codes: set[str] = set()

    async def send(session: object, text: str) -> None:
        assert isinstance(session, WhatsAppSession)
        try:
            await session.send(outbound(text))
            sent.append(text)
        except OutcomeUnknown as error:
            uncertain.append(text)
            codes.add(error.code)

    async with asyncio.timeout(30), connector.open(ChannelId(1), bound) as session:
        await asyncio.gather(*(send(session, f"ответ {n}") for n in range(50)))
        sandbox.swallows = True
        flying = [asyncio.create_task(send(session, f"ответ {n}")) for n in range(50, 60)]
        while len(await sandbox.heard(ANNA)) < 60:
            await asyncio.sleep(0.005)
        os.kill(sandbox.pids[-1], signal.SIGKILL)
        await asyncio.gather(*flying)
        with pytest.raises(Retryable):
            await session.send(outbound("certainly not sent"))
    heard = [one.text for one in await sandbox.heard(ANNA)]
    assert (len(sent), len(uncertain), codes) == (50, 10, {"child_ended"})
    assert sorted(heard) == sorted([*sent, *uncertain])


async def test_a_new_child_serves_after_the_fall(
    connector: Connector, sandbox: WhatsAppWebSandbox, bound: Bound
) -> None:
    async with connector.open(ChannelId(1), bound) as session:
        os.kill(sandbox.pids[-1], signal.SIGKILL)
        with pytest.raises(Retryable) as fall:
            async with asyncio.timeout(10):
                await anext(session.events(None))
        assert fall.value.code == "child_ended"
    await sandbox.say(ANNA, "после")
    desk = Desk(connector, bound)
    await desk.read(1)
    assert [message.text for message in desk.stored.values()] == ["после"]
    assert len(set(sandbox.pids)) == 3


async def test_a_child_that_does_not_go_is_killed_within_the_deadline(
    connector: Connector, sandbox: WhatsAppWebSandbox, bound: Bound
) -> None:
    stubborn = replace(bound, settings={**bound.settings, "child": sandbox.child("stubborn")})
    async with connector.open(ChannelId(1), stubborn):
        pid = sandbox.pids[-1]
        begun = time.monotonic()
    assert gone(pid)
    assert process.STOP <= time.monotonic() - begun < process.STOP + 3


async def test_a_desk_that_is_cancelled_leaves_no_child_behind(
    connector: Connector, sandbox: WhatsAppWebSandbox, bound: Bound
) -> None:
    async def live() -> None:
        async with connector.open(ChannelId(1), bound) as session:
            async for _ in session.events(None):
                pass

    task = asyncio.create_task(live())
    async with asyncio.timeout(20):
        while len(sandbox.pids) < 2:
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(gone(pid) for pid in sandbox.pids)


HELLO = 'print(\'{"hello":{"protocol":1}}\', flush=True)'
ODD = (
    b"panic: runtime error",
    b'{"n":1,"event":{"kind":"message","id":"a\xffb"',
    b'{"n":2,"event":' + b"[" * 100_000,
    b'{"n":"two"}',
    b"\x00\x01",
)
"""Lines that no decoder takes."""
SAYS_NOTHING = "import time; time.sleep(60)"


@asynccontextmanager
async def started(tmp_path: Path, script: str) -> AsyncIterator[process.Child]:
    path = tmp_path / "child.py"
    path.write_text(script, "utf-8")
    async with process.child(f"{sys.executable} {path}", tmp_path / "log") as child:
        yield child


async def test_a_line_that_cannot_be_read_is_handed_on_and_ends_nothing(tmp_path: Path) -> None:
    lines = f"for line in {ODD!r}: sys.stdout.buffer.write(line + b'\\n')"
    good = """print('{"n":3,"event":{"kind":"message"}}', flush=True); input()"""
    async with asyncio.timeout(20), started(tmp_path, f"import sys\n{HELLO}\n{lines}\n{good}") as child:
        found: list[process.Received] = []
        while len(found) < len(ODD) + 1:
            found += await child.received(most=9, patience=10)
    assert [one.n for one in found] == [0] * len(ODD) + [3]
    assert [one.raw.rstrip(b"\n") for one in found[:-1]] == list(ODD)
    assert {bool(arrival(one.raw, 1, NOON).problem) for one in found[:-1]} == {True}


@pytest.mark.parametrize("script", ["print('panic', flush=True); input()", f"{HELLO}\nwhile True: print('panic')"])
async def test_a_child_that_says_nothing_but_nonsense_falls(tmp_path: Path, script: str) -> None:
    with pytest.raises(Retryable) as fall:  # noqa: PT012 - greeting it or reading it may notice
        async with asyncio.timeout(20), started(tmp_path, script) as child:
            while True:
                await child.received(most=999, patience=10)
    assert fall.value.code == "child_garbled"


async def test_what_the_child_prints_to_stderr_is_kept_for_the_owner_only(tmp_path: Path) -> None:
    script = "import sys; print('goroutine 1 [running]', file=sys.stderr)"
    with pytest.raises(Retryable) as fall:
        async with started(tmp_path, script):
            pass
    assert fall.value.code == "child_ended"
    assert (tmp_path / "log").read_text() == "goroutine 1 [running]\n"
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


async def test_the_loop_of_the_desk_is_never_held_up(
    connector: Connector, sandbox: WhatsAppWebSandbox, bound: Bound
) -> None:
    """Under traffic and a kill, a heartbeat of the loop is never late by more than a busy machine makes it."""
    gaps: list[float] = []

    async def beat() -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            now = time.monotonic()
            gaps.append(now - last)
            last = now

    beating = asyncio.create_task(beat())
    for number in range(300):
        await sandbox.say(ANNA, f"слово {number}")
    desk = Desk(connector, bound)
    async with asyncio.timeout(30):
        await desk.read(300)
    beating.cancel()
    assert max(gaps) < 0.5

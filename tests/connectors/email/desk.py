"""A mailbox of the desk: its session at the sandbox or at a scripted server, and what goes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

import pytest

from chatapp_cli.connectors.email.connector import EmailConnector, EmailSession, create
from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.kit.system import SystemChance, SystemClock
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.email import SENT, EmailSandbox
from tests.connectors.email.reading import KEY
from tests.contract.connector_contract import ANNA, ScriptedAsker


class Eager(SystemClock):
    """A clock whose waits are over at once."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


def outbound(**changes: object) -> Outbound:
    values = {"message_id": MessageId(1), "key": KEY, "address": ANNA.email, "text": "Есть."}
    return Outbound(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
async def sandbox() -> AsyncIterator[EmailSandbox]:
    async with EmailSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def connector() -> EmailConnector:
    return create(World(clock=Eager(), chance=SystemChance()))


@pytest.fixture
async def bound(connector: EmailConnector, sandbox: EmailSandbox) -> Bound:
    return await connector.bind(ScriptedAsker(sandbox.answers))


@pytest.fixture
async def session(connector: EmailConnector, bound: Bound) -> AsyncIterator[EmailSession]:
    async with connector.open(ChannelId(1), bound) as session:
        yield session


async def arrivals(session: EmailSession, cursor: str | None, count: int) -> tuple[list[Arrival], str]:
    """Take batches until so many arrivals came and the cursor stands behind them."""
    found: list[Arrival] = []
    async with asyncio.timeout(30), aclosing(session.events(cursor)) as batches:
        async for batch in batches:
            found += batch.arrivals
            if len(found) >= count and batch.cursor:
                return found, batch.cursor
    raise AssertionError("the session ended by itself")


@asynccontextmanager
async def scripted(
    lines: Sequence[tuple[bytes, bytes | None]], greeting: bytes, heard: list[bytes] | None = None
) -> AsyncIterator[int]:
    """A server that answers by the first word that fits; ``None`` hangs up. ``%`` in an answer is the tag.

    Of the content of a mail it answers the line of the Message-ID, and its end as ``END``. ``heard`` gets the commands.
    """
    told = heard if heard is not None else []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        content = False
        try:
            while line := await reader.readline():
                said = _in_content(line) if content else line.upper()
                content = content and said != b"END"
                told.extend([said] * (not content))
                answer = next((answer for word, answer in lines if word in said), b"")
                if answer is None:
                    break
                content = content or answer.startswith(b"354")
                writer.write(answer.replace(b"%", (line.split() or [b""])[0]))
                await writer.drain()
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def _in_content(line: bytes) -> bytes:
    if line == b".\r\n":
        return b"END"
    return b"MESSAGE-ID" if line.upper().startswith(b"MESSAGE-ID") else b""


SMTP = [
    (b"EHLO", b"250-mx\r\n250 AUTH PLAIN\r\n"),
    (b"AUTH", b"235 2.7.0 ok\r\n"),
    (b"MAIL", b"250 ok\r\n"),
    (b"RCPT", b"250 ok\r\n"),
    (b"DATA", b"354 go\r\n"),
    (b"RSET", b"250 ok\r\n"),
    (b"QUIT", None),
]

IMAP = [
    (b"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n% OK done\r\n"),
    (b"LOGIN", b"% OK in\r\n"),
    (b"SELECT", b"* OK [UIDVALIDITY 5] ok\r\n% OK selected\r\n"),
    (b"SEARCH", b"* SEARCH 7\r\n% OK done\r\n"),
    (b"RFC822.SIZE", b'* 1 FETCH (UID 7 RFC822.SIZE 9 INTERNALDATE " 1-Nov-2026 10:00:00 +0300")\r\n% OK done\r\n'),
    (b"BODY", b"* 1 FETCH (BODY[] {9}\r\n\r\n* ) OK\r\n UID 7)\r\n% OK done\r\n"),
    (b"NOOP", b"* 3 EXISTS\r\n" * 3000 + b"% OK done\r\n"),
    (b"LIST", b"% NO not here\r\n"),
]


def by(bound: Bound, smtp_port: int) -> Bound:
    settings = {**bound.settings, "smtp_port": str(smtp_port)}
    return Bound(account=bound.account, title="", settings=settings, secrets=bound.secrets, cursor=bound.cursor)


def at(bound: Bound, port: int) -> Bound:
    settings = {**bound.settings, "imap_port": str(port)}
    return Bound(account=bound.account, title="", settings=settings, secrets=bound.secrets)


class SkippingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock can be put forward, so that a test outlives a deadline of minutes."""

    _skipped = 0.0

    def time(self) -> float:
        return super().time() + self._skipped

    def skip(self, seconds: float) -> None:
        self._skipped += seconds


WIRE = {SENT: "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"}


class Later(Eager):
    """A clock that can be put forward."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead

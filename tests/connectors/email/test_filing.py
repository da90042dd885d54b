"""What the desk does in the mailbox beside reading: copies of what it sent are filed, and mails are marked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy

import pytest
from structlog.testing import capture_logs

from chatapp_cli.connectors.email import copies
from chatapp_cli.connectors.email.connector import EmailConnector, EmailSession, create
from chatapp_cli.domain.errors import OutcomeUnknown, StoreAway
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.text import T
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.memory import ShortMemory
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.email import SENT, EmailSandbox
from tests.connectors.email.desk import IMAP, Eager, at, outbound, scripted
from tests.connectors.email.reading import OWN_ID
from tests.contract.connector_contract import ANNA


@asynccontextmanager
async def session_of(connector: EmailConnector, bound: Bound) -> AsyncIterator[EmailSession]:
    async with asyncio.timeout(20), connector.open(ChannelId(1), bound) as session:
        yield session


async def filed(sandbox: EmailSandbox, count: int) -> int:
    """How many copies lie in the folder of sent mail, once there are so many."""
    async with asyncio.timeout(10):
        while len(found := await sandbox.flags(SENT)) < count:
            await asyncio.sleep(0.01)
    return len(found)


async def test_a_copy_is_filed_once_and_found_again(session: EmailSession, sandbox: EmailSandbox) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        await session.reconcile(outbound())
    assert (caught.value.code, caught.value.ids) == ("outcome_unknown", (OWN_ID,))
    receipt = await session.send(outbound())
    assert await session.reconcile(outbound()) == receipt
    await session.send(outbound())
    assert await sandbox.flags(SENT) == [{"\\Seen"}]


async def test_a_copy_that_could_not_be_filed_is_filed_by_a_later_session_once(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    await sandbox.lose_imap()
    async with session_of(connector, bound) as session:
        await session.send(outbound())
        assert list(await bound.memory.known("copy:")) == [f"copy:{OWN_ID}"], "before the session ends, if it ever does"
    await sandbox.come_back()
    async with session_of(connector, bound):
        assert await filed(sandbox, 1) == 1
    assert await bound.memory.known("copy:") == {}
    async with session_of(connector, bound) as session:
        await session.send(outbound(key="f" * 32))
    assert await filed(sandbox, 2) == 2


async def test_a_copy_that_was_filed_without_our_knowing_is_not_filed_again(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    await sandbox.lose_imap()
    async with session_of(connector, bound) as session:
        await session.send(outbound())
    await sandbox.deliver(f"Message-ID: {OWN_ID}\r\n\r\nfiled\r\n".encode(), SENT)
    await sandbox.come_back()
    async with session_of(connector, bound) as session:
        await session.send(outbound(key="f" * 32))
        assert await filed(sandbox, 2) == 2
    assert await bound.memory.known("copy:") == {}


async def test_a_copy_that_waits_is_the_mail_that_was_sent(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    await sandbox.lose_imap()
    async with session_of(connector, bound) as session:
        await session.send(outbound(text="Ёлка\n.точка"))
    (sent,) = sandbox.mails(ANNA.email)
    kept = copies.Copies(bound.memory)
    await kept.recall()
    copy = message_from_bytes(kept.content(OWN_ID), policy=policy.default)
    assert (copy.items(), copy.get_content()) == (sent.items(), sent.get_content())


@pytest.mark.parametrize("refused", [b"APPEND", b"LIST"])
async def test_a_copy_that_the_server_refuses_three_times_is_given_up_with_a_warning(
    connector: EmailConnector, bound: Bound, refused: bytes
) -> None:
    script = [(refused, b"% NO not here\r\n"), (b"LIST", b'* LIST (\\Sent) "/" Sent\r\n% OK done\r\n'), *IMAP]
    script.insert(0, (b"SEARCH", b"* SEARCH\r\n% OK done\r\n"))
    heard: list[bytes] = []
    async with scripted(script, b"* OK hello\r\n", heard) as port:
        other = at(bound, port)
        with capture_logs() as logs:
            async with session_of(connector, other) as session:
                await session.send(outbound())
                async with asyncio.timeout(10):
                    while not any(one.get("code") == "given_up" for one in logs):
                        await asyncio.sleep(0.01)
        assert await other.memory.known("copy:") == {}
    said = [(one["event"], one["code"]) for one in logs if one["log_level"] == "warning"]
    assert said == [("sent mail not filed", "imap_refused"), ("sent mail not filed", "given_up")]
    assert sum(refused in line for line in heard) == 3


class Stopped(Eager):
    """A clock on which no pause ends."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_a_copy_that_the_server_refuses_holds_up_no_mark(bound: Bound) -> None:
    script = [
        (OWN_ID.upper().encode(), b"* SEARCH\r\n% OK done\r\n"),
        (b"APPEND", b"% NO not here\r\n"),
        (b"LIST", b'* LIST (\\Sent) "/" Sent\r\n% OK done\r\n'),
        (b"STORE", b"% OK done\r\n"),
        (b"NOOP", b"% OK done\r\n"),
        *IMAP,
    ]
    heard: list[bytes] = []
    connector = create(World(clock=Stopped(), chance=SystemChance()))
    async with scripted(script, b"* OK hello\r\n", heard) as port:
        other = at(bound, port)
        with capture_logs() as logs:
            async with session_of(connector, other) as session:
                await session.send(outbound(thread=("<1@client.test>",)))
                async with asyncio.timeout(10):
                    while not any(b"STORE 7 +FLAGS" in line for line in heard):
                        await asyncio.sleep(0.01)
        assert list(await other.memory.known("copy:")) == [f"copy:{OWN_ID}"]
    assert [(one["event"], one["code"]) for one in logs] == [("sent mail not filed", "imap_refused")]


async def test_a_copy_that_is_too_large_to_be_kept_is_said_to_be_lost_with_the_process(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    await sandbox.lose_imap()
    with capture_logs() as logs:
        async with session_of(connector, bound) as session:
            await session.send(outbound(text="x" * 3_000_000))
    assert await bound.memory.known("copy:") == {}
    assert ("sent mail not filed", "closed", "1") in [(e["event"], e.get("code"), e.get("detail")) for e in logs]


async def test_of_more_copies_than_may_wait_the_oldest_are_given_up() -> None:
    waiting = copies.Copies(ShortMemory())
    await waiting.add("<1@x>", b"x")
    await waiting.keep("<1@x>")
    with capture_logs() as logs:
        for number in range(2, 6):
            await waiting.add(f"<{number}@x>", bytes(30 * 1024 * 1024))
    assert list(waiting) == ["<3@x>", "<4@x>", "<5@x>"]
    assert [(one["code"], one["detail"]) for one in logs] == [("too_many", "<1@x>"), ("too_many", "<2@x>")]


class Away(ShortMemory):
    """A store that takes nothing."""

    async def save(self, changes: object) -> None:
        raise StoreAway(T("away"))


async def test_a_store_that_is_away_fails_no_mail(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    await sandbox.lose_imap()
    bound = Bound(account=bound.account, title="", settings=bound.settings, secrets=bound.secrets, memory=Away())
    with capture_logs() as logs:
        async with session_of(connector, bound) as session:
            await session.send(outbound())
    assert len(sandbox.mails(ANNA.email)) == 1
    assert "not_kept" in [one.get("code") for one in logs]


async def test_a_mail_that_waits_to_be_marked_as_answered_is_not_marked_as_only_read(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    asked = await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
    await sandbox.lose_imap()
    async with session_of(connector, bound) as session:
        await session.send(outbound(thread=(asked,)))
        await session.mark_seen([asked])
        await sandbox.come_back()
        async with asyncio.timeout(10):
            while not (flags := (await sandbox.flags())[0]):
                await asyncio.sleep(0.01)
    assert flags == {"\\Answered", "\\Seen"}

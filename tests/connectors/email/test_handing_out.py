"""Mails that the server does not hand out hold up no other: what cannot be had is named, and asked for again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_cli.connectors.email.connector import EmailConnector, EmailSession, create
from chatapp_cli.connectors.email.places import Places
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.errors import Retryable
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.i18n import show
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import StoredArrival
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.email import SENT, EmailSandbox
from chatapp_cli.sandbox.email_faults import Fault
from chatapp_cli.services import deadletters, transcript
from chatapp_cli.services.ingest import UNSHOWN, ingest
from chatapp_cli.store import dialog_list
from tests.connectors.email.desk import WIRE, Later, SkippingLoop
from tests.contract.connector_contract import ScriptedAsker
from tests.stores import Shop

FIRST_UID = 101
"""That of the first mail in a folder of the sandbox."""


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def connector(later: Later) -> EmailConnector:
    return create(World(clock=later, chance=SystemChance()))


def numbered(number: int, folder: str = "INBOX") -> bytes:
    """A mail of Anna's, or in the folder of sent mail one to her."""
    anna, desk = "anna@example.org", "desk@shop.example.org"
    author, other = (desk, anna) if folder == SENT else (anna, desk)
    return f"From: {author}\r\nTo: {other}\r\nMessage-ID: <{number}@site.test>\r\n\r\nMail {number}".encode()


async def put(sandbox: EmailSandbox, count: int, folder: str = "INBOX") -> None:
    for number in range(1, count + 1):
        await sandbox.deliver(numbered(number, folder), folder)


async def take(session: EmailSession, cursor: str | None, count: int) -> tuple[list[Arrival], str | None, int]:
    """Arrivals as the desk takes them: after each failure it connects again. Also how often it did so."""
    found: list[Arrival] = []
    falls = 0
    async with asyncio.timeout(300):  # a test may skip some of it
        while True:
            try:
                async with aclosing(session.events(cursor)) as batches:
                    async for batch in batches:
                        found += batch.arrivals
                        cursor = batch.cursor or cursor
                        if len(found) >= count and batch.cursor:
                            return found, cursor, falls
            except Retryable:
                falls += 1
                await session.reconnect()


def shown(arrivals: Sequence[Arrival]) -> list[str]:
    """The mails by their texts; in brackets what only stands for one."""
    said = []
    for one in arrivals:
        (message,) = [event for event in one.events if isinstance(event, MessageArrived)] or [None]
        number = message.ext_id.strip("<>").partition("@")[0] if message else "?"
        assert bool(one.problem) == (message is None or message.placeholder)
        said.append(f"[{number}]" if one.problem else number)
    return said


@pytest.mark.parametrize("folder", ["INBOX", SENT], ids=["inbox", "sent"])
@pytest.mark.parametrize(
    ("fault", "stands", "falls"),
    [
        ("refused", "[3]", 0),
        ("unreadable", "[?]", 0),
        ("dropped", "[3]", 3),
        ("skipped", "[3]", 0),
        ("nil", "[3]", 0),
        ("quoted", "3", 0),
    ],
)
async def test_one_mail_that_is_not_handed_out_holds_up_no_other(
    session: EmailSession, sandbox: EmailSandbox, bound: Bound, fault: Fault, stands: str, falls: int, folder: str
) -> None:
    sandbox.faults.mails[WIRE.get(folder, folder), FIRST_UID + 2] = fault
    await put(sandbox, 5, folder)
    found, cursor, fell = await take(session, bound.cursor, 5)
    assert shown(found) == ["1", "2", stands, "4", "5"]
    assert fell == falls
    again = Places.load(cursor or "").missed
    assert [spot.uid for spot in again] == [FIRST_UID + 2] * (stands != "3")


async def test_a_mail_that_is_really_gone_is_passed_over(
    session: EmailSession, sandbox: EmailSandbox, bound: Bound
) -> None:
    sandbox.faults.mails["INBOX", FIRST_UID + 1] = "gone"
    await put(sandbox, 3)
    found, cursor, _ = await take(session, bound.cursor, 2)
    assert shown(found) == ["1", "3"]
    assert Places.load(cursor or "").missed == []


async def test_a_mail_that_was_missed_is_asked_for_every_hour_and_ends_what_stood_for_it(
    session: EmailSession, sandbox: EmailSandbox, bound: Bound, later: Later
) -> None:
    sandbox.faults.mails["INBOX", FIRST_UID] = "unreadable"
    await put(sandbox, 2)
    found, cursor, _ = await take(session, bound.cursor, 2)
    assert shown(found) == ["[?]", "2"]
    assert await until_idle(session, sandbox, cursor) == []
    assert asked_for(sandbox, FIRST_UID) == 0
    later.ahead = 3600.0
    assert await until_idle(session, sandbox, cursor) == []
    assert asked_for(sandbox, FIRST_UID) == 1
    del sandbox.faults.mails["INBOX", FIRST_UID]
    later.ahead = 7200.0
    (late,) = await until_idle(session, sandbox, cursor)
    assert shown([late]) == ["1"]
    assert late.replaces == found[0].provider_id


async def test_a_new_session_asks_at_once_for_what_was_missed_and_forgets_what_was_deleted(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    for number, fault in enumerate(("nil", "refused")):
        sandbox.faults.mails["INBOX", FIRST_UID + number] = fault
    await put(sandbox, 3)
    async with connector.open(ChannelId(1), bound) as session:
        found, cursor, _ = await take(session, bound.cursor, 3)
    assert shown(found) == ["[1]", "[2]", "3"]
    del sandbox.faults.mails["INBOX", FIRST_UID]
    await sandbox.delete(FIRST_UID + 1)
    async with connector.open(ChannelId(1), bound) as session:
        late, cursor, _ = await take(session, cursor, 1)
        assert shown(late) == ["1"]
        assert await until_idle(session, sandbox, cursor) == []
        assert asked_for(sandbox, FIRST_UID + 1) == 0


async def until_idle(session: EmailSession, sandbox: EmailSandbox, cursor: str | None) -> list[Arrival]:
    """What comes over a new connection until the session waits for news."""
    await session.reconnect()
    sandbox.faults.asked.clear()
    found: list[Arrival] = []
    async with asyncio.timeout(20), aclosing(session.events(cursor)) as batches:
        while True:
            coming = asyncio.ensure_future(anext(batches))
            while not (coming.done() or "IDLE" in sandbox.faults.asked):
                await asyncio.sleep(0.01)
            if not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
                return found
            found += coming.result().arrivals


def asked_for(sandbox: EmailSandbox, uid: int) -> int:
    """How often the body of a mail was asked for."""
    return sum(line.startswith(f"UID FETCH {uid} ") and "BODY.PEEK[]" in line for line in sandbox.faults.asked)


async def test_a_server_that_refuses_every_mail_is_waited_for_and_nothing_is_given_up(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound, later: Later
) -> None:
    for number in range(3):
        sandbox.faults.mails["INBOX", FIRST_UID + number] = "refused"
    await put(sandbox, 3)
    async with connector.open(ChannelId(1), bound) as session:
        with pytest.raises(Retryable, match="SERVERBUG"):
            await until_idle(session, sandbox, bound.cursor)
        later.ahead = 590.0
        with pytest.raises(Retryable, match="SERVERBUG"):
            await until_idle(session, sandbox, bound.cursor)
        later.ahead = 610.0
        found, _, _ = await take(session, bound.cursor, 3)
    assert shown(found) == ["[1]", "[2]", "[3]"]


async def test_a_placeholder_stands_in_the_dialog_until_the_mail_takes_its_place(
    shop: Shop, session: EmailSession, sandbox: EmailSandbox, bound: Bound, connector: EmailConnector, later: Later
) -> None:
    channel = shop.channel(kind="email", account="desk@shop.example.org")
    sandbox.faults.mails["INBOX", FIRST_UID] = "nil"
    await put(sandbox, 2)
    found, cursor, _ = await take(session, bound.cursor, 2)
    shop.write(lambda tx: ingest(tx, channel, Batch(arrivals=found)))
    (letter,) = shop.read(deadletters.everything)
    assert (letter.who, letter.dialog_id is None) == ("anna@example.org", False)
    assert "mail 101 of INBOX" in letter.problem
    still = connector.understand(bound, StoredArrival(provider_id=found[0].provider_id, at=Millis(1), raw=found[0].raw))
    assert "not handed it out yet (INBOX" in still.problem
    assert texts(shop) == [str(show(UNSHOWN)), "Mail 2"]
    del sandbox.faults.mails["INBOX", FIRST_UID]
    later.ahead = 3600.0
    late = await until_idle(session, sandbox, cursor)
    shop.write(lambda tx: ingest(tx, channel, Batch(arrivals=late)))
    assert texts(shop) == ["Mail 1", "Mail 2"]
    assert shop.read(deadletters.everything) == []


def texts(shop: Shop) -> list[str]:
    """The messages of the one dialog."""
    (row,) = shop.read(lambda tx: dialog_list.page(tx, shop.driver.dialect, DialogFilter()))
    return [entry.message.text for entry in shop.read(lambda tx: transcript.latest(tx, row.id, n=9))]


def test_a_mail_that_stops_half_way_is_given_up_after_two_attempts() -> None:
    loop = SkippingLoop()

    async def stalled() -> list[Arrival]:
        async with EmailSandbox() as sandbox:
            connector = create(World(clock=Later(), chance=SystemChance()))
            bound = await connector.bind(ScriptedAsker(sandbox.answers))
            sandbox.faults.mails["INBOX", FIRST_UID + 1] = "stalled"
            await put(sandbox, 3)
            async with connector.open(ChannelId(1), bound) as session:
                skipping = asyncio.create_task(skip(sandbox))
                found, _, _ = await take(session, bound.cursor, 3)
                skipping.cancel()
                return found

    async def skip(sandbox: EmailSandbox) -> None:
        """Put the loop's clock forward whenever a mail has stopped."""
        for _ in range(3):
            while not sandbox.faults.stopped:
                await asyncio.sleep(0.05)
            sandbox.faults.stopped = False
            loop.skip(31)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert shown(runner.run(stalled())) == ["1", "[2]", "3"]


FAULTS: list[Fault | None] = [None, "refused", "unreadable", "dropped", "skipped", "gone", "nil", "quoted"]


@given(st.lists(st.sampled_from([*FAULTS, None, None]), min_size=1, max_size=9))
@settings(max_examples=25, deadline=None)
def test_of_any_mixture_every_mail_is_stored_once_or_named_in_order(faults: list[Fault | None]) -> None:
    async def read() -> tuple[list[Arrival], str | None]:
        async with EmailSandbox() as sandbox:
            await sandbox.deliver(numbered(0))
            connector = create(World(clock=Later(), chance=SystemChance()))
            bound = await connector.bind(ScriptedAsker(sandbox.answers))
            for number, fault in enumerate(faults, 1):
                if fault:
                    sandbox.faults.mails["INBOX", FIRST_UID + number] = fault
            await put(sandbox, len(faults))
            async with connector.open(ChannelId(1), bound) as session:
                found, cursor, _ = await take(session, bound.cursor, sum(fault != "gone" for fault in faults))
            return found, cursor

    found, cursor = asyncio.run(read())
    stands = {"refused": "[{}]", "unreadable": "[?]", "dropped": "[{}]", "skipped": "[{}]", "nil": "[{}]"}
    there = [(number, fault) for number, fault in enumerate(faults, 1) if fault != "gone"]
    assert shown(found) == [stands.get(fault or "", "{}").format(number) for number, fault in there]
    missed = [spot.uid - FIRST_UID for spot in Places.load(cursor or "").missed]
    assert missed == [number for number, fault in there if fault not in {None, "quoted"}]

"""Folders that the server refuses, renumbers or marks oddly, and mails that share a Message-ID."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from chatapp_cli.connectors.email.connector import EmailConnector, EmailSession, create
from chatapp_cli.connectors.email.folders import Folder, beside_inbox, sent_folder
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.email import SENT, EmailSandbox
from tests.connectors.email.corpus import plain
from tests.connectors.email.desk import WIRE, Later, arrivals
from tests.contract.connector_contract import ANNA, ScriptedAsker

ORDERS = "Orders"
CONST = b"Message-ID: <const@site.test>\r\n"


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def connector(later: Later) -> EmailConnector:
    return create(World(clock=later, chance=SystemChance()))


def texts(found: list[Arrival]) -> list[str]:
    return [event.text for one in found for event in one.events if isinstance(event, MessageArrived)]


async def after_a_mail(
    sandbox: EmailSandbox, batches: AsyncGenerator[Batch, None], text: str, count: int = 1
) -> list[str]:
    """What comes of all folders when a mail ends the waiting."""
    await sandbox.say(ANNA, text, subject="Заказ")
    found: list[Arrival] = []
    async for batch in batches:
        found += batch.arrivals
        if len(found) >= count:
            break
    return texts(found)


@pytest.mark.parametrize("folder", [SENT, ORDERS])
async def test_a_folder_that_refuses_is_tried_again_ever_more_seldom_until_it_opens(
    connector: EmailConnector, sandbox: EmailSandbox, later: Later, folder: str
) -> None:
    await sandbox.add_folder(ORDERS)
    bound = await connector.bind(ScriptedAsker({**sandbox.answers, "folders": ORDERS}))
    name = WIRE.get(folder, folder)
    asks = f'STATUS "{name}"'
    async with connector.open(ChannelId(1), bound) as session:
        sandbox.faults.folders[name] = b"NO [INUSE] Mailbox is being converted"
        async with asyncio.timeout(20), aclosing(session.events(bound.cursor)) as batches:
            for number, (ahead, asked) in enumerate([(0, 0), (10, 1), (20, 1), (45, 2), (60, 2), (110, 3)]):
                later.ahead = ahead
                assert await after_a_mail(sandbox, batches, f"{number}") == [f"{number}"]
                assert sum(line.startswith(asks) for line in sandbox.faults.asked) == asked
            del sandbox.faults.folders[name]
            if folder == SENT:
                await sandbox.answer_from_phone(ANNA, "Есть", subject="Заказ")
            else:
                await sandbox.deliver(plain("Есть".encode()), folder)
            later.ahead = 500
            assert await after_a_mail(sandbox, batches, "6", 2) == ["Есть", "6"]


async def test_a_session_says_which_folders_it_does_not_read_and_when_it_does_again(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound, later: Later
) -> None:
    sandbox.faults.folders[WIRE[SENT]] = b"NO [INUSE] Mailbox is being converted"
    async with (
        asyncio.timeout(20),
        connector.open(ChannelId(1), bound) as session,
        aclosing(session.events(bound.cursor)) as batches,
    ):
        assert await said_unread(batches) == SENT
        sandbox.faults.folders.clear()
        later.ahead = 31
        await sandbox.say(ANNA, "раз", subject="Заказ")
        assert await said_unread(batches) == ""


async def said_unread(batches: AsyncGenerator[Batch, None]) -> str:
    async for batch in batches:
        if batch.not_read is not None:
            return batch.not_read
    raise AssertionError("the session ended by itself")


async def test_the_check_names_a_folder_that_the_server_does_not_open(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    await sandbox.add_folder(ORDERS)
    bound = await connector.bind(ScriptedAsker({**sandbox.answers, "folders": ORDERS}))
    *_, fine = await connector.check(bound)
    assert (fine.ok, str(fine.what)) == (True, "These folders are read too: Orders")
    sandbox.faults.folders[ORDERS] = b"NO [INUSE] Mailbox is being converted"
    sandbox.faults.folders[WIRE[SENT]] = b"NO not for you"
    _, _, *found = await connector.check(bound)
    assert [one.ok for one in found] == [False, False]
    assert [SENT in str(found[0].what), "not for you" in str(found[0].what)] == [True, True]
    assert [ORDERS in str(found[1].what), "being converted" in str(found[1].what)] == [True, True]


async def test_an_inbox_that_is_renumbered_while_another_folder_is_read_loses_nothing(
    session: EmailSession, sandbox: EmailSandbox, bound: Bound
) -> None:
    for text in ("раз", "два", "три"):
        await sandbox.say(ANNA, text, subject="Заказ")
    async with asyncio.timeout(20), aclosing(session.events(bound.cursor)) as batches:
        assert await after_a_mail(sandbox, batches, "четыре", 4) == ["раз", "два", "три", "четыре"]
        await sandbox.answer_from_phone(ANNA, "Есть", subject="Заказ")
        assert [text for batch in [await came(batches)] for text in batch] == ["Есть"]
        for uid in (101, 102):
            await sandbox.delete(uid)
        await sandbox.renumber()
        await sandbox.say(ANNA, "пять", subject="Заказ")
        seen: list[str] = []
        while "пять" not in seen:
            seen += await came(batches)
    assert seen[-1] == "пять"
    assert {*seen} == {"три", "четыре", "пять"}


async def came(batches: AsyncGenerator[Batch, None]) -> list[str]:
    """The next mails."""
    async for batch in batches:
        if batch.arrivals:
            return texts([*batch.arrivals])
    raise AssertionError("the session ended by itself")


@pytest.mark.parametrize("inbox", ["INBOX", "Inbox"])
def test_the_inbox_is_never_the_folder_of_sent_mail_nor_a_chosen_one(inbox: str) -> None:
    marked = Folder(name=inbox, shown=inbox, sent=True)
    usual = Folder(name="Sent", shown="Sent")
    assert sent_folder([marked]) is None
    assert sent_folder([marked, usual]) == usual
    assert [one.name for one in beside_inbox([marked, usual], [inbox, "Sent"])] == ["Sent"]


@pytest.mark.parametrize(
    ("names", "sent"),
    [
        (("Исходящие", "Отправленные"), "Отправленные"),
        (("Исходящие",), None),
        (("Отправленные", "Sent Items", "Sent"), "Sent"),
        (("Sent Messages", "INBOX/Отправленные", "Sent Mail"), "INBOX/Отправленные"),
    ],
)
def test_without_a_mark_the_folder_of_sent_mail_is_the_one_with_the_most_usual_name_and_never_the_outbox(
    names: tuple[str, ...], sent: str | None
) -> None:
    found = sent_folder([Folder(name=name, shown=name) for name in names])
    assert (found and found.shown) == sent


async def test_of_two_mails_with_one_message_id_the_one_that_was_read_is_marked_and_in_doubt_none(
    connector: EmailConnector, session: EmailSession, sandbox: EmailSandbox, bound: Bound
) -> None:
    for subject in (b"First", b"Second"):
        await sandbox.deliver(plain(b"text", subject=subject, extra=CONST))
    third = await sandbox.say(ANNA, "три", subject="Заказ")
    found, _ = await arrivals(session, bound.cursor or "", 3)
    _, second, _ = (event for one in found for event in one.events if isinstance(event, MessageArrived))
    assert second.ext_id == "<const@site.test>"
    await session.mark_seen([second.ext_id, second.spare_id, third])
    assert await marked(sandbox) == [False, True, True]
    async with connector.open(ChannelId(1), bound) as later:
        fourth = await sandbox.say(ANNA, "четыре", subject="Заказ")
        await later.mark_seen([second.ext_id, fourth])
        assert await marked(sandbox) == [False, True, True, True]


async def test_of_two_mails_with_one_message_id_in_two_folders_none_is_marked_in_doubt(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    await sandbox.add_folder(ORDERS)
    bound = await connector.bind(ScriptedAsker({**sandbox.answers, "folders": ORDERS}))
    await sandbox.deliver(plain(b"text", subject=b"First", extra=CONST))
    await sandbox.deliver(plain(b"text", subject=b"Second", extra=CONST), ORDERS)
    last = await sandbox.say(ANNA, "три", subject="Заказ")
    async with connector.open(ChannelId(1), bound) as session:
        await arrivals(session, bound.cursor or "", 3)
        await session.mark_seen(["<const@site.test>", last])
        assert await marked(sandbox) == [False, True]
    assert await sandbox.flags(ORDERS) == [set()]


async def marked(sandbox: EmailSandbox) -> list[bool]:
    """Which mails are marked as read, once the last one is."""
    async with asyncio.timeout(10):
        while not (flags := [bool(one) for one in await sandbox.flags()])[-1]:
            await asyncio.sleep(0.02)
    return flags

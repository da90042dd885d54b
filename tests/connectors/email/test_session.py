"""A mailbox in use: its place, servers that behave badly, and what is marked in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from chatapp_cli.connectors.email.connector import EmailConnector, EmailSession
from chatapp_cli.connectors.email.folders import from_modified_utf7
from chatapp_cli.connectors.email.imap import Entry
from chatapp_cli.connectors.email.places import Place, Places
from chatapp_cli.domain.arrival import Batch, MessageArrived
from chatapp_cli.domain.errors import (
    ChannelError,
    NeedsRebind,
    Retryable,
    UsageError,
)
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.sandbox.email import SENT, EmailSandbox
from tests.connectors.email.corpus import plain
from tests.connectors.email.desk import IMAP, arrivals, at, outbound, scripted
from tests.connectors.email.reading import OWN_ID
from tests.contract.connector_contract import ANNA, ScriptedAsker, collect, messages


@pytest.mark.req("S-096")
@pytest.mark.parametrize(
    ("service", "imap", "smtp"),
    [
        ("gmail", "imap.gmail.com", "smtp.gmail.com"),
        ("yandex", "imap.yandex.com", "smtp.yandex.com"),
        ("mailru", "imap.mail.ru", "smtp.mail.ru"),
    ],
)
def test_the_known_services_are_where_they_say(service: str, imap: str, smtp: str) -> None:
    from chatapp_cli.connectors.email.access import services

    assert services()[service]["imap"] == {"host": imap, "port": 993, "tls": "tls"}
    assert services()[service]["smtp"] == {"host": smtp, "port": 587, "tls": "starttls"}


async def test_another_mailbox_is_no_renewal(connector: EmailConnector, sandbox: EmailSandbox, bound: Bound) -> None:
    asker = ScriptedAsker({**sandbox.answers, "address": "other@shop.example.org"})
    with pytest.raises(UsageError, match="blamed"):
        await connector.bind(asker, previous=bound)
    assert list(asker.blamed) == ["address"]


async def test_a_renewal_keeps_the_place(connector: EmailConnector, sandbox: EmailSandbox, bound: Bound) -> None:
    assert (await connector.bind(ScriptedAsker(sandbox.answers), previous=bound)).cursor is None
    await sandbox.end_login()
    assert (await connector.bind(ScriptedAsker(sandbox.answers), previous=bound)).cursor is None


async def test_a_renewal_on_another_server_goes_on_by_time_and_not_by_number(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    await sandbox.say(ANNA, "до", subject="Заказ")
    async with connector.open(ChannelId(1), bound) as session:
        (before,), cursor = await collect(session, 1, bound.cursor)
    async with EmailSandbox() as moved:
        await moved.deliver(plain("после".encode()))
        again = await connector.bind(ScriptedAsker(moved.answers), previous=replace(bound, cursor=cursor))
        assert Place.load(again.cursor or "").uidvalidity != Place.load(cursor or "").uidvalidity
        async with connector.open(ChannelId(1), again) as session:
            (after,), _ = await collect(session, 1, again.cursor)
    assert (before.text, after.text) == ("до", "после")


async def test_what_an_older_program_read_is_not_taken_for_new_when_the_server_renumbers(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    await sandbox.deliver(plain(b"before", extra=b"Message-ID: <const@site.test>\r\n"))
    async with connector.open(ChannelId(1), bound) as session:
        _, cursor = await collect(session, 1, bound.cursor)
    old = {name: value for name, value in json.loads(cursor or "").items() if name != "plain_until"}
    await asyncio.sleep(1.1)  # IMAP keeps the time of a mail in whole seconds
    await sandbox.deliver(plain(b"after", extra=b"Message-ID: <const@site.test>\r\n"))
    async with connector.open(ChannelId(1), bound) as session:
        known, moved = await arrivals(session, json.dumps(old | {"uidvalidity": 1}), 2)
        assert json.loads(moved)["plain_until"] == old["newest"]
        again, _ = await arrivals(session, json.dumps(json.loads(moved) | {"uidvalidity": 2}), 2)
    assert [one.provider_id for one in known] == [one.provider_id for one in again]
    assert known[0].provider_id == "<const@site.test>"
    assert known[1].provider_id.startswith("<const@site.test>#")


async def test_a_long_gap_comes_in_parts_in_order(session: EmailSession, sandbox: EmailSandbox, bound: Bound) -> None:
    for number in range(120):
        await sandbox.deliver(plain(b"%d" % number))
    sizes, texts = [], []
    async with asyncio.timeout(30), aclosing(session.events(bound.cursor)) as batches:
        async for batch in batches:
            sizes.append(len(batch.arrivals))
            texts += [message.text for message in messages(batch)]
            if len(texts) == 120:
                break
    assert max(sizes) == 50
    assert texts == [str(number) for number in range(120)]


async def test_the_place_moves_only_with_what_was_handed_over(
    session: EmailSession, sandbox: EmailSandbox, bound: Bound
) -> None:
    for number in range(60):
        await sandbox.deliver(plain(b"%d" % number))
    async with asyncio.timeout(30), aclosing(session.events(bound.cursor)) as batches:
        places = [Place.load(batch.cursor).uid async for batch in _until(batches, 60) if batch.cursor]
    assert places[0] == Place.load(bound.cursor or "").uid
    assert places[2] - places[1] == 10


async def _until(batches: AsyncIterator, count: int) -> AsyncIterator:
    async for batch in batches:
        yield batch
        count -= len(batch.arrivals)
        if not count:
            return


async def test_a_connection_that_dies_while_idling_is_noticed(
    session: EmailSession, sandbox: EmailSandbox, bound: Bound
) -> None:
    async with asyncio.timeout(10), aclosing(session.events(bound.cursor)) as batches:
        await anext(batches)
        waiting = asyncio.ensure_future(anext(batches))
        await asyncio.sleep(0)
        await sandbox.vanish()
        with pytest.raises(Retryable) as caught:
            await waiting
    assert caught.value.code in {"connection_lost", "unreachable"}


def test_folder_names_are_written_as_imap_writes_them() -> None:
    assert from_modified_utf7("&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-") == SENT
    assert from_modified_utf7("Tom &- Co") == "Tom & Co"


async def test_without_idle_the_inbox_is_looked_at_and_a_flood_of_news_does_no_harm(
    connector: EmailConnector, bound: Bound
) -> None:
    start = Place(uidvalidity=5, uid=6, newest=0, start=0)
    async with (
        asyncio.timeout(10),
        scripted(IMAP, b"* OK hello\r\n") as port,
        connector.open(ChannelId(1), at(bound, port)) as session,
        aclosing(session.events(Places(inbox=start).dump())) as batches,
    ):
        taken = [await anext(batches) for _ in range(4)]
    (message,) = messages(taken[1])
    assert message.text == "* ) OK"
    assert [len(batch.arrivals) for batch in taken] == [0, 1, 0, 0]


@pytest.mark.parametrize(
    "date",
    [
        b'INTERNALDATE "99-Zzz-9999 99:99:99 +9999"',
        b'INTERNALDATE " 1-Nov-0001 00:00:00 +1400"',
        b'INTERNALDATE "31-Dec-9999 23:59:59 -1200"',
        b'INTERNALDATE "\xff"',
        b'INTERNALDATE ""',
        b"",
    ],
)
async def test_no_time_that_a_server_names_keeps_a_mail_from_arriving(
    connector: EmailConnector, bound: Bound, date: bytes
) -> None:
    start = Place(uidvalidity=4, uid=6, newest=10**15, start=10**15)
    odd = (b"RFC822.SIZE", b"* 1 FETCH (UID 7 RFC822.SIZE 9 " + date + b")\r\n% OK done\r\n")
    async with (
        asyncio.timeout(10),
        scripted([odd, *IMAP], b"* OK hello\r\n") as port,
        connector.open(ChannelId(1), at(bound, port)) as session,
    ):
        found, cursor = await arrivals(session, Places(inbox=replace(start, uidvalidity=5)).dump(), 1)
        assert Place.load(cursor).uid == 7
        async with aclosing(session.events(Places(inbox=start).dump())) as batches:
            await anext(batches)
        assert [event.text for event in found[0].events if isinstance(event, MessageArrived)] == ["* ) OK"]
        place = replace(start, newest=0, start=0).after([Entry(uid=7, size=1, at=10**15)], now=10)
    assert (place.uid, place.newest) == (7, 0)


@pytest.mark.parametrize(
    ("word", "answer", "error", "code"),
    [
        (b"LOGIN", b"% NO [AUTHENTICATIONFAILED] bad\r\n", NeedsRebind, "login_refused"),
        (b"LOGIN", b"% NO [UNAVAILABLE] backend\r\n", Retryable, "server_busy"),
        (b"LOGIN", b"% NO Too many simultaneous connections\r\n", Retryable, "server_busy"),
        (b"LOGIN", None, Retryable, "connection_lost"),
        (b"CAPABILITY", None, Retryable, "connection_lost"),
    ],
)
async def test_a_refused_login_is_not_a_broken_network(
    connector: EmailConnector, bound: Bound, word: bytes, answer: bytes | None, error: type[ChannelError], code: str
) -> None:
    async with scripted([(word, answer), *IMAP], b"* OK hello\r\n") as port:
        with pytest.raises(error) as caught:
            await first_of(connector, at(bound, port))
    assert caught.value.code == code


async def first_of(connector: EmailConnector, bound: Bound) -> Batch:
    """What a session tells first."""
    async with connector.open(ChannelId(1), bound) as session, aclosing(session.events(bound.cursor)) as batches:
        return await anext(batches)


async def test_what_an_operator_read_and_answered_is_marked_in_the_mailbox(
    session: EmailSession, sandbox: EmailSandbox, bound: Bound
) -> None:
    first = await sandbox.say(ANNA, "раз", subject="Заказ")
    second = await sandbox.say(ANNA, "два", subject="Заказ")
    third = await sandbox.say(ANNA, "три", subject="Заказ")
    await collect(session, 3, bound.cursor)
    await session.mark_seen([first, "sha256:0"])
    await session.send(outbound(thread=(second, third), forwards=True))
    await session.send(outbound(key="1" * 32, thread=(second, OWN_ID)))
    async with asyncio.timeout(10):
        while sum(map(bool, flags := await sandbox.flags())) < 2:
            await asyncio.sleep(0.01)
    assert flags == [{"\\Seen"}, {"\\Answered", "\\Seen"}, set()]


async def test_a_mailbox_that_takes_no_flags_and_no_copies_fails_no_mail(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    refuses = [(b"STORE", b"% NO [NOPERM] read-only\r\n"), (b"LIST", b"% NO not here\r\n"), *IMAP]
    async with (
        asyncio.timeout(20),
        scripted(refuses, b"* OK hello\r\n") as port,
        connector.open(ChannelId(1), at(bound, port)) as session,
    ):
        await session.mark_seen(["<1@client.test>"])
        receipt = await session.send(outbound(thread=("<1@client.test>",)))
    assert receipt.ids == (OWN_ID,)
    assert len(sandbox.mails(ANNA.email)) == 1

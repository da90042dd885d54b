"""A mailbox in use: threads, outcomes of sending, and servers that behave badly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from chatapp_cli.connectors.email.account import Account, Server
from chatapp_cli.connectors.email.compose import compose
from chatapp_cli.connectors.email.connector import EmailConnector, EmailSession, create
from chatapp_cli.connectors.email.imap import Entry, modified_utf7
from chatapp_cli.connectors.email.receive import Place
from chatapp_cli.domain.arrival import Arrival, MessageArrived
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    Rejected,
    Retryable,
    SendingBlocked,
)
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.kit.system import SystemChance, SystemClock
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import ProvesAccess
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.email import ADDRESS, SENT, EmailSandbox
from tests.connectors.email.corpus import plain
from tests.contract.connector_contract import ANNA, ScriptedAsker, collect, messages

KEY = "0123456789abcdef0123456789abcdef"
OWN_ID = f"<{KEY}@shop.example.org>"


class Eager(SystemClock):
    """A clock whose waits are over at once."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


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


def outbound(**changes: object) -> Outbound:
    values = {"message_id": MessageId(1), "key": KEY, "address": ANNA.email, "text": "Есть."}
    return Outbound(**(values | changes))  # type: ignore[arg-type]


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
    from chatapp_cli.connectors.email.bind import services

    assert services()[service]["imap"] == {"host": imap, "port": 993, "tls": "tls"}
    assert services()[service]["smtp"] == {"host": smtp, "port": 587, "tls": "starttls"}


async def test_another_mailbox_is_no_renewal(connector: EmailConnector, sandbox: EmailSandbox, bound: Bound) -> None:
    asker = ScriptedAsker({**sandbox.answers, "address": "other@shop.example.org"})
    with pytest.raises(Exception, match="blamed"):
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


async def arrivals(session: EmailSession, cursor: str, count: int) -> tuple[list[Arrival], str]:
    found: list[Arrival] = []
    async with asyncio.timeout(20), aclosing(session.events(cursor)) as batches:
        async for batch in batches:
            found += batch.arrivals
            cursor = batch.cursor or cursor
            if len(found) >= count and batch.cursor:
                return found, cursor
    raise AssertionError("the session ended by itself")


@pytest.mark.req("S-100")
async def test_writing_first_names_no_thread(session: EmailSession, sandbox: EmailSandbox) -> None:
    receipt = await session.send(outbound(subject="Прайс\r\nBcc: all@example.org"))
    (mail,) = sandbox.mails(ANNA.email)
    assert receipt.ids == (OWN_ID,)
    assert (mail["Message-ID"], mail["Subject"]) == (OWN_ID, "Прайс Bcc: all@example.org")
    assert not {"Bcc", "In-Reply-To", "References", "Auto-Submitted"} & set(mail.keys())


async def test_an_answer_names_the_thread_unfolded(session: EmailSession, sandbox: EmailSandbox) -> None:
    thread = tuple(f"<{'0' * 80}.{number}@mail.example.org>" for number in range(30))
    known = (f"{thread[0]}#0123456789abcdef", *thread[1:], f"{thread[29]}#0123456789abcdef")
    await session.send(outbound(subject="Re: Заказ", thread=("sha256:0", *known), reply_to=f"{thread[3]}#89abcdef"))
    (mail,) = sandbox.mails(ANNA.email)
    assert mail["Subject"] == "Re: Заказ"
    assert mail["In-Reply-To"] == thread[3]
    assert mail["References"].split() == [*thread[11:], thread[3]]


def test_long_ids_go_out_as_they_are() -> None:
    server = Server(host="127.0.0.1", port=1, tls="none")
    account = Account(address=ADDRESS, login=ADDRESS, password="", imap=server, smtp=server)
    answered = f"<{'0' * 120}@mail.example.org>"
    lines = compose(outbound(thread=(answered,)), account, 0).content.split(b"\r\n")
    assert f"References: {answered}".encode() in lines
    assert f"In-Reply-To: {answered}".encode() in lines


async def test_a_machine_says_that_it_is_one(session: EmailSession, sandbox: EmailSandbox) -> None:
    await session.send(outbound(automatic=True))
    (mail,) = sandbox.mails(ANNA.email)
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")


async def test_a_copy_is_filed_once_and_found_again(session: EmailSession, sandbox: EmailSandbox) -> None:
    assert await session.reconcile(outbound()) is None
    receipt = await session.send(outbound())
    assert await session.reconcile(outbound()) == receipt


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        ("450 4.2.0 greylisted", Retryable, "try_later"),
        ("550 5.1.1 no such user", Rejected, "no_such_mailbox"),
        ("552 5.2.2 over quota", Rejected, "mailbox_full"),
        ("552 too large", Rejected, "too_big"),
        ("554 5.7.1 spam", Rejected, "taken_for_spam"),
        ("550 go away", Rejected, "refused"),
    ],
)
async def test_what_the_server_says_to_a_recipient_decides(
    session: EmailSession, sandbox: EmailSandbox, answer: str, error: type[ChannelError], code: str
) -> None:
    sandbox.refusals[ANNA.email] = answer
    with pytest.raises(error) as caught:
        await session.send(outbound())
    assert (caught.value.code, caught.value.detail) == (code, answer)


@pytest.mark.parametrize(
    "address", ["anna", "@example.org", "anna@", "a b@example.org", "anna@localhost", "a@b@c.d\r\nX: y"]
)
async def test_what_is_no_address_is_refused_before_anything_is_sent(session: EmailSession, address: str) -> None:
    with pytest.raises(Rejected) as caught:
        await session.send(outbound(address=address))
    assert caught.value.code == "bad_address"


async def test_a_russian_domain_is_reached_by_its_ascii_name(session: EmailSession, sandbox: EmailSandbox) -> None:
    await session.send(outbound(address="anna@ёлки.рф"))
    assert len(sandbox.mails("anna@" + "ёлки.рф".encode("idna").decode("ascii"))) == 1


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
    assert modified_utf7(SENT) == "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"
    assert modified_utf7("Tom & Co") == "Tom &- Co"


@asynccontextmanager
async def scripted(lines: Sequence[tuple[bytes, bytes | None]], greeting: bytes) -> AsyncIterator[int]:
    """A server that answers by the first word that fits; ``None`` hangs up. ``%`` in an answer is the tag."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        try:
            while line := await reader.readline():
                answer = next((answer for word, answer in lines if word in line.upper()), b"")
                if answer is None:
                    break
                writer.write(answer.replace(b"%", line.split()[0]))
                await writer.drain()
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


SMTP = [
    (b"EHLO", b"250-mx\r\n250 AUTH PLAIN\r\n"),
    (b"AUTH", b"235 2.7.0 ok\r\n"),
    (b"MAIL", b"250 ok\r\n"),
    (b"RCPT", b"250 ok\r\n"),
    (b"DATA", b"354 go\r\n"),
    (b"RSET", b"250 ok\r\n"),
    (b"QUIT", None),
]


@pytest.mark.parametrize(
    ("word", "answer", "error", "code"),
    [
        (b"AUTH", b"535 5.7.8 bad\r\n", SendingBlocked, "sending_refused"),
        (b"AUTH", b"454 4.7.0 later\r\n", Retryable, "server_busy"),
        (b"MAIL", b"553 5.7.1 not yours\r\n", SendingBlocked, "sender_refused"),
        (b"MAIL", None, Retryable, "unreachable"),
        (b"RCPT", None, Retryable, "unreachable"),
        (b"DATA", b"451 4.3.0 later\r\n", Retryable, "try_later"),
        (b"DATA", b"554 5.7.1 spam\r\n", Rejected, "taken_for_spam"),
        (b"DATA", None, OutcomeUnknown, "outcome_unknown"),
        (b"MESSAGE-ID", None, OutcomeUnknown, "outcome_unknown"),
        (b"EHLO", b"250 mx\r\n", Misconfigured, "no_login"),
    ],
)
async def test_where_sending_breaks_decides_what_is_known(
    connector: EmailConnector, bound: Bound, word: bytes, answer: bytes | None, error: type[ChannelError], code: str
) -> None:
    async with scripted([(word, answer), *SMTP], b"220 mx\r\n") as port:
        other = Bound(
            account=bound.account,
            title="",
            settings={**bound.settings, "smtp_port": str(port)},
            secrets=bound.secrets,
        )
        async with connector.open(ChannelId(1), other) as session:
            with pytest.raises(error) as caught:
                await session.send(outbound())
    assert caught.value.code == code
    if isinstance(caught.value, OutcomeUnknown):
        assert caught.value.ids == (OWN_ID,)


def by(bound: Bound, smtp_port: int) -> Bound:
    settings = {**bound.settings, "smtp_port": str(smtp_port)}
    return Bound(account=bound.account, title="", settings=settings, secrets=bound.secrets, cursor=bound.cursor)


async def test_it_is_proved_that_the_mailbox_may_send_without_a_mail(
    session: EmailSession, sandbox: EmailSandbox
) -> None:
    assert isinstance(session, ProvesAccess)
    await session.prove()
    assert sandbox.mails(ANNA.email) == ()
    sandbox.refusals[ANNA.email] = "550 5.7.1 spam"
    await session.prove()


@pytest.mark.parametrize(
    ("word", "answer", "error", "code"),
    [
        (b"AUTH", b"535 5.7.8 bad\r\n", SendingBlocked, "sending_refused"),
        (b"AUTH", b"454 4.7.0 later\r\n", Retryable, "server_busy"),
        (b"MAIL", b"550 5.7.1 blocked\r\n", SendingBlocked, "sender_refused"),
        (b"MAIL", b"450 4.7.1 slowly\r\n", Retryable, "try_later"),
        (b"RSET", None, Retryable, "unreachable"),
        (b"EHLO", b"250 mx\r\n", Misconfigured, "no_login"),
    ],
)
async def test_what_keeps_the_mailbox_from_sending_is_named_and_reading_goes_on(
    connector: EmailConnector,
    sandbox: EmailSandbox,
    bound: Bound,
    word: bytes,
    answer: bytes | None,
    error: type[ChannelError],
    code: str,
) -> None:
    async with (
        asyncio.timeout(20),
        scripted([(word, answer), *SMTP], b"220 mx\r\n") as port,
        connector.open(ChannelId(1), by(bound, port)) as session,
    ):
        with pytest.raises(error) as caught:
            await session.prove()
        await sandbox.say(ANNA, "пришло всё равно", subject="Заказ")
        (heard,), _ = await collect(session, 1, bound.cursor)
    assert caught.value.code == code
    assert heard.text == "пришло всё равно"


async def test_a_changed_password_lets_nobody_send_by_the_old_one(session: EmailSession, sandbox: EmailSandbox) -> None:
    await sandbox.end_login()
    for call in (session.prove(), session.send(outbound())):
        with pytest.raises(SendingBlocked) as caught:
            await call
        assert caught.value.code == "sending_refused"
    assert sandbox.mails(ANNA.email) == ()


IMAP = [
    (b"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n% OK done\r\n"),
    (b"LOGIN", b"% OK in\r\n"),
    (b"SELECT", b"* OK [UIDVALIDITY 5] ok\r\n% OK selected\r\n"),
    (b"SEARCH", b"* SEARCH 7\r\n% OK done\r\n"),
    (b"RFC822.SIZE", b'* 1 FETCH (UID 7 RFC822.SIZE 9 INTERNALDATE " 1-Nov-2026 10:00:00 +0300")\r\n% OK done\r\n'),
    (b"BODY", b"* 1 FETCH (BODY[] {9}\r\n\r\n* ) OK\r\n UID 7)\r\n% OK done\r\n"),
    (b"NOOP", b"* 3 EXISTS\r\n" * 3000 + b"% OK done\r\n"),
]


def at(bound: Bound, port: int) -> Bound:
    settings = {**bound.settings, "imap_port": str(port)}
    return Bound(account=bound.account, title="", settings=settings, secrets=bound.secrets)


async def test_without_idle_the_inbox_is_looked_at_and_a_flood_of_news_does_no_harm(
    connector: EmailConnector, bound: Bound
) -> None:
    start = Place(uidvalidity=5, uid=6, newest=0, start=0)
    async with (
        asyncio.timeout(10),
        scripted(IMAP, b"* OK hello\r\n") as port,
        connector.open(ChannelId(1), at(bound, port)) as session,
        aclosing(session.events(start.dump())) as batches,
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
        found, cursor = await arrivals(session, replace(start, uidvalidity=5).dump(), 1)
        assert Place.load(cursor).uid == 7
        async with aclosing(session.events(start.dump())) as batches:
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
            async with connector.open(ChannelId(1), at(bound, port)):
                pass
    assert caught.value.code == code

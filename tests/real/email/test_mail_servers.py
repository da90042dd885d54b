"""The mail channel against Dovecot and Postfix."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chatapp_cli.connectors.email.connector import EmailConnector, EmailSession
from chatapp_cli.connectors.email.places import Place
from chatapp_cli.domain.arrival import Arrival, Batch, DeliveryChanged, MessageArrived
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, Retryable, UsageError
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import LocalFile
from chatapp_cli.ports.bind import Bound
from tests.connectors.email.corpus import CASES, UNREADABLE, plain
from tests.connectors.email.desk import arrivals
from tests.connectors.email.reading import KEY
from tests.contract.connector_contract import ScriptedAsker, collect, messages
from tests.real.email.certificates import DAY
from tests.real.email.outgoing import outbound
from tests.real.email.servers import ANNA, DESK, SENT, UNREACHABLE, MailServers

pytestmark = pytest.mark.real


@pytest.mark.req("S-095")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"imap_port": "imap", "imap_tls": "starttls"},
        {"smtp_port": "smtps", "smtp_tls": "tls"},
    ],
)
@pytest.mark.req("S-010")
async def test_every_kind_of_tls_binds(
    servers: MailServers, connector: EmailConnector, changes: dict[str, str]
) -> None:
    ports = {name: str(servers.ports[value]) for name, value in changes.items() if name.endswith("_port")}
    bound = await connector.bind(ScriptedAsker({**servers.answers, **changes, **ports}))
    assert bound.account == DESK
    assert all(finding.ok for finding in await connector.check(bound))


async def test_a_certificate_that_nobody_vouches_for_blames_the_ca_file(
    servers: MailServers, connector: EmailConnector
) -> None:
    for file in ("", str(servers.stranger.file)):
        asker = ScriptedAsker({**servers.answers, "ca_file": file})
        with pytest.raises(UsageError):
            await connector.bind(asker)
        assert "authority that this machine does not know" in asker.blamed["ca_file"]
        assert "CA file" in asker.blamed[""]


async def test_a_certificate_that_is_out_of_date_says_so(servers: MailServers, connector: EmailConnector) -> None:
    servers.stop_dovecot()
    servers.start_dovecot(servers.authority.issue("old", starts=-3 * DAY, ends=-DAY))
    asker = ScriptedAsker(servers.answers)
    with pytest.raises(UsageError):
        await connector.bind(asker)
    assert "out of date" in asker.blamed["imap_host"]


async def test_a_certificate_for_another_name_says_so(servers: MailServers, connector: EmailConnector) -> None:
    servers.stop_dovecot()
    servers.start_dovecot(servers.authority.issue("other", host="mail.example.org", ends=timedelta(days=1)))
    asker = ScriptedAsker(servers.answers)
    with pytest.raises(UsageError):
        await connector.bind(asker)
    assert "belongs to another name" in asker.blamed["imap_host"]


async def test_a_certificate_that_runs_out_while_bound_is_no_reason_to_give_up(
    servers: MailServers, connector: EmailConnector, bound: Bound
) -> None:
    servers.stop_dovecot()
    servers.start_dovecot(servers.authority.issue("old", starts=-3 * DAY, ends=-DAY))
    with pytest.raises(ChannelError) as caught:
        async with connector.open(ChannelId(1), bound) as session, aclosing(session.events(bound.cursor)) as batches:
            await anext(batches)
    assert (type(caught.value).__name__, caught.value.code) == ("Retryable", "certificate_expired")


@pytest.mark.req("S-097")
async def test_every_mail_arrives_as_one_message_however_nasty(
    servers: MailServers, session: EmailSession, bound: Bound
) -> None:
    raws = [case.raw for case in CASES if case.name != "NUL bytes"] + [UNREADABLE]
    await asyncio.to_thread(servers.put, *(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for raw in raws))
    found, cursor = await arrivals(session, bound.cursor, len(raws))
    told = [messages(Batch(arrivals=(one,))) for one in found]
    assert [[one.placeholder for one in each] for each in told] == [[False]] * (len(raws) - 1) + [[True]]
    assert found[-1].problem.startswith("RecursionError")
    await asyncio.to_thread(servers.put, plain("после всего".encode()))
    (last,), _ = await collect(session, 1, cursor)
    assert last.text == "после всего"


async def test_a_mail_whose_file_cannot_be_read_holds_up_no_other_and_comes_when_it_can(
    servers: MailServers, connector: EmailConnector, bound: Bound
) -> None:
    servers.put(*(plain(b"mail %d" % number) for number in range(5)))
    servers.hide(b"mail 1")
    logins = servers.logins()
    async with connector.open(ChannelId(1), bound) as session:
        found, cursor = await arrivals_over_breaks(session, bound.cursor, 5)
    assert [bool(one.problem) for one in found] == [False, True, False, False, False]
    assert [one.text for one in told(found)] == ["mail 0", "mail 2", "mail 3", "mail 4"]
    assert servers.logins() - logins <= 5
    servers.hide(b"mail 1", hidden=False)
    async with connector.open(ChannelId(1), bound) as session:
        (late,), _ = await arrivals(session, cursor, 1)
    assert [one.text for one in told([late])] == ["mail 1"]
    assert late.replaces == found[1].provider_id


async def arrivals_over_breaks(
    session: EmailSession, cursor: str | None, count: int
) -> tuple[list[Arrival], str | None]:
    """The same, where the server may break the connection."""
    found: list[Arrival] = []
    async with asyncio.timeout(60):
        while True:
            try:
                async with aclosing(session.events(cursor)) as batches:
                    async for batch in batches:
                        found += batch.arrivals
                        cursor = batch.cursor or cursor
                        if len(found) >= count and batch.cursor:
                            return found, cursor
            except Retryable:
                await session.reconnect()


def told(found: list[Arrival]) -> list[MessageArrived]:
    return [
        event for one in found for event in one.events if isinstance(event, MessageArrived) and not event.placeholder
    ]


async def test_a_mail_is_brought_at_once_while_idling(
    servers: MailServers, session: EmailSession, bound: Bound
) -> None:
    texts = []
    async with aclosing(session.events(bound.cursor)) as batches:
        await anext(batches)
        for number in range(3):
            coming = asyncio.ensure_future(_next_mail(batches))
            await asyncio.to_thread(servers.put, plain(b"%d" % number))
            async with asyncio.timeout(2):  # far below the 50 s after which a quiet connection is looked at anyway
                texts.append(await coming)
    assert texts == ["0", "1", "2"]


async def _next_mail(batches: AsyncIterator[Batch]) -> str:
    async for batch in batches:
        for message in messages(batch):
            return message.text
    raise AssertionError("the session ended by itself")


async def test_what_came_while_the_server_or_we_were_away_arrives_in_order(
    servers: MailServers, connector: EmailConnector, bound: Bound
) -> None:
    with pytest.raises(ChannelError):  # noqa: PT012 - the loss is noticed wherever we are
        async with asyncio.timeout(20), connector.open(ChannelId(1), bound) as session:
            async for batch in session.events(bound.cursor):
                if batch.cursor:
                    await asyncio.to_thread(servers.stop_dovecot)
    await asyncio.to_thread(servers.start_dovecot)
    await asyncio.to_thread(servers.put, *(plain(b"%d" % number) for number in range(250)))
    async with connector.open(ChannelId(1), bound) as session:
        found, cursor = await collect(session, 250, bound.cursor)
    assert [message.text for message in found] == [str(number) for number in range(250)]
    await asyncio.to_thread(servers.put, plain(b"after"))
    async with connector.open(ChannelId(1), bound) as session:
        (last,), _ = await collect(session, 1, cursor)
    assert last.text == "after"


async def test_new_numbers_repeat_nothing_and_lose_nothing(servers: MailServers, connector: EmailConnector) -> None:
    await asyncio.to_thread(servers.put, plain(b"older than the binding"))
    bound = await connector.bind(ScriptedAsker(servers.answers))
    await asyncio.sleep(1.1)  # IMAP keeps the time of a mail in whole seconds
    await asyncio.to_thread(servers.put, *(plain(b"%d" % number) for number in range(3)))
    async with connector.open(ChannelId(1), bound) as session:
        before, cursor = await arrivals(session, bound.cursor, 3)
    await asyncio.to_thread(servers.renumber)
    await asyncio.to_thread(servers.put, plain(b"new"))
    async with connector.open(ChannelId(1), bound) as session:
        after, moved = await arrivals(session, cursor, 4)
    assert moved is not None
    assert Place.load(moved).uidvalidity != Place.load(bound.cursor or "").uidvalidity
    known = {one.provider_id for one in before}
    fresh = [one for one in after if one.provider_id not in known]
    assert len(known) == 3
    assert [event.text for one in fresh for event in one.events if isinstance(event, MessageArrived)] == ["new"]


async def test_an_answer_reaches_the_sender_in_its_thread_and_is_filed(
    servers: MailServers, session: EmailSession, bound: Bound
) -> None:
    question = plain("Есть ёлки?".encode(), extra=b"Message-ID: <question@example.org>\r\n")
    await asyncio.to_thread(servers.put, question)
    (message,), _ = await collect(session, 1, bound.cursor)
    receipt = await session.send(outbound(subject=message.subject, thread=(message.ext_id,)))
    (answer,) = await servers.until_mailed(ANNA, 1)
    assert receipt.ids == (f"<{KEY}@shop.example.org>",) == (answer["Message-ID"],)
    assert (answer["In-Reply-To"], answer["References"]) == ("<question@example.org>", "<question@example.org>")
    assert answer["Subject"] == "Re: Заказ"
    assert answer.get_content().strip() == "Есть, приезжайте."
    (copy,) = await asyncio.to_thread(servers.mails, DESK, SENT)
    assert copy["Message-ID"] == answer["Message-ID"]
    assert await session.reconcile(outbound()) == receipt
    with pytest.raises(OutcomeUnknown) as caught:
        await session.reconcile(outbound(key="f" * 32))
    assert caught.value.ids == (f"<{'f' * 32}@shop.example.org>",)


async def test_a_copy_goes_with_the_mail_and_russian_text_as_it_is(servers: MailServers, session: EmailSession) -> None:
    await session.send(outbound(title="Анна", text="Есть *ёлки*", cc=[DESK]))
    for address in (ANNA, DESK):
        (mail,) = await servers.until_mailed(address, 1)
        assert (mail["To"], mail["Cc"], mail["Bcc"]) == (f"Анна <{ANNA}>", DESK, None)
        plain_part, html = mail.iter_parts()
        assert (plain_part["Content-Transfer-Encoding"], html["Content-Transfer-Encoding"]) == ("8bit", "8bit")
        assert plain_part.get_content().strip() == "Есть *ёлки*"


async def test_a_mail_to_nobody_comes_back_as_news_of_the_message(
    servers: MailServers, session: EmailSession, bound: Bound
) -> None:
    await session.send(outbound(address="nobody@example.org"))
    (bounce,), _ = await arrivals(session, bound.cursor, 1)
    news, report = bounce.events
    assert isinstance(news, DeliveryChanged)
    assert isinstance(report, MessageArrived)
    assert report.reports_on
    assert (news.ext_id, news.state, news.code) == (f"<{KEY}@shop.example.org>", State.FAILED, "no_such_mailbox")
    assert "5.1.1" in news.detail


async def test_a_server_that_cannot_pass_a_mail_on_yet_says_that_it_is_late(
    servers: MailServers, session: EmailSession, bound: Bound
) -> None:
    await session.send(outbound(address=f"anna@{UNREACHABLE}"))
    (warning,), _ = await arrivals(session, bound.cursor, 1)
    news, report = warning.events
    assert isinstance(news, DeliveryChanged)
    assert isinstance(report, MessageArrived)
    assert report.reports_on
    assert (news.ext_id, news.state, news.code) == (f"<{KEY}@shop.example.org>", State.SENT, "delayed")
    assert "4.4.1" in news.detail


async def test_a_mail_of_25_mb_goes_out_and_comes_in(
    servers: MailServers, session: EmailSession, bound: Bound, tmp_path: Path
) -> None:
    path = tmp_path / "film"
    path.write_bytes(b"\xff\xd8" * (12 * 1024 * 1024))
    film = LocalFile(path=path, name="Ёлка.mp4", mime="video/mp4", size=path.stat().st_size)
    await session.send(outbound(address=DESK, files=(film,)))
    found, _ = await arrivals(session, bound.cursor, 1)
    (event,) = found[0].events
    assert isinstance(event, MessageArrived)
    assert [(file.name, file.kind, file.size) for file in event.files] == [("Ёлка.mp4", "video", 24 * 1024 * 1024)]
    assert event.claims


async def test_an_answer_from_a_phone_arrives_as_ours_and_what_the_desk_sent_does_not_arrive_again(
    servers: MailServers, connector: EmailConnector, bound: Bound
) -> None:
    await asyncio.to_thread(servers.put, plain("Есть ёлки?".encode(), extra=b"Message-ID: <question@example.org>\r\n"))
    async with connector.open(ChannelId(1), bound) as session:
        (message,), cursor = await collect(session, 1, bound.cursor)
        await session.send(outbound(subject=message.subject, thread=(message.ext_id,)))
        await asyncio.to_thread(servers.file_sent, ANSWER)
        found, cursor = await arrivals(session, cursor, 1)
    await asyncio.to_thread(servers.renumber)
    async with connector.open(ChannelId(1), bound) as session:
        again, _ = await arrivals(session, cursor, 3)
    (echo,) = found[0].events
    assert isinstance(echo, MessageArrived)
    assert (echo.from_us, echo.peer.address, echo.text) == (True, ANNA, "Серые тоже есть.")
    assert echo.thread[0] == message.ext_id
    assert found[0].provider_id in {one.provider_id for one in again}


ANSWER = plain(
    "Серые тоже есть.".encode(),
    sender=DESK.encode(),
    extra=b"Message-ID: <answer@phone.example.org>\r\nIn-Reply-To: <question@example.org>\r\n",
).replace(b"To: desk@shop.example.org", b"To: anna@example.org")


async def test_mails_that_follow_each_other_go_and_are_filed_over_one_login_each(
    servers: MailServers, connector: EmailConnector, bound: Bound
) -> None:
    log = servers.home / "postfix.log"
    before, connected = await asyncio.to_thread(servers.logins), log.read_text("utf-8").count(": connect from ")
    async with connector.open(ChannelId(1), bound) as session:
        for number in range(100):
            await session.send(outbound(key=f"{number:032d}"))
    assert await asyncio.to_thread(servers.logins) - before == 2  # one reads, one files
    assert log.read_text("utf-8").count(": connect from ") - connected == 1
    assert len(await servers.until_mailed(ANNA, 100)) == 100
    assert len(await asyncio.to_thread(servers.mails, DESK, SENT)) == 100


async def test_what_was_read_and_answered_is_marked_so_in_the_mailbox(
    servers: MailServers, connector: EmailConnector, bound: Bound
) -> None:
    ids = [f"<{number}@example.org>" for number in range(3)]
    await asyncio.to_thread(servers.put, *(plain(b"?", extra=f"Message-ID: {one}\r\n".encode()) for one in ids))
    async with connector.open(ChannelId(1), bound) as session:
        await collect(session, 3, bound.cursor)
        await session.send(outbound(thread=(ids[0],)))
        await session.mark_seen(ids[:2])
        async with asyncio.timeout(10):
            while "\\Seen" not in (flags := await asyncio.to_thread(servers.flags))[1]:
                await asyncio.sleep(0.05)
    assert ["\\Seen" in one for one in flags] == [True, True, False]
    assert ["\\Answered" in one for one in flags] == [True, False, False]


async def test_mail_goes_out_while_the_server_that_it_is_read_from_is_away(
    servers: MailServers, connector: EmailConnector, bound: Bound
) -> None:
    deaf = replace(bound, settings={**bound.settings, "imap_port": "1"})
    async with connector.open(ChannelId(1), deaf) as session:
        with pytest.raises(Retryable) as caught:
            await anext(session.events(bound.cursor))
        await session.send(outbound())
    assert caught.value.code == "unreachable"
    assert len(await servers.until_mailed(ANNA, 1)) == 1

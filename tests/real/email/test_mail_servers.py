"""The mail channel against Dovecot and Postfix."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest

from chatapp_cli.connectors.email.connector import EmailConnector, EmailSession, create
from chatapp_cli.connectors.email.receive import Place
from chatapp_cli.domain.arrival import Arrival, Batch, DeliveryChanged, MessageArrived
from chatapp_cli.domain.errors import ChannelError, UsageError
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from tests.connectors.email.corpus import CASES, UNREADABLE, plain
from tests.contract.connector_contract import ScriptedAsker, collect, messages
from tests.real.email.certificates import DAY
from tests.real.email.servers import ANNA, DESK, MailServers, missing

pytestmark = pytest.mark.real
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def servers() -> Iterator[MailServers]:
    if reason := missing():
        pytest.skip(reason)
    with MailServers() as servers:
        yield servers


@pytest.fixture
def connector() -> EmailConnector:
    return create(system_world())


@pytest.fixture
async def bound(servers: MailServers, connector: EmailConnector) -> Bound:
    return await connector.bind(ScriptedAsker(servers.answers))


@pytest.fixture
async def session(connector: EmailConnector, bound: Bound) -> AsyncIterator[EmailSession]:
    async with connector.open(ChannelId(1), bound) as session:
        yield session


async def arrivals(session: EmailSession, cursor: str | None, count: int) -> tuple[list[Arrival], str | None]:
    """Take batches until so many arrivals came and the cursor stands behind them."""
    found: list[Arrival] = []
    async with asyncio.timeout(30), aclosing(session.events(cursor)) as batches:
        async for batch in batches:
            found += batch.arrivals
            cursor = batch.cursor or cursor
            if len(found) >= count and batch.cursor:
                return found, cursor
    raise AssertionError("the session ended by itself")


def outbound(**changes: object) -> Outbound:
    values = {"message_id": MessageId(1), "key": KEY, "address": ANNA, "text": "Есть, приезжайте.", "subject": "Заказ"}
    return Outbound(**(values | changes))  # type: ignore[arg-type]


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
        async with connector.open(ChannelId(1), bound):
            pass
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
    (copy,) = await asyncio.to_thread(servers.mails, DESK, '"&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"')
    assert copy["Message-ID"] == answer["Message-ID"]
    assert await session.reconcile(outbound()) == receipt
    assert await session.reconcile(outbound(key="f" * 32)) is None


async def test_a_mail_to_nobody_comes_back_as_news_of_the_message(
    servers: MailServers, session: EmailSession, bound: Bound
) -> None:
    await session.send(outbound(address="nobody@example.org"))
    (bounce,), _ = await arrivals(session, bound.cursor, 1)
    (news,) = bounce.events
    assert isinstance(news, DeliveryChanged)
    assert (news.ext_id, news.state, news.code) == (f"<{KEY}@shop.example.org>", State.FAILED, "no_such_mailbox")
    assert "5.1.1" in news.detail


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
    assert event.from_us

"""Sending: what goes out, what is known when it breaks, and how often the desk logs in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.connectors.email import smtp
from chatapp_cli.connectors.email.account import Account, Server
from chatapp_cli.connectors.email.compose import compose
from chatapp_cli.connectors.email.connector import EmailConnector, EmailSession, create
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    OutcomeUnknown,
    Rejected,
    Retryable,
    SendingBlocked,
)
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.system import SystemChance, SystemClock
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import SEND_TIMEOUT, ProvesAccess
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.sender import LONGEST_LOOKUP, Sender
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.sandbox.email import ADDRESS, SENT, EmailSandbox
from chatapp_cli.services import channels, lines, reaching, sending, transcript
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.settings import Settings
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx
from tests.connectors.email.desk import SMTP, Eager, SkippingLoop, by, outbound, scripted
from tests.connectors.email.reading import KEY, OWN_ID
from tests.contract.connector_contract import ANNA, BORIS, ScriptedAsker, collect
from tests.stores import OWNER


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


async def test_a_mail_whose_answer_was_lost_is_sent_if_the_service_has_filed_it(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    await sandbox.deliver(f"Message-ID: {OWN_ID}\r\n\r\nfiled\r\n".encode(), SENT)
    async with (
        scripted([(b"MESSAGE-ID", None), *SMTP], b"220 mx\r\n") as port,
        connector.open(ChannelId(1), by(bound, port)) as session,
    ):
        assert await session.send(outbound()) == Receipt(ids=(OWN_ID,))


async def test_where_the_service_files_sent_mail_itself_a_person_is_told_to_look_there(
    connector: EmailConnector, bound: Bound
) -> None:
    files_itself = replace(bound, settings={**bound.settings, "saves_sent": "on"})
    async with (
        scripted([(b"MESSAGE-ID", None), *SMTP], b"220 mx\r\n") as port,
        connector.open(ChannelId(1), by(files_itself, port)) as session,
    ):
        for call in (session.send(outbound()), session.reconcile(outbound())):
            with pytest.raises(OutcomeUnknown) as caught:
                await call
            assert (caught.value.code, caught.value.ids) == ("look_into_sent", (OWN_ID,))


async def test_an_unreadable_folder_of_sent_mail_leaves_it_open_whether_a_mail_was_sent(
    session: EmailSession, sandbox: EmailSandbox
) -> None:
    await sandbox.vanish()
    with pytest.raises(OutcomeUnknown) as caught:
        await session.reconcile(outbound())
    assert (caught.value.code, caught.value.ids) == ("outcome_unknown", (OWN_ID,))


@pytest.mark.parametrize(("word", "begun"), [(b"MAIL", 0), (b"RCPT", 0), (b"DATA", 0), (b"MESSAGE-ID", 1)])
async def test_a_mail_begins_with_its_content(connector: EmailConnector, bound: Bound, word: bytes, begun: int) -> None:
    times: list[Sequence[str]] = []

    async def begin(ids: Sequence[str]) -> None:
        times.append(ids)

    async with (
        scripted([(word, None), *SMTP], b"220 mx\r\n") as port,
        connector.open(ChannelId(1), by(bound, port)) as session,
    ):
        with pytest.raises(ChannelError):
            await session.send_late(outbound(), begin)
    assert times == [(OWN_ID,)] * begun


async def test_a_mail_that_is_not_to_be_sent_after_all_does_not_go(
    session: EmailSession, sandbox: EmailSandbox
) -> None:
    async def begin(ids: Sequence[str]) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await session.send_late(outbound(), begin)
    assert sandbox.mails(ANNA.email) == ()


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
async def test_what_is_no_address_is_refused_before_anything_is_sent(
    bound: Bound, connector: EmailConnector, address: str
) -> None:
    heard: list[bytes] = []
    async with scripted(SMTP, b"220 mx\r\n", heard) as port, connector.open(ChannelId(1), by(bound, port)) as session:
        with pytest.raises(Rejected) as caught:
            await session.send(outbound(address=address))
    assert caught.value.code == "bad_address"
    assert heard == []


async def test_a_russian_domain_is_reached_by_its_ascii_name(session: EmailSession, sandbox: EmailSandbox) -> None:
    await session.send(outbound(address="anna@ёлки.рф"))
    assert len(sandbox.mails("anna@" + "ёлки.рф".encode("idna").decode("ascii"))) == 1


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
        (b"DATA", b"250 what?\r\n", Retryable, "try_later"),
        (b"DATA", None, Retryable, "unreachable"),
        (b"END", b"451 4.3.0 later\r\n", Retryable, "try_later"),
        (b"END", b"554 5.7.1 spam\r\n", Rejected, "taken_for_spam"),
        (b"END", b"354 go on\r\n", OutcomeUnknown, "outcome_unknown"),
        (b"END", b"murmur\r\n", OutcomeUnknown, "outcome_unknown"),
        (b"END", None, OutcomeUnknown, "outcome_unknown"),
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


async def test_while_mail_cannot_be_read_it_goes_out_and_is_filed_once_reading_works_again(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    await sandbox.lose_imap()
    async with connector.open(ChannelId(1), bound) as session:
        with pytest.raises(Retryable) as caught:
            await anext(session.events(bound.cursor))
        await session.send(outbound())
        with pytest.raises(Retryable):
            await session.reconnect()
        await sandbox.come_back()
        await session.reconnect()
        await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
        (heard,), _ = await collect(session, 1, bound.cursor)
        async with asyncio.timeout(10):
            while not await sandbox.flags(SENT):
                await asyncio.sleep(0)
    assert caught.value.code == "unreachable"
    assert (heard.text, len(sandbox.mails(ANNA.email))) == ("Есть ёлки?", 1)


async def test_a_connection_that_died_while_idle_is_opened_anew_and_nothing_is_uncertain(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    patient = create(World(clock=SystemClock(), chance=SystemChance()))
    async with patient.open(ChannelId(1), bound) as session:
        await session.send(outbound())
        await sandbox.vanish()
        await sandbox.come_back()
        await session.send(outbound(key="f" * 32))
    assert [mail["Message-ID"] for mail in sandbox.mails(ANNA.email)] == [OWN_ID, f"<{'f' * 32}@shop.example.org>"]


def test_a_server_that_takes_a_mail_and_says_nothing_leaves_time_to_look_whether_it_was_filed(tmp_path: Path) -> None:
    outcomes = {
        ("on", True): ("sent", ""),
        ("on", False): ("uncertain", "look_into_sent"),
        ("", True): ("sent", ""),
        ("", False): ("uncertain", "outcome_unknown"),
    }

    loop = SkippingLoop()
    silent = asyncio.Barrier(len(outcomes))

    async def all_silent() -> None:
        if await silent.wait() == 0:
            loop.skip(SEND_TIMEOUT - smtp.LOOK - 1)

    async def silence() -> list[tuple[str, str]]:
        sent = (_sent_into_silence(tmp_path / f"{n}", *of, all_silent) for n, of in enumerate(outcomes))
        return await asyncio.gather(*sent)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(silence()) == list(outcomes.values())


async def _sent_into_silence(
    home: Path,
    saves_sent: str,
    filed: bool,
    silent: Callable[[], Awaitable[None]],
) -> tuple[str, str]:
    """What becomes of a mail whose content a server takes without a word."""
    company = open_company(Settings(home=str(home), http_port=0)).seen_by(OWNER)
    world, heard = company.world, list[bytes]()
    async with EmailSandbox() as sandbox, scripted(SMTP, b"220 mx\r\n", heard) as port:
        bound = await create(world).bind(ScriptedAsker(sandbox.answers))
        bound = by(replace(bound, settings={**bound.settings, "saves_sent": saves_sent}), port)
        line = company.write(lambda tx: lines.add(tx, "Продажи"))
        channel = company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="email"))
        if filed:
            await sandbox.deliver(f"Message-ID: {OWN_ID}\r\n\r\nfiled\r\n".encode(), SENT)
        can = replace(manifest("email").capabilities, rates=())

        def accept(tx: Tx) -> MessageId:
            dialog = reaching.dialog_for(tx, channels.one(tx, channel), can, ANNA.email)
            return sending.enqueue(tx, can, dialog, Draft(text="Есть.", subject="Заказ"), SendOptions(key=KEY))

        number = company.write(accept)
        sender = Sender(AsyncStore(company), channel, can, count=lambda _word: None, tell=_unheard)
        async with create(world).open(channel, bound) as session:
            sending_on = asyncio.create_task(sender.run(session, {}))
            async with asyncio.timeout(SEND_TIMEOUT + 20):
                while b"END" not in heard:
                    await asyncio.sleep(0.01)
                await silent()
                while (found := _row(company, number)).state == "sending":
                    await asyncio.sleep(0.01)
            sending_on.cancel()
            await asyncio.gather(sending_on, return_exceptions=True)
    company.close()
    return found.state, found.code


async def _unheard(_trouble: object) -> None:
    """Nobody is told whether the account may send."""


def _row(company: Company, number: MessageId) -> MessageRow:
    return company.read(lambda tx: transcript.message(tx, number))


def test_the_look_into_sent_mail_fits_into_every_deadline_around_it() -> None:
    assert smtp.CONTENT_DEADLINE + smtp.LOOK < SEND_TIMEOUT
    assert smtp.LOOK < LONGEST_LOOKUP


@pytest.fixture
async def patient(bound: Bound) -> AsyncIterator[EmailSession]:
    """A session that keeps its connection until some real seconds are over."""
    async with create(World(clock=SystemClock(), chance=SystemChance())).open(ChannelId(1), bound) as session:
        yield session


async def test_a_hundred_mails_go_over_one_login(patient: EmailSession, sandbox: EmailSandbox) -> None:
    before = sandbox.smtp_logins
    for number in range(100):
        await patient.send(outbound(key=f"{number:032d}"))
    assert (len(sandbox.mails(ANNA.email)), sandbox.smtp_logins - before) == (100, 1)


@pytest.mark.parametrize(
    ("refused", "answer", "code"),
    [
        (ANNA.email, "450 4.2.0 greylisted", "try_later"),
        (ANNA.email, "550 5.1.1 no such user", "no_such_mailbox"),
        (ANNA.email, "552 5.2.2 over quota", "mailbox_full"),
        (ANNA.email, "550 go away", "refused"),
        (BORIS.email, "550 5.1.1 no such user", "copy_refused"),
        (BORIS.email, "450 4.2.0 greylisted", "try_later"),
        ("", "", "no_smtputf8"),
    ],
)
async def test_ten_mails_that_are_refused_go_over_one_login_and_so_does_what_follows(
    patient: EmailSession, sandbox: EmailSandbox, refused: str, answer: str, code: str
) -> None:
    sandbox.refusals[refused] = answer
    sandbox.takes_utf8 = False
    before = sandbox.smtp_logins
    for number in range(10):
        copies = ["иван@example.org" if code == "no_smtputf8" else BORIS.email]
        with pytest.raises(ChannelError) as caught:
            await patient.send(outbound(key=f"{number:032d}", cc=copies))
        assert caught.value.code == code
    await patient.send(outbound(address="vera@example.org"))
    assert (len(sandbox.mails("vera@example.org")), sandbox.smtp_logins - before) == (1, 1)


@pytest.mark.parametrize(
    ("word", "answer", "logins"),
    [
        (b"MAIL", b"553 5.7.1 not yours\r\n", 1),
        (b"MAIL", b"450 4.7.1 slowly\r\n", 1),
        (b"DATA", b"451 4.3.0 later\r\n", 1),
        (b"END", b"451 4.3.0 later\r\n", 1),
        (b"END", b"554 5.7.1 spam\r\n", 1),
        (b"RCPT", b"421 4.7.0 closing\r\n", 3),
        (b"END", b"421 4.7.0 closing\r\n", 3),
        (b"DATA", b"250 what?\r\n", 3),
        (b"END", b"murmur\r\n", 3),
        (b"END", None, 3),
    ],
)
async def test_a_connection_is_left_when_it_is_lost_or_out_of_step_and_not_for_a_refusal(
    bound: Bound, word: bytes, answer: bytes | None, logins: int
) -> None:
    patient = create(World(clock=SystemClock(), chance=SystemChance()))
    heard: list[bytes] = []
    async with (
        scripted([(word, answer), *SMTP], b"220 mx\r\n", heard) as port,
        patient.open(ChannelId(1), by(bound, port)) as session,
    ):
        for _ in range(3):
            with pytest.raises(ChannelError):
                await session.send(outbound())
    assert sum(line.startswith(b"AUTH") for line in heard) == logins


async def test_a_connection_is_closed_after_some_idle_seconds(sandbox: EmailSandbox, bound: Bound) -> None:
    eager = create(World(clock=Eager(), chance=SystemChance()))
    before = sandbox.smtp_logins
    async with eager.open(ChannelId(1), bound) as session:
        for number in range(3):
            await session.send(outbound(key=f"{number:032d}"))
            async with asyncio.timeout(10):
                while sandbox.smtp_open:
                    await asyncio.sleep(0)
    assert sandbox.smtp_logins - before == 3

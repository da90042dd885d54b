"""Mails per second from a Dovecot mailbox until they are understood and durable, against imaplib and a bare parser."""

from __future__ import annotations

import asyncio
import email
import imaplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP
from typing import cast

from benchmarks.harness import Case, LeftOut
from benchmarks.ingesting import company
from chatapp_cli.bootstrap import Company
from chatapp_cli.connectors.email import imap
from chatapp_cli.connectors.email.account import Account, Server, Trust
from chatapp_cli.connectors.email.known import Known
from chatapp_cli.connectors.email.places import Place, Places
from chatapp_cli.connectors.email.receive import Mailbox
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.system import SystemClock
from chatapp_cli.runtime.intake import Intake
from chatapp_cli.runtime.store import AsyncStore
from tests.real.email.servers import DESK, PASSWORD, MailServers, missing

MAILS = 1000
WINDOW = 100
WORDS = "Здравствуйте, ёлки ещё есть? Нужна пушистая, два метра, с доставкой в субботу. "


def cases() -> Iterator[Case]:
    with mailbox(MAILS) as servers:
        yield Case(
            "IMAP → understood, durable; imaplib + compat32, not stored",
            "mails/s",
            ours=lambda: stored(servers),
            peer=lambda: rate(lambda: bare(servers)),
            at_least=0.6,
        )


def rate(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return MAILS / (time.perf_counter() - start)


def stored(servers: MailServers) -> float:
    with company() as opened:
        return rate(lambda: asyncio.run(ours(servers, opened)))


async def ours(servers: MailServers, opened: Company) -> None:
    seen = 0
    store = AsyncStore(opened)
    intake = Intake(store, ChannelId(1))
    async with imap.connect(account(servers)) as connection:
        place = Place(uidvalidity=await connection.select(), uid=0, newest=0, start=0)
        reader = Mailbox(connection, account(servers), SystemClock(), Known(), Places(inbox=place))
        async with aclosing(reader.batches()) as batches:
            async for batch in batches:
                seen += (await intake.take(batch)).messages
                if seen >= MAILS:
                    break
    await store.aclose()


def bare(servers: MailServers) -> None:
    seen = 0
    with login(servers) as connection:
        connection.select("INBOX", readonly=True)
        for first in range(1, MAILS + 1, WINDOW):
            _, lines = connection.uid("fetch", f"{first}:{first + WINDOW - 1}", "(BODY.PEEK[])")
            for line in lines:
                if isinstance(line, tuple):
                    seen += bool(parse(line[1]))
    assert seen == MAILS


def parse(raw: bytes) -> str:
    """Names and text of a mail by the standard library alone."""
    mail = email.message_from_bytes(raw)
    shown = [str(make_header(decode_header(mail[name]))) for name in ("From", "To", "Subject", "Message-ID", "Date")]
    texts = [
        str(cast("bytes", part.get_payload(decode=True)), "utf-8")
        for part in mail.walk()
        if part.get_content_maintype() == "text"
    ]
    return shown[0] + texts[0]


def account(servers: MailServers) -> Account:
    server = Server(host="127.0.0.1", port=servers.ports["imaps"], tls="tls")
    authority = servers.authority.file.read_text()
    return Account(address=DESK, login=DESK, password=PASSWORD, imap=server, smtp=server, trust=Trust(authority))


def login(servers: MailServers) -> imaplib.IMAP4_SSL:
    trust = ssl.create_default_context(cafile=str(servers.authority.file))
    connection = imaplib.IMAP4_SSL("127.0.0.1", servers.ports["imaps"], ssl_context=trust)
    connection.login(DESK, PASSWORD)
    return connection


@contextmanager
def mailbox(count: int) -> Iterator[MailServers]:
    """A mailbox with so many mails of some 9 kB, received over the last years, put straight into the Maildir."""
    if reason := missing():
        raise LeftOut(reason)
    with MailServers() as servers:
        servers.fill(letter(number) for number in range(count))
        yield servers


def letter(number: int) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"Анна Белова <anna{number % 50}@example.org>"
    mail["To"] = DESK
    mail["Subject"] = f"Заказ {number}"
    mail["Message-ID"] = f"<{number}@example.org>"
    mail["Date"] = "Sat, 21 Nov 2026 10:15:00 +0300"
    mail.set_content(WORDS * 12)
    mail.add_alternative(f"<p>{WORDS * 30}</p>", subtype="html")
    return mail.as_bytes()

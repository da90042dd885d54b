"""Seconds to find the place again in 20,000 mails that the server has renumbered, against imaplib's list of flags."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import aclosing

from benchmarks.case_06_imap_sync import account, login, mailbox
from benchmarks.harness import Case
from chatapp_cli.connectors.email import imap
from chatapp_cli.connectors.email.known import Known
from chatapp_cli.connectors.email.places import Place, Places
from chatapp_cli.connectors.email.receive import Mailbox
from chatapp_cli.kit.system import SystemClock
from tests.real.email.servers import MailServers

MAILS = 20_000


def cases() -> Iterator[Case]:
    with mailbox(MAILS) as servers:
        yield Case(
            "IMAP resync of 20,000 renumbered mails; imaplib FETCH FLAGS",
            "s",
            ours=lambda: seconds(lambda: asyncio.run(ours(servers))),
            peer=lambda: seconds(lambda: flags(servers)),
            at_most=5,
        )


def seconds(work: object) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - start


async def ours(servers: MailServers) -> None:
    """Start from a cursor of another numbering; done when a cursor of this one comes."""
    async with imap.connect(account(servers)) as connection:
        lost = Place(uidvalidity=1, uid=MAILS, newest=int(time.time() * 1000), start=0)
        reader = Mailbox(connection, account(servers), SystemClock(), Known(), Places(inbox=lost))
        async with aclosing(reader.batches()) as batches:
            async for batch in batches:
                if batch.cursor:
                    assert Place.load(batch.cursor).uid == MAILS
                    return


def flags(servers: MailServers) -> None:
    with login(servers) as connection:
        connection.select("INBOX", readonly=True)
        _, lines = connection.uid("fetch", "1:*", "(UID FLAGS)")
        assert len(lines) == MAILS

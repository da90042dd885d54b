"""Mail as a channel: connects the other modules to the ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from chatapp_cli.connectors.email import bind, imap, sent, smtp
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.check import check
from chatapp_cli.connectors.email.compose import compose
from chatapp_cli.connectors.email.convert import Mail, arrival
from chatapp_cli.connectors.email.identity import message_id
from chatapp_cli.connectors.email.receive import Inbox, Place
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Finding
from chatapp_cli.ports.world import World


class EmailSession:
    """A mailbox being read; sending uses separate connections."""

    def __init__(self, account: Account, connection: imap.Imap, world: World) -> None:
        self._account = account
        self._inbox = Inbox(connection, account.reading, world.clock)
        self._clock = world.clock

    def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """See ``Session``."""
        return self._inbox.batches(cursor)

    async def send(self, message: Outbound) -> Receipt:
        """Send, then file a copy where the service does not."""
        letter = await asyncio.to_thread(compose, message, self._account, self._clock.now())
        await smtp.send(self._account, letter)
        await sent.keep(self._account, letter)
        return Receipt(ids=(letter.message_id,))

    async def prove(self) -> None:
        """Log in to the SMTP server and name the mailbox as the sender."""
        await smtp.prove(self._account)

    async def reconcile(self, message: Outbound) -> Receipt | None:
        """Look for the mail in the folder of sent mail."""
        ext_id = message_id(message.key, self._account.domain)
        return Receipt(ids=(ext_id,)) if await sent.holds(self._account, ext_id) else None


class EmailConnector:
    """See ``Connector``."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for a mailbox and log in to both its servers."""
        return await bind.bind(ask, previous, self._world.clock)

    def understand(self, bound: Bound, raw: bytes, at: Millis) -> Arrival:
        """Read a mail once more."""
        reading = Account.of(bound).reading
        if bound.cursor:
            reading = replace(reading, plain_until=Place.load(bound.cursor).plain_until)
        return arrival(Mail(uid=0, at=at, size=len(raw), raw=raw), reading, at)

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Log in to both servers."""
        return await check(Account.of(bound))

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[EmailSession]:  # noqa: ARG002 - see Connector
        """Log in to read."""
        account = Account.of(bound)
        async with imap.connect(account) as connection:
            yield EmailSession(account, connection, self._world)


def create(world: World) -> EmailConnector:
    """The channel."""
    return EmailConnector(world)

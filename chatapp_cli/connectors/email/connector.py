"""Mail as a channel: connects the other modules to the ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Self

from chatapp_cli.connectors.email import bind, errors, imap, login, smtp
from chatapp_cli.connectors.email.account import Account, own_addresses, quotes_original
from chatapp_cli.connectors.email.below import below
from chatapp_cli.connectors.email.check import check
from chatapp_cli.connectors.email.compose import Letter, Offer, compose, envelope, written_fields
from chatapp_cli.connectors.email.convert import SENT, arrival
from chatapp_cli.connectors.email.filing import Filing
from chatapp_cli.connectors.email.flags import ANSWERED, SEEN
from chatapp_cli.connectors.email.identity import is_own_id, message_id
from chatapp_cli.connectors.email.incoming import Mail
from chatapp_cli.connectors.email.known import Known
from chatapp_cli.connectors.email.missed import still_missing
from chatapp_cli.connectors.email.places import Place
from chatapp_cli.connectors.email.receive import Mailbox
from chatapp_cli.connectors.email.reuse import Reused
from chatapp_cli.connectors.email.whole import whole
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, Retryable
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Finding, StoredArrival, WholeMail
from chatapp_cli.ports.memory import Memory
from chatapp_cli.ports.world import World

_SMTP_IDLE = 30.0
"""Seconds after the last mail for which the connection stays open."""


class EmailSession:
    """A mailbox being read; sending, and filing what was sent, use a connection each."""

    def __init__(self, account: Account, world: World, memory: Memory) -> None:
        self._account = account
        self._known = Known()
        self._stack = AsyncExitStack()
        self._inbox: imap.Imap | None = None
        self._trouble: Retryable = Retryable("unreachable")
        self._clock = world.clock
        self._submission = Reused(partial(smtp.connect, account), smtp.start_anew, world.clock, idle=_SMTP_IDLE)
        self._filing = Filing(account, world.clock, self._known, memory)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Self]:
        """Log in to read, if that is possible now, and let copies be filed and flags set meanwhile."""
        filing = asyncio.create_task(self._filing.run())
        try:
            try:
                await self.reconnect()
            except Retryable as error:  # mail can be sent all the same
                self._trouble = error
            yield self
        finally:
            await self._filing.finish()
            filing.cancel()
            await asyncio.gather(filing, return_exceptions=True)
            for connection in (self._filing, self._submission, self._stack):
                await connection.aclose()

    async def reconnect(self) -> None:
        """See ``ReceivesApart``."""
        self._inbox = None
        await self._stack.aclose()
        self._inbox = await self._stack.enter_async_context(imap.connect(self._account))

    async def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """See ``Session``."""
        if self._inbox is None:
            raise self._trouble
        mailbox = await Mailbox.at(cursor, self._inbox, self._account, self._clock, self._known)
        async with aclosing(mailbox.batches()) as batches:
            async for batch in batches:
                yield batch

    async def send(self, message: Outbound) -> Receipt:
        """See ``Session``."""
        return await self.send_late(message, _unnoted)

    async def send_late(self, message: Outbound, begin: Callable[[Sequence[str]], Awaitable[None]]) -> Receipt:
        """Send, then file a copy where the service does not; without an answer, look whether a copy is there."""
        envelope(message)  # what is no address is refused whether the server answers or not
        ext_id = message_id(message.key, self._account.domain)
        try:
            async with self._submission.held() as client:
                letter = await asyncio.to_thread(self._compose, message, smtp.offer(client))
                await smtp.send(client, self._account, letter, begin)
        except OutcomeUnknown:
            if not await self._was_filed(ext_id):
                raise
        else:
            await self._sent(letter, message)
        return Receipt(ids=(ext_id,))

    def _compose(self, message: Outbound, offer: Offer) -> Letter:
        return compose(message, self._account, self._clock.now(), offer)

    async def _sent(self, letter: Letter, message: Outbound) -> None:
        self._known.note_sent(letter.message_id)
        self._mark_answered(message)
        if not self._account.saves_sent:
            await self._filing.file(letter)

    def _mark_answered(self, message: Outbound) -> None:
        """Mark the mail that a person answered."""
        theirs = (one for one in reversed(message.thread) if not is_own_id(one, self._account.domain))
        answered = message.reply_to or next(theirs, "")
        if answered and not (message.automatic or message.forwards):
            self._filing.flag((answered,), ANSWERED)

    async def mark_seen(self, ext_ids: Sequence[str]) -> None:
        """See ``MarksSeen``."""
        self._filing.flag(ext_ids, SEEN)

    async def _was_filed(self, ext_id: str) -> bool:
        """Whether a mail whose answer was lost is in the folder of sent mail, if that can be read now."""
        try:
            async with asyncio.timeout(smtp.LOOK):
                return await self._filing.holds(ext_id)
        except (ChannelError, TimeoutError):
            return False

    async def prove(self) -> None:
        """Log in to the SMTP server and name the mailbox as the sender."""
        await smtp.prove(self._account)

    async def reconcile(self, message: Outbound) -> Receipt | None:
        """Look for the mail in the folder of sent mail: a copy there proves that the server took it."""
        ext_id = message_id(message.key, self._account.domain)
        if await self._was_filed(ext_id):
            return Receipt(ids=(ext_id,))
        raise errors.unknown(ext_id, files_itself=self._account.saves_sent)


async def _unnoted(ids: Sequence[str]) -> None:
    """Nobody keeps a record of the hand-over."""


class EmailConnector:
    """See ``Connector``."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for a mailbox and log in to both its servers."""
        return await bind.bind(ask, previous, self._world)

    def understand(self, bound: Bound, stored: StoredArrival) -> Arrival:
        """Read a mail once more, as one that came or as one that we sent."""
        if (missing := still_missing(stored.raw)) is not None:
            return missing
        reading = Account.of(bound).reading
        if bound.cursor:
            reading = replace(reading, plain_until=Place.load(bound.cursor).plain_until)
        sent = stored.provider_id.startswith(SENT)
        return arrival(Mail(uid=0, at=stored.at, size=len(stored.raw), raw=stored.raw, sent=sent), reading, stored.at)

    def whole(self, raw: bytes) -> WholeMail:
        """Read all of a mail."""
        return whole(raw)

    def written(self, bound: Bound, message: Outbound, at: Millis) -> WholeMail:
        """A mail of ours with signature and quotation."""
        settings = bound.settings
        own, name = own_addresses(bound.account, settings), settings.get("sender_name", "")
        text = message.text + below(message, quotes_original=quotes_original(settings))
        return WholeMail(headers=written_fields(message, own, name, at), text=text, html="")

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Log in to both servers."""
        async with login.opened(bound, self._world, asked=True) as account:
            return await check(account)

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[EmailSession]:  # noqa: ARG002 - see Connector
        """Log in to read."""
        async with (
            login.opened(bound, self._world) as account,
            EmailSession(account, self._world, bound.memory).working() as session,
        ):
            yield session


def create(world: World) -> EmailConnector:
    """The channel."""
    return EmailConnector(world)

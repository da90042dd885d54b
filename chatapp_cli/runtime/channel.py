"""Runs one bound channel: connects, receives, sends and downloads, and reconnects after a failure or refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing
from functools import partial

import structlog

from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    Pause,
    Retryable,
    SendingBlocked,
)
from chatapp_cli.domain.health import STOPPED, Health
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.journal.channels import ChannelResumed, OutboxReplayed, SessionRequestMade
from chatapp_cli.domain.journal.dialogs import AnswerTyped, DialogSeen
from chatapp_cli.domain.journal.messages import ChangeAsked, MessageEchoed, MessageStateChanged, MessageWritten
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.ports.connector import (
    FetchesFiles,
    HasTemplates,
    HookReply,
    HookRequest,
    ReceivesApart,
    Session,
    TakesHooks,
)
from chatapp_cli.runtime.acceptance import Acceptance
from chatapp_cli.runtime.fetcher import Fetcher
from chatapp_cli.runtime.indicators import Indicators
from chatapp_cli.runtime.intake import Intake
from chatapp_cli.runtime.lifecycle import Lifecycle
from chatapp_cli.runtime.memory import bound_with_memory
from chatapp_cli.runtime.receiving import Receiving
from chatapp_cli.runtime.sender import Sender
from chatapp_cli.runtime.sending_permission import SendingTrouble
from chatapp_cli.runtime.session_requests import SessionRequests
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.tasks import raise_if_cancelled, run_all
from chatapp_cli.runtime.typists import Typists
from chatapp_cli.services import channels
from chatapp_cli.store.rows.channels import ChannelRow

log = structlog.get_logger()

SILENCE = 180.0
"""Seconds without a heartbeat after which a session counts as dead."""
PROOF_EVERY = 15.0
"""Seconds between stored heartbeats."""
WAKES = (
    AnswerTyped,
    ChangeAsked,
    ChannelResumed,
    DialogSeen,
    MessageEchoed,
    MessageWritten,
    OutboxReplayed,
    SessionRequestMade,
    MessageStateChanged,
)
"""The events of its channel that a runner handles."""
_HEALTH: Mapping[type[ChannelError], Health] = {
    NeedsRebind: Health.NEEDS_REBIND,
    Misconfigured: Health.MISCONFIGURED,
    SendingBlocked: Health.BLOCKED,
}


class ChannelRunner:
    """Keeps one revision of a channel's binding running until it is cancelled.

    Without ``reading``, messages stay at the provider for the daemon; without ``sending``, the outbox is not processed.
    """

    noun = "channel"

    def __init__(
        self,
        store: AsyncStore,
        row: ChannelRow,
        *,
        count: Callable[[str, str], None],
        reading: bool = True,
        sending: bool = True,
    ) -> None:
        self.row = row
        self._reading = reading
        self._sending = sending
        self._session: Session | None = None
        self._takes_hooks: TakesHooks | None = None
        self._store = store
        self._clock = store.company.world.clock
        self._count = partial(count, row.kind)
        self._intake = Intake(store, row.id)
        self._acceptance = Acceptance(store, row)
        self.sender = Sender(
            store, row.id, store.company.capabilities(row), count=self._count, tell=self._hear_of_sending
        )
        self._fetcher = Fetcher(store, row.id)
        self.requests = SessionRequests(store, row.id)
        self.indicators = Indicators(store, row.id)
        self._typists = Typists(store, row.id)
        self._receiving = Receiving(store.company.world, self._tell_health)
        self._lifecycle = Lifecycle(self, store.company.world, log.bind(channel=row.id, kind=row.kind))
        self._blocked_until: Millis = 0
        """Until when the account's pause from before a restart applies."""
        self._cursor: str | None = None
        """The stored one: a session that repeats it, as after a mere login, got nothing done."""
        self._not_read = ""
        """See ``Batch``."""
        self._proved_at = -PROOF_EVERY

    @property
    def session(self) -> Session | None:
        """The open session."""
        return self._session

    @session.setter
    def session(self, session: Session | None) -> None:
        self._session = session
        # Asked here, for every webhook needs it, and Python looks through all of a protocol's methods for it.
        self._takes_hooks = session if session is not None and isinstance(session, TakesHooks) else None

    async def run(self) -> None:
        """Run until cancelled."""
        await self._lifecycle.run()

    async def stumbled(self, why: str) -> None:
        """Record in the channel's health that its task ended by a mistake of ours."""
        await self._lifecycle.stumbled(why)

    def hear(self, entry: JournalEntry) -> None:
        """Handle an event about this channel."""
        match entry.event:
            case MessageWritten() as written:
                self.sender.wake()
                if entry.actor:
                    self.indicators.read(written.dialog, entry.at)
            case MessageEchoed() | MessageStateChanged() | ChangeAsked() | OutboxReplayed():
                self.sender.wake()
            case SessionRequestMade():
                self.requests.wake()
            case ChannelResumed() if entry.actor:
                self.resume()
            case AnswerTyped() as typed:
                self.indicators.typing(typed.dialog)
            case DialogSeen() as seen:
                self.indicators.read(seen.dialog, entry.at)

    def resume(self) -> None:
        """Retry now because a person says so; the result is reported even if nothing changes."""
        self._blocked_until = 0
        self._lifecycle.resume()
        self._receiving.resume()
        self.sender.resume()

    async def accept(self, request: HookRequest) -> HookReply:
        """Accept a webhook, also without a session; replies only after its batch is stored."""
        session = self.session
        reply = await self._acceptance.reply(self._takes_hooks, request)
        await self._typists.tell(reply.batch.typing)
        if reply.batch.arrivals or reply.batch.cursor is not None:
            await self._store_batch(reply.batch)
            if session is not None:
                await self._prove(moved=True)
        return reply

    async def live(self) -> None:
        """Open the session and work with it until it fails."""
        company = self._store.company
        connector = await self._store.off_loop(partial(company.connector, self.row.kind))
        bound = await self._store.off_loop(partial(bound_with_memory, company, self.row, self._store))
        async with connector.open(self.row.id, bound) as session:
            raise_if_cancelled()
            self.session = session
            self._lifecycle.came_up()
            try:
                await run_all(*await self._parts(session))
            finally:
                self.session = None

    async def _parts(self, session: Session) -> list[Coroutine[None, None, None]]:
        row = await self._store.read(partial(channels.one, channel=self.row.id))
        self._blocked_until = row.paused_until if row.health in STOPPED and row.paused_code else 0
        parts = [self.requests.run(session), self.indicators.run(session)]
        if self._sending:
            pauses: Mapping[Pause, Millis] = {"account": row.paused_until, "strangers": row.strangers_until}
            parts.append(self.sender.run(session, pauses))
        if self._reading and isinstance(session, ReceivesApart):
            parts.append(self._receiving.keep(session, partial(self._read, session)))
        elif self._reading:
            parts.append(self._read(session))
        if self._reading and isinstance(session, FetchesFiles):
            parts.append(self._fetcher.run(session))
        if self._reading and isinstance(session, HasTemplates):
            from chatapp_cli.runtime.approvals import Approvals

            parts.append(Approvals(self._store, row).run(session))
        return parts

    async def _read(self, session: Session) -> None:
        row = await self._store.read(partial(channels.one, channel=self.row.id))
        self._cursor, self._not_read = row.cursor, ""
        async with aclosing(session.events(row.cursor)) as batches:
            while True:
                try:
                    async with asyncio.timeout(SILENCE):
                        batch = await anext(batches)
                except TimeoutError as error:
                    raise Retryable("silent") from error
                except StopAsyncIteration as error:
                    raise Retryable("ended") from error
                raise_if_cancelled()
                await self._take(batch)

    async def _take(self, batch: Batch) -> None:
        await self._typists.tell(batch.typing)
        moved = bool(batch.arrivals) or batch.cursor not in {None, self._cursor}
        if moved:
            await self._store_batch(batch)
            self._cursor = self._cursor if batch.cursor is None else batch.cursor
        self._not_read = self._not_read if batch.not_read is None else batch.not_read
        await self._prove(moved=moved)

    async def _store_batch(self, batch: Batch) -> None:
        result = await self._intake.take(batch)
        for word, number in (("received", result.messages), ("duplicate", result.duplicates), ("dead", result.dead)):
            for _ in range(number):
                self._count(word)
        if result.files_wanted:
            self._fetcher.wake()

    async def _prove(self, *, moved: bool) -> None:
        self._lifecycle.lives(moved=moved)
        self._receiving.lives(moved=moved)
        if self.session is not None and self._clock.now() >= self._blocked_until:
            await self._tell_health()
        if self._clock.monotonic() - self._proved_at >= PROOF_EVERY:
            self._proved_at = self._clock.monotonic()
            await self._store.write(partial(channels.prove, channel=self.row.id))

    async def _hear_of_sending(self, trouble: SendingTrouble | None) -> None:  # noqa: ARG002 - the sender keeps it
        await self._tell_health()

    async def _tell_health(self, look: float = 0.0) -> None:
        """Record in the channel's health why it cannot send or receive; the other continues.

        ``look``: in how many seconds receiving is tried again.
        """
        deaf, mute = self._receiving.trouble, self.sender.trouble
        if deaf is not None:
            health = Health.RETRYING if mute or self._clock.now() < self._blocked_until else Health.SENDS_ONLY
            await self._lifecycle.tell(health, deaf.code, deaf.detail, look=look)
        elif mute is not None:
            await self._lifecycle.tell(_HEALTH[type(mute)], mute.code, mute.detail)
        else:
            await self._lifecycle.tell(Health.OK, "not_all_read" if self._not_read else "", self._not_read)

    async def write_health(self, health: Health, code: str, detail: str, look: float) -> None:
        """Store the channel's health."""
        await self._store.write(
            partial(channels.set_health, channel=self.row.id, health=health, code=code, detail=detail, look=look)
        )

    async def write_retry(self, look: float) -> None:
        """Store when a stopped channel is tried again."""
        await self._store.write(partial(channels.look_again, channel=self.row.id, look=look))

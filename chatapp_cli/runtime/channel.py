"""One bound channel at work: it comes up, reads, sends and fetches, and comes up again after a fall or a refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing
from functools import partial

import structlog

from chatapp_cli.domain.errors import (
    ChannelError,
    ChatappError,
    Misconfigured,
    NeedsRebind,
    Pause,
    RateLimited,
    Retryable,
    SendingBlocked,
)
from chatapp_cli.domain.event import Batch
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.connector import FetchesFiles, HasTemplates, HookReply, HookRequest, Session
from chatapp_cli.runtime.acceptance import Acceptance
from chatapp_cli.runtime.bell import Bell
from chatapp_cli.runtime.courtesy import Courtesy
from chatapp_cli.runtime.errands import Errands
from chatapp_cli.runtime.fetcher import Fetcher
from chatapp_cli.runtime.intake import Intake
from chatapp_cli.runtime.memory import bound_with_memory
from chatapp_cli.runtime.sender import Sender
from chatapp_cli.runtime.standing import Trouble, next_look
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.together import end_if_told, together
from chatapp_cli.services import channels
from chatapp_cli.services.waiting import STOPPED
from chatapp_cli.store.rows.channels import ChannelRow

log = structlog.get_logger()

SILENCE = 180.0
"""Seconds without a proof of life after which a session is taken for dead."""
PROOF_EVERY = 15.0
"""Seconds between two proofs that are written down."""
LONGEST_PAUSE = 300.0
SOUND = 60.0
"""Seconds that a session has to last, or something has to come of it, before the next fall counts as the first."""
_UNTOLD = ("", "", "")
_HEALTH: Mapping[type[ChannelError], str] = {
    NeedsRebind: "needs_rebind",
    Misconfigured: "misconfigured",
    SendingBlocked: "blocked",
}


class ChannelRunner:
    """Keeps one revision of a channel's binding running until it is cancelled.

    Where the provider lets the account in no longer it waits for a person, and looks again by itself now and then.
    With ``reading`` off what arrives stays at the provider for the daemon; with ``sending`` off the outbox rests.
    """

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
        self.session: Session | None = None
        self._store = store
        self._clock = store.desk.world.clock
        self._count = partial(count, row.kind)
        self._intake = Intake(store, row.id)
        self._acceptance = Acceptance(store, row)
        self.sender = Sender(store, row.id, store.desk.capabilities(row), count=self._count, tell=self._hear_of_sending)
        self._fetcher = Fetcher(store, row.id)
        self.errands = Errands(store, row.id)
        self.courtesy = Courtesy(store, row.id)
        self._health = _UNTOLD
        self._falls = 0
        self._refusals = 0
        self._go_on = Bell()
        self._up_since = 0.0
        self._blocked_until: Millis = 0
        """Until then the account's trouble of before a restart is believed."""
        self._proved_at = -PROOF_EVERY

    async def run(self) -> None:
        """Run for ever."""
        while True:
            try:
                await self._live()
            except (NeedsRebind, Misconfigured) as error:
                end_if_told()
                await self._stop(error)
            except ChatappError as error:
                end_if_told()
                await self._fall(error)
            except Exception as error:  # a mistake in one channel must not end the others
                end_if_told()
                log.exception("channel.failed", channel=self.row.id, kind=self.row.kind)
                await self._fall(Retryable("stumbled", type(error).__name__))

    def resume(self) -> None:
        """A person says that what the channel waits for is over; what comes of it is told, also if nothing changes."""
        self._health = _UNTOLD
        self._blocked_until = 0
        self._go_on.ring()
        self.sender.resume()

    async def accept(self, request: HookRequest) -> HookReply:
        """Take a webhook, also while no session is up; the reply is given only when its batch is durable."""
        session = self.session
        reply = await self._acceptance.reply(session, request)
        if reply.batch.arrivals or reply.batch.cursor is not None:
            await self._store_batch(reply.batch)
            if session is not None:
                await self._prove(moved=True)
        return reply

    async def _live(self) -> None:
        self._go_on.hush()
        desk = self._store.desk
        connector = await self._store.off_loop(partial(desk.connector, self.row.kind))
        bound = await self._store.off_loop(partial(bound_with_memory, desk, self.row, self._store))
        async with connector.open(self.row.id, bound) as session:
            end_if_told()
            self.session = session
            self._up_since = self._clock.monotonic()
            try:
                await together(*await self._parts(session))
            finally:
                self.session = None

    async def _parts(self, session: Session) -> list[Coroutine[None, None, None]]:
        row = await self._store.read(partial(channels.one, channel=self.row.id))
        self._blocked_until = row.paused_until if row.health in STOPPED and row.paused_code else 0
        parts = [self.errands.run(session), self.courtesy.run(session)]
        if self._sending:
            pauses: Mapping[Pause, Millis] = {"account": row.paused_until, "strangers": row.strangers_until}
            parts.append(self.sender.run(session, pauses))
        if self._reading:
            parts.append(self._read(session))
        if self._reading and isinstance(session, FetchesFiles):
            parts.append(self._fetcher.run(session))
        if self._reading and isinstance(session, HasTemplates):
            from chatapp_cli.runtime.approvals import Approvals

            parts.append(Approvals(self._store, row).run(session))
        return parts

    async def _read(self, session: Session) -> None:
        row = await self._store.read(partial(channels.one, channel=self.row.id))
        async with aclosing(session.events(row.cursor)) as batches:
            while True:
                try:
                    async with asyncio.timeout(SILENCE):
                        batch = await anext(batches)
                except TimeoutError as error:
                    raise Retryable("silent") from error
                except StopAsyncIteration as error:
                    raise Retryable("ended") from error
                end_if_told()
                await self._take(batch)

    async def _take(self, batch: Batch) -> None:
        moved = bool(batch.arrivals or batch.cursor is not None)
        if moved:
            await self._store_batch(batch)
        await self._prove(moved=moved)

    async def _store_batch(self, batch: Batch) -> None:
        result = await self._intake.take(batch)
        for word, number in (("received", result.messages), ("duplicate", result.duplicates), ("dead", result.dead)):
            for _ in range(number):
                self._count(word)
        if result.files_wanted:
            self._fetcher.wake()

    async def _prove(self, *, moved: bool) -> None:
        """The session lives; only what came of it, or a while without a fall, says that the trouble is over."""
        if moved or self._clock.monotonic() - self._up_since > SOUND:
            self._falls = self._refusals = 0
        if self.session is not None and self._clock.now() >= self._blocked_until:
            await self._hear_of_sending(self.sender.trouble)
        if self._clock.monotonic() - self._proved_at >= PROOF_EVERY:
            self._proved_at = self._clock.monotonic()
            await self._store.write(partial(channels.prove, channel=self.row.id))

    async def _hear_of_sending(self, trouble: Trouble | None) -> None:
        """Receiving goes on; the channel's health says what keeps it from sending."""
        if trouble is None:
            await self._set_health("ok")
        else:
            await self._set_health(_HEALTH[type(trouble)], trouble.code, trouble.detail)

    async def _stop(self, error: NeedsRebind | Misconfigured) -> None:
        """Say that a person has to act, and look again now and then: some providers let accounts in again."""
        await self._say_health(_HEALTH[type(error)], error.code, error.detail)
        pause = next_look(self._refusals) * self._store.desk.world.chance.between(0.9, 1.1)
        self._refusals += 1
        await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        """Wait so long, or until a person says to go on."""
        await self._go_on.rest_by(self._clock, seconds)

    async def _fall(self, error: ChatappError) -> None:
        """Say it once, wait longer after each fall, and come up again."""
        code, detail = (error.code, error.detail) if isinstance(error, ChannelError) else ("store", str(error))
        await self._say_health("retrying", code, detail)
        self._falls += 1
        pause = min(LONGEST_PAUSE, 2.0 ** min(self._falls, 9)) * self._store.desk.world.chance.between(0.3, 0.6)
        await self._rest(max(error.retry_after, pause) if isinstance(error, RateLimited) else pause)

    async def _say_health(self, health: str, code: str, detail: str) -> None:
        """The same where nobody is left to hear that the store cannot be written: it is written the next time."""
        try:
            await self._set_health(health, code, detail)
        except ChatappError as worse:
            log.warning("health.unwritten", channel=self.row.id, why=str(worse))

    async def _set_health(self, health: str, code: str = "", detail: str = "") -> None:
        """Write and log transitions only."""
        if (health, code, detail) == self._health:
            return
        say = log.info if health == "ok" else log.warning
        say("channel.health", channel=self.row.id, kind=self.row.kind, health=health, code=code, detail=detail)
        await self._store.write(
            partial(channels.set_health, channel=self.row.id, health=health, code=code, detail=detail)
        )
        self._health = health, code, detail

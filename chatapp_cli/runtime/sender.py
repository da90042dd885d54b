"""Carries the outbox of one channel out: claim, durable; send, with no transaction open; verdict, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from itertools import chain, repeat

import structlog

from chatapp_cli.domain.errors import (
    Busy,
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    Pause,
    RateLimited,
    Rejected,
    Retryable,
    StoreError,
)
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.manifest import Capabilities, Lane
from chatapp_cli.domain.message import Action
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.ports.connector import Deletes, Edits, Reacts, Reconciles, Session
from chatapp_cli.ports.world import Clock
from chatapp_cli.runtime.governor import Governor, Sent, Target
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import outbox
from chatapp_cli.services.outbox import Claim
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

MOST_IN_FLIGHT = 16
SEND_TIMEOUT = 300.0
"""Seconds after which an answer of the provider is not waited for any more."""
GRACE = 20.0
"""Seconds that a stopping daemon gives to what is in flight."""
AHEAD = 0.05
"""Seconds of the account's rate that are claimed at once."""
WORTH_TELLING = 5.0
"""Seconds of waiting for the account's rate from which the outbox shows when it goes on."""
LONGEST_NAP = 5.0
"""Seconds after which the outbox is looked at even without news: a clock may have jumped."""


class Sender:
    """Owns the outbox of one channel while its session is up."""

    def __init__(
        self, store: AsyncStore, channel: ChannelId, can: Capabilities, *, count: Callable[[str], None]
    ) -> None:
        self._store = store
        self._channel = channel
        self._can = can
        self._count = count
        self._news = asyncio.Event()
        self._flying: set[asyncio.Task[None]] = set()
        self._fatal: ChannelError | None = None
        rates = [rate.limit / rate.per for rate in can.rates if rate.scope == "account"]
        self._most_claims = max(1, min(MOST_IN_FLIGHT, int(min(rates, default=1 / AHEAD) * AHEAD)))

    def wake(self) -> None:
        """There may be something to send."""
        self._news.set()

    async def run(self, session: Session, pauses: Mapping[Pause, Millis]) -> None:
        """Send until cancelled; then finish what is in flight. Raises NeedsRebind or Misconfigured.

        ``pauses`` are those that the provider asked for before, and until when.
        """
        governor = await self._governor(pauses)
        await self._recover(session)
        try:
            while self._fatal is None:
                await self._step(session, governor)
            raise self._fatal
        finally:
            await self._land()

    async def _governor(self, pauses: Mapping[Pause, Millis]) -> Governor:
        longest = max((rate.per for rate in self._can.rates), default=0.0)
        recent = await self._store.read(partial(outbox.recent, channel=self._channel, seconds=longest * 1.1))
        history = [Sent(Target(r.address, r.chat_kind, bool(r.stranger)), r.at) for r in recent]
        governor = Governor(self._clock, self._can.rates, history)
        for scope, until in pauses.items():
            if (still := (until - self._clock.now()) / 1000) > 0:
                governor.penalise(still, scope=scope)
        return governor

    @property
    def _clock(self) -> Clock:
        return self._store.desk.world.clock

    async def _step(self, session: Session, governor: Governor) -> None:
        """Claim what may go now, or wait until something may."""
        wait = governor.account_wait()
        if wait > AHEAD:
            if wait > WORTH_TELLING:
                await self._store.write(partial(outbox.pause, channel=self._channel, seconds=wait))
            await self._clock.sleep(wait - AHEAD / 2)
            return
        room = MOST_IN_FLIGHT - len(self._flying)
        if room <= 0:
            await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)
            return
        self._news.clear()
        claims = await self._claim_now(min(room, self._most_claims))
        for claim in claims:
            task = asyncio.create_task(self._carry(session, governor, claim), name=f"send-{claim.row.id}")
            self._flying.add(task)
            task.add_done_callback(self._landed)
        if not claims:
            await self._wait_for_work()

    async def _claim_now(self, n: int) -> list[Claim]:
        """Claim; who is stopped meanwhile puts back what was not begun."""
        claiming = asyncio.ensure_future(self._store.write(partial(self._claim, n=n)))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            for claim in await claiming:
                await self._record(_put_back(claim))
            raise

    def _claim(self, tx: Tx, *, n: int) -> list[Claim]:
        claims: list[Claim] = []
        while len(claims) < n and (claim := outbox.claim(tx, self._store.desk.media, self._channel)):
            claims.append(claim)
        return claims

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._news.set()
        if not task.cancelled() and (error := task.exception()):
            self._fatal = error if isinstance(error, ChannelError) else self._fatal
            if not isinstance(error, ChannelError):
                log.error("verdict.lost", channel=self._channel, error=repr(error))

    async def _wait_for_work(self) -> None:
        due = await self._store.read(partial(outbox.next_due, channel=self._channel))
        later = LONGEST_NAP if due is None else (due - self._clock.now()) / 1000
        await self._nap(min(max(later, 0.01), LONGEST_NAP))

    async def _nap(self, seconds: float) -> None:
        """Sleep, or less if there is news."""
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        hearing = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait({sleeping, hearing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            hearing.cancel()

    async def _land(self) -> None:
        """Give what is in flight time to end; what does not is found and reconciled by the next owner."""
        if not self._flying:
            return
        _, late = await asyncio.wait(set(self._flying), timeout=GRACE)
        for task in late:
            task.cancel()
        for task in late:
            with suppress(asyncio.CancelledError, ChannelError):
                await task

    async def _recover(self, session: Session) -> None:
        """What the last owner was sending: ask the provider, or leave it to a person."""
        for claim in await self._store.read(
            partial(outbox.in_flight, media=self._store.desk.media, channel=self._channel)
        ):
            await self._store.write(await self._verdict_on_lost(session, claim))

    async def _verdict_on_lost(self, session: Session, claim: Claim) -> Callable[[Tx], bool]:
        lost = OutcomeUnknown("interrupted")
        if claim.row.action != Action.SEND or self._can.idempotent_send:
            return partial(outbox.postpone, claim=claim, error=lost, seconds=0, counted=False)
        if isinstance(session, Reconciles):
            receipt = await session.reconcile(claim.outbound)
            if receipt is not None:
                return partial(outbox.succeed, claim=claim, receipt=receipt)
        return partial(outbox.leave_uncertain, claim=claim, error=lost)

    async def _carry(self, session: Session, governor: Governor, claim: Claim) -> None:
        target = _target(claim)
        try:
            missing = await self._missing(claim)
            delay = 0.0 if missing else await governor.acquire(target, patience=AHEAD)
        except asyncio.CancelledError:
            await self._record(_put_back(claim))
            raise
        if missing:
            await self._refused(governor, claim, Rejected("file_vanished", missing))
            return
        if delay:
            early = RateLimited("pace", retry_after=delay, scope="dialog")
            await self._record(partial(outbox.postpone, claim=claim, error=early, seconds=delay, counted=False))
            return
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                receipt = await self._perform(session, claim)
        except ChannelError as error:
            await self._refused(governor, claim, error)
        except TimeoutError:
            await self._unknown(claim, OutcomeUnknown("timeout"))
        except Exception as error:  # it may have been sent: uncertain, and the traceback is logged
            log.exception("send.failed", channel=self._channel, message=claim.row.message_id)
            await self._unknown(claim, OutcomeUnknown("unexpected", type(error).__name__))
        else:
            await self._record(partial(_succeed, claim=claim, receipt=receipt, rests=governor.rests(target)))
            self._count("sent")

    async def _missing(self, claim: Claim) -> str:
        """The first file of a message that is not where it was put; looked for before its turn begins to count."""
        if claim.row.action != Action.SEND or not claim.outbound.files:
            return ""
        return await self._store.off_loop(partial(_vanished, claim))

    async def _perform(self, session: Session, claim: Claim) -> Receipt:
        row, message = claim.row, claim.message
        if row.action == Action.SEND:
            return await session.send(claim.outbound)
        address, ext_id = claim.outbound.address, message.ext_id or ""
        if row.action == Action.EDIT and isinstance(session, Edits):
            await session.edit(address, ext_id, row.value)
        elif row.action == Action.DELETE and isinstance(session, Deletes):
            await session.delete(address, ext_id)
        elif row.action == Action.REACT and isinstance(session, Reacts):
            await session.react(address, ext_id, row.value)
        else:
            raise Rejected("not_here")
        return Receipt(ids=())

    async def _refused(self, governor: Governor, claim: Claim, error: ChannelError) -> None:
        """Do what the kind of error says; see domain/errors.py."""
        if isinstance(error, Rejected):
            await self._record(partial(outbox.fail, claim=claim, error=error))
            self._count("failed")
        elif isinstance(error, RateLimited):
            governor.penalise(error.retry_after, scope=error.scope, target=_target(claim))
            await self._record(partial(_told_to_wait, claim=claim, error=error))
        elif isinstance(error, Retryable):
            await self._again(claim, error)
        elif isinstance(error, NeedsRebind | Misconfigured):
            await self._record(partial(outbox.postpone, claim=claim, error=error, seconds=0, counted=False))
            raise error
        else:
            await self._unknown(claim, error)

    async def _unknown(self, claim: Claim, error: ChannelError) -> None:
        if self._can.idempotent_send:
            await self._again(claim, error)
            return
        await self._record(partial(outbox.leave_uncertain, claim=claim, error=error))
        self._count("uncertain")

    async def _again(self, claim: Claim, error: ChannelError) -> None:
        seconds = outbox.backoff(claim.row.attempts) * self._store.desk.world.chance.between(0.5, 1.0)
        await self._record(partial(outbox.postpone, claim=claim, error=error, seconds=seconds, counted=True))
        self._count("postponed")

    async def _record(self, verdict: Callable[[Tx], bool]) -> None:
        """Write a verdict, cancelled or not; a store that cannot be written is asked until it can."""
        writing = asyncio.ensure_future(self._insist(verdict))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await writing
            raise

    async def _insist(self, verdict: Callable[[Tx], bool]) -> None:
        for pause in chain((0.1, 0.5, 2.0, 5.0), repeat(15.0)):
            try:
                await self._store.write(verdict)
            except (StoreError, Busy) as error:
                log.warning("verdict.delayed", channel=self._channel, why=str(error))
                await self._clock.sleep(pause)
            else:
                return


def _vanished(claim: Claim) -> str:
    return next((file.name for file in claim.outbound.files if not file.path.is_file()), "")


def _target(claim: Claim) -> Target:
    out = claim.outbound
    return Target(out.address, out.chat_kind, out.stranger)


def _put_back(claim: Claim) -> Callable[[Tx], bool]:
    """The verdict on what was claimed and certainly not begun."""
    return partial(outbox.postpone, claim=claim, error=Retryable("stopped"), seconds=0, counted=False)


def _succeed(tx: Tx, *, claim: Claim, receipt: Receipt, rests: Mapping[Lane, float]) -> bool:
    """Record the receipt, and let what follows in the same lanes wait for its turn."""
    done = outbox.succeed(tx, claim, receipt)
    if done:
        outbox.hold(tx, claim.row.dialog_id, rests)
    return done


def _told_to_wait(tx: Tx, *, claim: Claim, error: RateLimited) -> bool:
    if error.scope == "account":
        outbox.pause(tx, claim.row.channel_id, seconds=error.retry_after)
    elif error.scope == "strangers":
        outbox.pause_strangers(tx, claim.row, seconds=error.retry_after, code=error.code)
    return outbox.postpone(tx, claim, error, seconds=error.retry_after, counted=False)

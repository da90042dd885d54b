"""Carries the outbox of one channel out: claim, wait for the turn, hand over, verdict.

Each step is durable before the next begins, and no transaction is open while the provider is spoken with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog

from chatapp_cli.domain.errors import (
    Busy,
    ChannelError,
    OutcomeUnknown,
    Pause,
    RateLimited,
    Rejected,
    Retryable,
    StoreError,
)
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Action
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.ports.connector import Deletes, Edits, Prepares, Reacts, Reconciles, Session
from chatapp_cli.ports.world import Clock
from chatapp_cli.runtime.bell import Bell
from chatapp_cli.runtime.governor import Governor, Sent, Target
from chatapp_cli.runtime.outcomes import Outcomes, put_back, target
from chatapp_cli.runtime.standing import Standing, Trouble
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.verdicts import GRACE, Verdicts
from chatapp_cli.services import outbox
from chatapp_cli.services.outbox import Claim
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

MOST_IN_FLIGHT = 16
SEND_TIMEOUT = 300.0
"""Seconds after which an answer of the provider is not waited for any more."""
AHEAD = 0.05
"""Seconds of the account's rate that are claimed at once."""
LONGEST_LOOKUP = 60.0
"""Seconds that the provider has to say whether an earlier attempt got through."""
LONGEST_TURN = 5.0
"""Seconds that a claimed message waits for the account's turn; for longer it is put back, where it can be withdrawn."""
WORTH_TELLING = 5.0
"""Seconds of waiting for the account's rate from which the outbox shows when it goes on."""
LONGEST_NAP = 5.0
"""Seconds after which the outbox is looked at even without news: a clock may have jumped."""


class Sender:
    """Owns the outbox of one channel while its session is up.

    What the provider has against the account's sending does not end the session: sending rests, says why, and looks
    again by itself; ``tell`` hears of each change, ``None`` once it goes again.
    """

    def __init__(
        self,
        store: AsyncStore,
        channel: ChannelId,
        can: Capabilities,
        *,
        count: Callable[[str], None],
        tell: Callable[[Trouble | None], Awaitable[None]],
    ) -> None:
        self._store = store
        self._channel = channel
        self._can = can
        verdicts = Verdicts(store, channel)
        self._standing = Standing(channel, self._clock, verdicts.record, tell)
        self._outcomes = Outcomes(can, verdicts, self._standing, store.desk.world.chance, count=count)
        self._news = Bell()
        self._go_on = Bell()
        self._flying: set[asyncio.Task[None]] = set()
        rates = [rate.limit / rate.per for rate in can.rates if rate.scope == "account"]
        self._most_claims = max(1, min(MOST_IN_FLIGHT, int(min(rates, default=1 / AHEAD) * AHEAD)))

    @property
    def trouble(self) -> Trouble | None:
        """What the provider has against the account's sending."""
        return self._standing.trouble

    def wake(self) -> None:
        """There may be something to send."""
        self._news.ring()

    def resume(self) -> None:
        """A person says that it may go on now."""
        self._standing.look_now()
        self._go_on.ring()

    async def run(self, session: Session, pauses: Mapping[Pause, Millis]) -> None:
        """Send until cancelled; then finish what is in flight.

        ``pauses`` are those that the provider asked for before, and until when.
        """
        governor = await self._governor(pauses)
        await self._recover(session)
        try:
            while True:
                await self._step(session, governor)
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
        self._go_on.hush()
        wait = governor.account_wait()
        if wait > AHEAD:
            if wait > WORTH_TELLING:
                await self._store.write(partial(outbox.show_pause, channel=self._channel, seconds=wait))
            if await self._go_on.rest_by(self._clock, wait - AHEAD / 2):
                governor.release()
            return
        if not await self._standing.allows(session, governor):
            return
        room = (MOST_IN_FLIGHT if self._standing.trouble is None else 1) - len(self._flying)
        if room <= 0:
            await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)
            return
        self._news.hush()
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
                await self._outcomes.put_back(claim)
            raise

    def _claim(self, tx: Tx, *, n: int) -> list[Claim]:
        claims: list[Claim] = []
        while len(claims) < n and (claim := outbox.claim(tx, self._store.desk.media, self._channel)):
            claims.append(claim)
        return claims

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._news.ring()
        if not task.cancelled() and (error := task.exception()):
            log.error("verdict.lost", channel=self._channel, error=repr(error))

    async def _wait_for_work(self) -> None:
        due = await self._store.read(partial(outbox.next_due, channel=self._channel))
        if due is None and not self._flying and not self._standing.rests:
            await self._standing.resume()  # nothing is left that could prove it: the next message tells
        later = LONGEST_NAP if due is None else (due - self._clock.now()) / 1000
        await self._news.rest_by(self._clock, min(max(later, 0.01), LONGEST_NAP))

    async def _land(self) -> None:
        """Give what is in flight time to end; what does not is found and reconciled by the next owner."""
        if not self._flying:
            return
        flying = set(self._flying)
        try:
            await asyncio.wait(flying, timeout=GRACE)
        finally:
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

    async def _recover(self, session: Session) -> None:
        """What the last owner was sending: ask the provider, or leave it to a person."""
        for claim in await self._store.read(
            partial(outbox.in_flight, media=self._store.desk.media, channel=self._channel)
        ):
            await self._store.write(await self._verdict_on_lost(session, claim))

    async def _verdict_on_lost(self, session: Session, claim: Claim) -> Callable[[Tx], bool]:
        if not claim.began:
            return put_back(claim)
        lost = OutcomeUnknown("interrupted")
        if claim.row.action != Action.SEND or self._can.idempotent_send:
            return partial(outbox.postpone, claim=claim, error=lost, seconds=0, counted=False)
        receipt = await self._reconciled(session, claim) if isinstance(session, Reconciles) else None
        if receipt is not None:
            return partial(outbox.succeed, claim=claim, receipt=receipt)
        return partial(outbox.leave_uncertain, claim=claim, error=lost)

    async def _reconciled(self, session: Reconciles, claim: Claim) -> Receipt | None:
        """Ask the provider about one message; whatever comes of it, the others must not wait for it."""
        for pause in (2.0, 5.0, 0.0):
            try:
                async with asyncio.timeout(LONGEST_LOOKUP):
                    return await session.reconcile(claim.outbound)
            except (Retryable, RateLimited, TimeoutError):
                await self._clock.sleep(pause)
            except Exception:  # the provider's refusal or a mistake of ours: a person decides
                log.exception("reconcile.failed", channel=self._channel, message=claim.row.message_id)
                return None
        return None

    async def _carry(self, session: Session, governor: Governor, claim: Claim) -> None:
        try:
            if await self._handed_over(session, governor, claim):
                await self._send(session, governor, claim)
        except Exception:  # a mistake of ours over the answer: the message still gets a verdict
            log.exception("verdict.failed", channel=self._channel, message=claim.row.message_id)
            await self._outcomes.stumbled(claim)

    async def _send(self, session: Session, governor: Governor, claim: Claim) -> None:
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                receipt = await self._perform(session, claim)
        except ChannelError as error:
            await self._outcomes.refused(session, governor, claim, error)
        except TimeoutError:
            await self._outcomes.unknown(claim, OutcomeUnknown("timeout"))
        except Exception as error:  # it may have been sent: uncertain, and the traceback is logged
            log.exception("send.failed", channel=self._channel, message=claim.row.message_id)
            await self._outcomes.unknown(claim, OutcomeUnknown("unexpected", type(error).__name__))
        else:
            await self._outcomes.sent(governor, claim, receipt, began=began)

    async def _handed_over(self, session: Session, governor: Governor, claim: Claim) -> bool:
        """Wait for the turn, and write down that the provider hears of it now; False if it does not go after all."""
        try:
            return await self._turn_comes(session, governor, claim)
        except asyncio.CancelledError:
            await self._outcomes.put_back(claim)
            raise
        except ChannelError as error:
            await self._outcomes.not_handed_over(session, governor, claim, error)
        except (StoreError, Busy):
            await self._outcomes.put_back(claim)
        except Exception as error:  # nothing was handed over: it may be tried again, and the traceback is logged
            log.exception("prepare.failed", channel=self._channel, message=claim.row.message_id)
            await self._outcomes.again(claim, Retryable("unexpected", type(error).__name__))
        return False

    async def _turn_comes(self, session: Session, governor: Governor, claim: Claim) -> bool:
        if missing := await self._missing(claim):
            raise Rejected("file_vanished", missing)
        if delay := await governor.acquire(target(claim), patience=AHEAD, longest=LONGEST_TURN):
            of_account = governor.account_wait() > LONGEST_TURN
            await self._outcomes.early(claim, 0.0 if of_account else delay)
            return False
        if claim.row.action == Action.SEND and isinstance(session, Prepares):
            async with asyncio.timeout(SEND_TIMEOUT):
                await session.prepare(claim.outbound)
        return await self._store.write(partial(outbox.begin, claim=claim))

    async def _missing(self, claim: Claim) -> str:
        """The first file of a message that is not where it was put; looked for before its turn begins to count."""
        if claim.row.action != Action.SEND or not claim.outbound.files:
            return ""
        return await self._store.off_loop(partial(_vanished, claim))

    async def _perform(self, session: Session, claim: Claim) -> Receipt:
        row, address = claim.row, claim.outbound.address
        if row.action == Action.SEND:
            return await session.send(claim.outbound)
        if row.action == Action.EDIT and isinstance(session, Edits):
            if len(claim.parts) > 1:
                raise Rejected("split_text")
            await session.edit(address, claim.parts[0], row.value)
        elif row.action == Action.DELETE and isinstance(session, Deletes):
            for ext_id in claim.parts:
                await session.delete(address, ext_id)
        elif row.action == Action.REACT and isinstance(session, Reacts):
            await session.react(address, claim.parts[0], row.value)
        else:
            raise Rejected("not_here")
        return Receipt(ids=())


def _vanished(claim: Claim) -> str:
    return next((file.name for file in claim.outbound.files if not file.path.is_file()), "")

"""Sends the outbox of one channel: claim, wait for the turn, hand over, verdict.

Each step is committed before the next begins, and no transaction is open during a provider call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

import structlog

from chatapp_cli.domain.errors import OutcomeUnknown, Pause, RateLimited, Retryable
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.manifest import Capabilities, Rate
from chatapp_cli.domain.message import Operation
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.ports.connector import Reconciles, Session
from chatapp_cli.ports.world import Clock
from chatapp_cli.runtime.carrier import Carrier
from chatapp_cli.runtime.governor import Governor, PastSend, RateTarget
from chatapp_cli.runtime.handover import AHEAD, Handover
from chatapp_cli.runtime.outcomes import Outcomes, put_back
from chatapp_cli.runtime.sending_permission import SendingPermission, SendingTrouble
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.verdicts import VerdictWriter
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.services import outbox
from chatapp_cli.services.outbox import Claim
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

MOST_IN_FLIGHT = 16
LONGEST_LOOKUP = 60.0
"""The timeout for asking the provider about an earlier attempt, in seconds."""
EMPTY_NAP = 30.0
"""Seconds after which an outbox is checked in which nothing waits: what is written, changed or resumed wakes us."""
WORTH_TELLING = 5.0
"""Seconds of waiting for the account's rate from which the outbox shows when it continues."""


def claimed_at_once(rates: Sequence[Rate]) -> int:
    """How many messages one transaction claims: as many as the account's slowest rate allows in `AHEAD` seconds."""
    slowest = min((rate.limit / rate.per for rate in rates if rate.scope == "account"), default=0.0)
    return max(1, min(MOST_IN_FLIGHT, int(slowest * AHEAD)))


class Sender:
    """Owns the outbox of one channel while its session is up.

    If the provider blocks the account's sending, the session continues: sending pauses, reports why, and retries
    automatically; ``tell`` is called on each change, with ``None`` when sending works again.
    """

    def __init__(
        self,
        store: AsyncStore,
        channel: ChannelId,
        can: Capabilities,
        *,
        count: Callable[[str], None],
        tell: Callable[[SendingTrouble | None], Awaitable[None]],
    ) -> None:
        self._store = store
        self._channel = channel
        self._can = can
        verdicts = VerdictWriter(store, log.bind(channel=channel))
        self._permission = SendingPermission(channel, self._clock, verdicts.record, tell)
        self._outcomes = Outcomes(can, verdicts, self._permission, store.company.world.chance, count=count)
        self._go_on = WakeUp()
        self._carrier: Carrier[Claim] = Carrier(
            store, verdicts, log.bind(channel=channel), at_once=claimed_at_once(can.rates), empty_nap=EMPTY_NAP
        )

    @property
    def trouble(self) -> SendingTrouble | None:
        """Why the provider blocks the account's sending; ``None`` if it does not."""
        return self._permission.trouble

    def wake(self) -> None:
        """Wake it: there may be something to send."""
        self._carrier.wake()

    def resume(self) -> None:
        """Retry now because a person says so."""
        self._permission.look_now()
        self._go_on.set()

    async def run(self, session: Session, pauses: Mapping[Pause, Millis]) -> None:
        """Send until cancelled; then finish what is in flight.

        ``pauses`` are earlier waits demanded by the provider, and their ends.
        """
        governor = await self._governor(pauses)
        await self._recover(session)
        queue = Handover(self._store, self._channel, session, governor, self._outcomes, self._permission)
        await self._carrier.run(queue, partial(self._ready, session, governor))

    async def _governor(self, pauses: Mapping[Pause, Millis]) -> Governor:
        longest = max((rate.per for rate in self._can.rates), default=0.0)
        recent = await self._store.read(partial(outbox.recent, channel=self._channel, seconds=longest * 1.1))
        history = [PastSend(RateTarget(r.address, r.chat_kind, bool(r.stranger)), r.at) for r in recent]
        governor = Governor(self._clock, self._can.rates, history)
        for scope, until in pauses.items():
            if (still := (until - self._clock.now()) / 1000) > 0:
                governor.penalise(still, scope=scope)
        return governor

    @property
    def _clock(self) -> Clock:
        return self._store.company.world.clock

    async def _ready(self, session: Session, governor: Governor) -> int:
        """How many messages may be in flight now; 0 after waiting for the account's turn, or if it may not send."""
        self._go_on.clear()
        wait = governor.account_wait()
        if wait > AHEAD:
            if wait > WORTH_TELLING:
                await self._store.write(partial(outbox.show_pause, channel=self._channel, seconds=wait))
            if await self._go_on.wait_by(self._clock, wait - AHEAD / 2):
                governor.release()
            return 0
        if not await self._permission.allows(session, governor):
            return 0
        return MOST_IN_FLIGHT if self._permission.trouble is None else 1

    async def _recover(self, session: Session) -> None:
        """Recover what the last holder was sending: ask the provider, or leave it to a person."""
        left = partial(
            outbox.left_by_last_holder,
            media=self._store.company.media,
            channel=self._channel,
            epoch=self._store.lease.epoch,
        )
        for claim in await self._store.read(left):
            await self._store.write(await self._verdict_on_lost(session, claim))

    async def _verdict_on_lost(self, session: Session, claim: Claim) -> Callable[[Tx], bool]:
        if not claim.began:
            return put_back(claim)
        lost = OutcomeUnknown("interrupted")
        if claim.row.action != Operation.SEND or self._can.idempotent_send:
            return partial(outbox.postpone, claim=claim, error=lost, seconds=0, counted=False)
        try:
            receipt = await self._reconciled(session, claim) if isinstance(session, Reconciles) else None
        except OutcomeUnknown as error:
            receipt, lost = None, error
        if receipt is not None:
            return partial(outbox.succeed, claim=claim, receipt=receipt)
        return partial(outbox.leave_uncertain, claim=claim, error=lost)

    async def _reconciled(self, session: Reconciles, claim: Claim) -> Receipt | None:
        """Ask the provider about one message; its failure must not delay the others. Raises OutcomeUnknown."""
        for pause in (2.0, 5.0, 0.0):
            try:
                async with asyncio.timeout(LONGEST_LOOKUP):
                    return await session.reconcile(claim.outbound)
            except (Retryable, RateLimited, TimeoutError):
                await self._clock.sleep(pause)
            except OutcomeUnknown:
                raise
            except Exception:  # a refusal by the provider or a bug of ours: a person decides
                log.exception("reconcile.failed", channel=self._channel, message=claim.row.message_id)
                return None
        return None

"""Turns provider answers into verdicts; the kinds of errors are described in domain/errors.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
    SendingBlocked,
)
from chatapp_cli.domain.manifest import Capabilities, Lane
from chatapp_cli.domain.message import Operation
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.ports.connector import ProvesAccess, Session
from chatapp_cli.ports.world import Chance
from chatapp_cli.runtime.governor import Governor, RateTarget
from chatapp_cli.runtime.sending_permission import SendingPermission, SendingTrouble, proof_of
from chatapp_cli.runtime.verdicts import VerdictWriter
from chatapp_cli.services import outbox
from chatapp_cli.services.outbox import Claim
from chatapp_cli.store.tx import Tx

SHORTEST_WAIT = 0.5
"""Seconds; a shorter wait demanded by a provider counts as none, and back-off applies."""
MOST_MISTAKES = 8
"""Attempts, some four minutes, after which a message that our own code cannot prepare fails: it never will."""
BEHIND = 5.0
"""Seconds after the next check for which a refused message waits, so that another one is tried first."""


def target(claim: Claim) -> RateTarget:
    """The lanes of a message, for the rates."""
    out = claim.outbound
    return RateTarget(out.address, out.chat_kind, out.stranger)


class Outcomes:
    """The verdicts of one channel."""

    def __init__(
        self,
        can: Capabilities,
        verdicts: VerdictWriter,
        permission: SendingPermission,
        chance: Chance,
        *,
        count: Callable[[str], None],
    ) -> None:
        self._can = can
        self._record = verdicts.record
        self._permission = permission
        self._chance = chance
        self._count = count

    async def sent(self, governor: Governor, claim: Claim, receipt: Receipt, *, began: float) -> None:
        """The provider accepted it; ``began`` is the time of the hand-over, by the monotonic clock."""
        await self._record(partial(_succeed, claim=claim, receipt=receipt, rests=governor.rests(target(claim))))
        self._count("sent")
        if claim.row.action == Operation.SEND:
            await self._permission.took(began)

    async def refused(self, session: Session, governor: Governor, claim: Claim, error: ChannelError) -> None:
        """Apply the consequence of an error, by its kind."""
        if isinstance(error, Rejected):
            await self._fail(claim, error)
        elif isinstance(error, RateLimited) and error.retry_after >= SHORTEST_WAIT:
            governor.penalise(error.retry_after, scope=error.scope, target=target(claim))
            await self._record(partial(_delay_as_asked, claim=claim, error=error))
        elif isinstance(error, Retryable | RateLimited):
            await self.again(claim, error)
        elif isinstance(error, SendingBlocked):
            await self._blame(governor, claim, error)
        elif isinstance(error, NeedsRebind | Misconfigured):
            await self._doubt(session, governor, claim, error)
        else:
            await self.unknown(claim, error)

    async def not_handed_over(self, session: Session, governor: Governor, claim: Claim, error: ChannelError) -> None:
        """The same for a failure before the hand-over: the message was certainly not sent."""
        sure = Retryable(error.code, error.detail) if isinstance(error, OutcomeUnknown) else error
        await self._record(partial(outbox.note_attempt, claim=claim))
        await self.refused(session, governor, claim, sure)

    async def put_back(self, claim: Claim) -> None:
        """Requeue a message that was claimed and certainly not handed over."""
        await self._record(put_back(claim))

    async def wait_for_turn(self, claim: Claim, seconds: float) -> None:
        """Delay a message whose lanes are not free yet."""
        error = RateLimited("pace", retry_after=seconds, scope="dialog")
        await self._record(partial(outbox.postpone, claim=claim, error=error, seconds=seconds, counted=False))

    async def unknown(self, claim: Claim, error: ChannelError) -> None:
        """Record an unknown outcome."""
        if self._can.idempotent_send:
            await self.again(claim, error)
            return
        await self._record(partial(outbox.leave_uncertain, claim=claim, error=error))
        self._count("uncertain")

    async def again(self, claim: Claim, error: ChannelError) -> None:
        """Retry a message that was not sent or is repeatable, later each time."""
        seconds = outbox.backoff(claim.row.attempts) * self._chance.between(0.5, 1.0)
        await self._record(partial(outbox.postpone, claim=claim, error=error, seconds=seconds, counted=True))
        self._count("postponed")

    async def stumbled_over(self, claim: Claim, error: Exception) -> None:
        """Our code failed on a message before the hand-over: retry some times, unless the system was the reason."""
        if claim.row.attempts < MOST_MISTAKES or isinstance(error, OSError | MemoryError):
            await self.again(claim, Retryable("unexpected", type(error).__name__))
        else:
            await self._fail(claim, Rejected("not_prepared", type(error).__name__))

    async def _fail(self, claim: Claim, error: ChannelError) -> None:
        await self._record(partial(outbox.fail, claim=claim, error=error))
        self._count("failed")

    async def _blame(self, governor: Governor, claim: Claim, error: SendingBlocked) -> None:
        """Pause sending, unless only this message meets the refusal and others pass."""
        self._permission.note_accuser(claim.row.message_id)
        if self._permission.is_outlived(claim.row.message_id):
            await self._fail(claim, Rejected("refused_alone", error.detail or error.code))
        else:
            await self._suspend(governor, claim, error)

    async def _doubt(
        self, session: Session, governor: Governor, claim: Claim, error: NeedsRebind | Misconfigured
    ) -> None:
        """Find out whether a refusal concerns the account or only this message."""
        proof = await proof_of(session) if isinstance(session, ProvesAccess) else error
        if proof is None:
            self._permission.note_refused_alone(claim.row.message_id)
        if proof is None and self._permission.few_refused_alone:
            await self._fail(claim, Rejected("refused_alone", error.detail or error.code))
        elif proof is None:
            await self._suspend(governor, claim, error)
        elif isinstance(proof, NeedsRebind | Misconfigured | SendingBlocked):
            await self._suspend(governor, claim, proof)
        else:
            await self.again(claim, proof)

    async def _suspend(self, governor: Governor, claim: Claim, error: SendingTrouble) -> None:
        """Requeue the message and pause sending until the next check."""
        seconds = self._permission.next_rest + BEHIND
        await self._record(partial(outbox.postpone, claim=claim, error=error, seconds=seconds, counted=False))
        await self._permission.suspend(governor, error)


def put_back(claim: Claim) -> Callable[[Tx], bool]:
    """The verdict on a claimed message that was certainly not handed over."""
    return partial(outbox.postpone, claim=claim, error=Retryable("stopped"), seconds=0, counted=False)


def stumbled(claim: Claim) -> Callable[[Tx], bool]:
    """The verdict on a message on which our code failed: unknown if it had been handed over."""
    return partial(outbox.leave_uncertain, claim=claim, error=OutcomeUnknown("unexpected"))


def _succeed(tx: Tx, *, claim: Claim, receipt: Receipt, rests: Mapping[Lane, float]) -> bool:
    """Record the receipt, and delay the next messages in the same lanes."""
    done = outbox.succeed(tx, claim, receipt)
    if done:
        outbox.delay(tx, claim.row.dialog_id, rests)
    return done


def _delay_as_asked(tx: Tx, *, claim: Claim, error: RateLimited) -> bool:
    if error.scope == "account":
        outbox.pause(tx, claim.row.channel_id, seconds=error.retry_after, code=error.code, detail=error.detail)
    elif error.scope == "strangers":
        outbox.pause_strangers(tx, claim.row, seconds=error.retry_after, code=error.code)
    return outbox.postpone(tx, claim, error, seconds=error.retry_after, counted=False)

"""What becomes of a message by what its provider answered; the kinds of answers are drawn in domain/errors.py."""

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
from chatapp_cli.domain.message import Action
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.ports.connector import ProvesAccess, Session
from chatapp_cli.ports.world import Chance
from chatapp_cli.runtime.governor import Governor, Target
from chatapp_cli.runtime.standing import Standing, Trouble, proof_of
from chatapp_cli.runtime.verdicts import Verdicts
from chatapp_cli.services import outbox
from chatapp_cli.services.outbox import Claim
from chatapp_cli.store.tx import Tx

SHORTEST_WAIT = 0.5
"""Seconds: who says to wait for less has named no time, and is asked later each time."""
BEHIND = 5.0
"""Seconds after the next look for which a refused message stays away: another one tries first."""


def target(claim: Claim) -> Target:
    """Where a message goes, as far as rates care."""
    out = claim.outbound
    return Target(out.address, out.chat_kind, out.stranger)


class Outcomes:
    """Carries out the verdicts of one channel."""

    def __init__(
        self,
        can: Capabilities,
        verdicts: Verdicts,
        standing: Standing,
        chance: Chance,
        *,
        count: Callable[[str], None],
    ) -> None:
        self._can = can
        self._record = verdicts.record
        self._standing = standing
        self._chance = chance
        self._count = count

    async def sent(self, governor: Governor, claim: Claim, receipt: Receipt, *, began: float) -> None:
        """The provider took it; ``began`` is when it was handed over, by the clock that never jumps."""
        await self._record(partial(_succeed, claim=claim, receipt=receipt, rests=governor.rests(target(claim))))
        self._count("sent")
        if claim.row.action == Action.SEND:
            await self._standing.took(began)

    async def refused(self, session: Session, governor: Governor, claim: Claim, error: ChannelError) -> None:
        """Do what the kind of error says."""
        if isinstance(error, Rejected):
            await self._fail(claim, error)
        elif isinstance(error, RateLimited) and error.retry_after >= SHORTEST_WAIT:
            governor.penalise(error.retry_after, scope=error.scope, target=target(claim))
            await self._record(partial(_told_to_wait, claim=claim, error=error))
        elif isinstance(error, Retryable | RateLimited):
            await self.again(claim, error)
        elif isinstance(error, SendingBlocked) and self._standing.is_outlived(claim.row.message_id):
            await self._fail(claim, Rejected("refused_alone", error.detail or error.code))
        elif isinstance(error, SendingBlocked):
            await self._suspend(governor, claim, error)
        elif isinstance(error, NeedsRebind | Misconfigured):
            await self._doubt(session, governor, claim, error)
        else:
            await self.unknown(claim, error)

    async def not_handed_over(self, session: Session, governor: Governor, claim: Claim, error: ChannelError) -> None:
        """The same for what failed before the hand-over: whatever happened then, the message did not go."""
        sure = Retryable(error.code, error.detail) if isinstance(error, OutcomeUnknown) else error
        await self.refused(session, governor, claim, sure)

    async def put_back(self, claim: Claim) -> None:
        """It was claimed and certainly not handed over: somebody else may have it."""
        await self._record(put_back(claim))

    async def early(self, claim: Claim, seconds: float) -> None:
        """It may not go yet where it goes to."""
        error = RateLimited("pace", retry_after=seconds, scope="dialog")
        await self._record(partial(outbox.postpone, claim=claim, error=error, seconds=seconds, counted=False))

    async def unknown(self, claim: Claim, error: ChannelError) -> None:
        """Nobody can say whether it went."""
        if self._can.idempotent_send:
            await self.again(claim, error)
            return
        await self._record(partial(outbox.leave_uncertain, claim=claim, error=error))
        self._count("uncertain")

    async def again(self, claim: Claim, error: ChannelError) -> None:
        """It did not go, or may go twice without harm: later each time."""
        seconds = outbox.backoff(claim.row.attempts) * self._chance.between(0.5, 1.0)
        await self._record(partial(outbox.postpone, claim=claim, error=error, seconds=seconds, counted=True))
        self._count("postponed")

    async def _fail(self, claim: Claim, error: ChannelError) -> None:
        await self._record(partial(outbox.fail, claim=claim, error=error))
        self._count("failed")

    async def _doubt(
        self, session: Session, governor: Governor, claim: Claim, error: NeedsRebind | Misconfigured
    ) -> None:
        """Find out whether a refusal is about the account or about this one message."""
        proof = await proof_of(session) if isinstance(session, ProvesAccess) else error
        if proof is None and self._standing.is_about(claim.row.message_id):
            await self._fail(claim, Rejected("refused_alone", error.detail or error.code))
        elif proof is None:
            await self._suspend(governor, claim, error)
        elif isinstance(proof, NeedsRebind | Misconfigured | SendingBlocked):
            await self._suspend(governor, claim, proof)
        else:
            await self.again(claim, proof)

    async def _suspend(self, governor: Governor, claim: Claim, error: Trouble) -> None:
        """Keep the message, and let sending rest until it is worth another look."""
        seconds = self._standing.next_rest + BEHIND
        await self._record(partial(outbox.postpone, claim=claim, error=error, seconds=seconds, counted=False))
        await self._standing.suspend(governor, error)


def put_back(claim: Claim) -> Callable[[Tx], bool]:
    """The verdict on what was claimed and certainly not handed over."""
    return partial(outbox.postpone, claim=claim, error=Retryable("stopped"), seconds=0, counted=False)


def stumbled(claim: Claim) -> Callable[[Tx], bool]:
    """The verdict on what our own code broke over: nobody can say whether it went, if it was handed over."""
    return partial(outbox.leave_uncertain, claim=claim, error=OutcomeUnknown("unexpected"))


def _succeed(tx: Tx, *, claim: Claim, receipt: Receipt, rests: Mapping[Lane, float]) -> bool:
    """Record the receipt, and let what follows in the same lanes wait for its turn."""
    done = outbox.succeed(tx, claim, receipt)
    if done:
        outbox.hold(tx, claim.row.dialog_id, rests)
    return done


def _told_to_wait(tx: Tx, *, claim: Claim, error: RateLimited) -> bool:
    if error.scope == "account":
        outbox.pause(tx, claim.row.channel_id, seconds=error.retry_after, code=error.code, detail=error.detail)
    elif error.scope == "strangers":
        outbox.pause_strangers(tx, claim.row, seconds=error.retry_after, code=error.code)
    return outbox.postpone(tx, claim, error, seconds=error.retry_after, counted=False)

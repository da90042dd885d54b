"""Hands a channel's messages over to its provider, one at a time per turn, and records their verdicts."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from functools import partial

import structlog

from chatapp_cli.domain.errors import Busy, ChannelError, OutcomeUnknown, Rejected, Retryable, StoreError
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.message import Operation, Priority
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.i18n import speaking
from chatapp_cli.ports.connector import (
    SEND_TIMEOUT,
    Deletes,
    Edits,
    EditsAboveButtons,
    HandsOverLate,
    Prepares,
    Reacts,
    Session,
)
from chatapp_cli.runtime.governor import Governor
from chatapp_cli.runtime.outcomes import Outcomes, put_back, stumbled, target
from chatapp_cli.runtime.sending_permission import SendingPermission
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.verdicts import VerdictJob
from chatapp_cli.services import outbox
from chatapp_cli.services.outbox import Claim
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

AHEAD = 0.05
"""Claim as many messages as the account's rate allows in this many seconds."""
LONGEST_TURN = 5.0
"""The longest wait of a claimed message for its turn, in seconds; after that it is requeued and can be cancelled."""


class _ClaimLost(Exception):
    """The message was cancelled, or another process has the store: it is not to be sent, and there is no verdict."""


class _Stopped(Exception):
    """The process was stopped for longer than its lease while the hand-over was recorded."""


class Begin:
    """Records the hand-over of one claimed message, once; raises if it is not to be sent."""

    def __init__(self, store: AsyncStore, claim: Claim) -> None:
        self._store = store
        self._claim = claim
        self.done = False
        """Whether it was recorded, so that the provider may have the message."""
        self.at = 0.0
        """When, by the monotonic clock."""
        self.ids: Sequence[str] = ()
        """The ids under which the provider would report the message, as far as they are known."""

    async def __call__(self, ids: Sequence[str] = ()) -> None:
        """Record it, durably."""
        self.ids = ids
        patient = self._claim.row.priority < Priority.OPERATOR
        if not await self._store.write(partial(outbox.begin, claim=self._claim), patient=patient):
            raise _ClaimLost
        if not self._store.lease.holds:
            raise _Stopped
        self.done, self.at = True, self._store.company.world.clock.monotonic()


class Handover:
    """The outbox of one channel as a ``carrier.Queue``, while one session is up."""

    def __init__(
        self,
        store: AsyncStore,
        channel: ChannelId,
        session: Session,
        governor: Governor,
        outcomes: Outcomes,
        permission: SendingPermission,
    ) -> None:
        self._store = store
        self._clock = store.company.world.clock
        self._channel = channel
        self._session = session
        self._governor = governor
        self._outcomes = outcomes
        self._permission = permission
        self._language = store.company.language_of_mails

    def claim(self, tx: Tx, n: int) -> list[Claim]:
        """Claim the first messages that may go."""
        claims: list[Claim] = []
        media, epoch = self._store.company.media, self._store.lease.epoch
        while len(claims) < n and (claim := outbox.claim(tx, media, self._channel, epoch)):
            claims.append(claim)
        return claims

    async def carry(self, item: Claim) -> None:
        """Wait for its turn and send it, unless it was cancelled meanwhile."""
        begin = Begin(self._store, item)
        try:
            with speaking(self._language):
                receipt = await self._answer(item, begin)
        except asyncio.CancelledError:
            if not begin.done:
                await self._outcomes.put_back(item)
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the message gets a verdict
            await (self._after(item, error, tuple(begin.ids)) if begin.done else self._before(item, error))
        else:
            if receipt is not None:
                await self._outcomes.sent(self._governor, item, receipt, began=begin.at)

    def leave(self, item: Claim, error: Exception | None) -> VerdictJob:
        """Requeue a message that was not started; if our own code failed on it, a person decides."""
        if error is None:
            return put_back(item)
        log.error("verdict.failed", channel=self._channel, message=item.row.message_id, exc_info=error)
        return stumbled(item)

    async def next_due(self, *, idle: bool) -> Millis | None:
        """When the channel's next wait ends. If no message is left to test the account, it is well after its rest."""
        due = await self._store.read(partial(outbox.next_due, channel=self._channel))
        if due is not None or not idle:
            return due
        if rests := self._permission.rests:
            return self._clock.now() + math.ceil(rests * 1000)
        await self._permission.resume()
        return None

    async def _answer(self, claim: Claim, begin: Begin) -> Receipt | None:
        """The provider's receipt; ``None`` if the message is not to be sent now."""
        session, sends = self._session, claim.row.action == Operation.SEND
        if not await self._turn_comes(claim):
            return None
        if sends and isinstance(session, HandsOverLate):
            return await self._send_late(session, claim, begin)
        if sends and isinstance(session, Prepares):
            async with asyncio.timeout(SEND_TIMEOUT):
                await session.prepare(claim.outbound)
        await begin()
        async with asyncio.timeout(SEND_TIMEOUT):
            return await self._perform(claim)

    async def _send_late(self, session: HandsOverLate, claim: Claim, begin: Begin) -> Receipt:
        """Limit the time before the hand-over and the time after it separately.

        Before it, the session may let its messages wait for one another.
        """
        try:
            async with asyncio.timeout(SEND_TIMEOUT) as limit:

                async def begin_anew(ids: Sequence[str]) -> None:
                    await begin(ids)
                    limit.reschedule(asyncio.get_running_loop().time() + SEND_TIMEOUT)

                return await session.send_late(claim.outbound, begin_anew)
        except TimeoutError as error:
            if begin.done:
                raise
            raise Retryable("server_silent") from error

    async def _before(self, claim: Claim, error: Exception) -> None:
        """The consequence of an error before the hand-over: the message was certainly not sent."""
        if isinstance(error, _ClaimLost):
            return
        if isinstance(error, _Stopped | StoreError | Busy):
            await self._outcomes.put_back(claim)
        elif isinstance(error, ChannelError):
            await self._outcomes.not_handed_over(self._session, self._governor, claim, error)
        else:  # the traceback is logged
            log.error("prepare.failed", channel=self._channel, message=claim.row.message_id, exc_info=error)
            await self._outcomes.stumbled_over(claim, error)

    async def _after(self, claim: Claim, error: Exception, ids: tuple[str, ...]) -> None:
        """The consequence of an error after the hand-over: only the provider's own answer tells what happened."""
        if isinstance(error, ChannelError):
            await self._outcomes.refused(self._session, self._governor, claim, error)
        elif isinstance(error, TimeoutError):
            await self._outcomes.unknown(claim, OutcomeUnknown("timeout", ids=ids))
        else:  # it may have been sent: uncertain; the traceback is logged
            log.error("send.failed", channel=self._channel, message=claim.row.message_id, exc_info=error)
            await self._outcomes.unknown(claim, OutcomeUnknown("unexpected", type(error).__name__, ids=ids))

    async def _turn_comes(self, claim: Claim) -> bool:
        """Wait for its turn; false if that is too far away."""
        if missing := await self._missing(claim):
            raise Rejected("file_vanished", missing)
        if delay := await self._governor.acquire(target(claim), patience=AHEAD, longest=LONGEST_TURN):
            of_account = self._governor.account_wait() > LONGEST_TURN
            await self._outcomes.wait_for_turn(claim, 0.0 if of_account else delay)
            return False
        return True

    async def _missing(self, claim: Claim) -> str:
        """The first missing file of a message; checked before its turn is counted."""
        if claim.row.action != Operation.SEND or not claim.outbound.files:
            return ""
        return await self._store.off_loop(partial(_vanished, claim))

    async def _perform(self, claim: Claim) -> Receipt:
        session, row, address = self._session, claim.row, claim.outbound.address
        if row.action == Operation.SEND:
            return await session.send(claim.outbound)
        if row.action == Operation.EDIT and isinstance(session, Edits):
            await self._edit(session, claim)
        elif row.action == Operation.DELETE and isinstance(session, Deletes):
            for ext_id in claim.parts:
                await session.delete(address, ext_id)
        elif row.action == Operation.REACT and isinstance(session, Reacts):
            await session.react(address, claim.parts[0], row.value)
        else:
            raise Rejected("not_here")
        return Receipt(ids=())

    async def _edit(self, session: Edits, claim: Claim) -> None:
        if len(claim.parts) > 1:
            raise Rejected("split_text")
        address, ext_id, text = claim.outbound.address, claim.parts[0], claim.row.value
        if claim.outbound.buttons and isinstance(session, EditsAboveButtons):
            await session.edit_above(address, ext_id, text, claim.outbound.buttons)
        else:
            await session.edit(address, ext_id, text)


def _vanished(claim: Claim) -> str:
    return next((file.name for file in claim.outbound.files if not file.path.is_file()), "")

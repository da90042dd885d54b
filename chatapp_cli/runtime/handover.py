"""Hands a channel's messages over to its provider, one at a time per turn, and records their verdicts."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from chatapp_cli.domain.errors import Busy, ChannelError, OutcomeUnknown, Rejected, Retryable, StoreError
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.message import Operation
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.ports.connector import Deletes, Edits, Prepares, Reacts, Session
from chatapp_cli.runtime.governor import Governor
from chatapp_cli.runtime.outcomes import Outcomes, put_back, stumbled, target
from chatapp_cli.runtime.sending_permission import SendingPermission
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.verdicts import VerdictJob
from chatapp_cli.services import outbox
from chatapp_cli.services.outbox import Claim
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

SEND_TIMEOUT = 300.0
"""The timeout for the provider's answer, in seconds."""
AHEAD = 0.05
"""Claim as many messages as the account's rate allows in this many seconds."""
LONGEST_TURN = 5.0
"""The longest wait of a claimed message for its turn, in seconds; after that it is requeued and can be cancelled."""


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

    def claim(self, tx: Tx, n: int) -> list[Claim]:
        """Claim the first messages that may go."""
        claims: list[Claim] = []
        media, epoch = self._store.company.media, self._store.lease.epoch
        while len(claims) < n and (claim := outbox.claim(tx, media, self._channel, epoch)):
            claims.append(claim)
        return claims

    async def carry(self, item: Claim) -> None:
        """Wait for its turn and send it, unless it was cancelled meanwhile."""
        if not await self._handed_over(item):
            return
        if self._store.lease.holds:
            await self._send(item)
        else:  # stopped between the commit and here, longer than the lease: it was not sent
            await self._outcomes.put_back(item)

    def leave(self, item: Claim, error: Exception | None) -> VerdictJob:
        """Requeue a message that was not started; if our own code failed on it, a person decides."""
        if error is None:
            return put_back(item)
        log.error("verdict.failed", channel=self._channel, message=item.row.message_id, exc_info=error)
        return stumbled(item)

    async def next_due(self, *, idle: bool) -> Millis | None:
        """When the channel's next wait ends. If no message is left to test the account, it counts as well."""
        due = await self._store.read(partial(outbox.next_due, channel=self._channel))
        if due is None and idle and not self._permission.rests:
            await self._permission.resume()
        return due

    async def _send(self, claim: Claim) -> None:
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                receipt = await self._perform(claim)
        except ChannelError as error:
            await self._outcomes.refused(self._session, self._governor, claim, error)
        except TimeoutError:
            await self._outcomes.unknown(claim, OutcomeUnknown("timeout"))
        except Exception as error:  # it may have been sent: uncertain; the traceback is logged
            log.exception("send.failed", channel=self._channel, message=claim.row.message_id)
            await self._outcomes.unknown(claim, OutcomeUnknown("unexpected", type(error).__name__))
        else:
            await self._outcomes.sent(self._governor, claim, receipt, began=began)

    async def _handed_over(self, claim: Claim) -> bool:
        """Wait for the turn and record the hand-over; false if it is not to be sent after all."""
        try:
            return await self._turn_comes(claim)
        except asyncio.CancelledError:
            await self._outcomes.put_back(claim)
            raise
        except ChannelError as error:
            await self._outcomes.not_handed_over(self._session, self._governor, claim, error)
        except (StoreError, Busy):
            await self._outcomes.put_back(claim)
        except Exception as error:  # nothing was handed over: retry; the traceback is logged
            log.exception("prepare.failed", channel=self._channel, message=claim.row.message_id)
            await self._outcomes.again(claim, Retryable("unexpected", type(error).__name__))
        return False

    async def _turn_comes(self, claim: Claim) -> bool:
        if missing := await self._missing(claim):
            raise Rejected("file_vanished", missing)
        if delay := await self._governor.acquire(target(claim), patience=AHEAD, longest=LONGEST_TURN):
            of_account = self._governor.account_wait() > LONGEST_TURN
            await self._outcomes.wait_for_turn(claim, 0.0 if of_account else delay)
            return False
        if claim.row.action == Operation.SEND and isinstance(self._session, Prepares):
            async with asyncio.timeout(SEND_TIMEOUT):
                await self._session.prepare(claim.outbound)
        return await self._store.write(partial(outbox.begin, claim=claim))

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
            if len(claim.parts) > 1:
                raise Rejected("split_text")
            await session.edit(address, claim.parts[0], row.value)
        elif row.action == Operation.DELETE and isinstance(session, Deletes):
            for ext_id in claim.parts:
                await session.delete(address, ext_id)
        elif row.action == Operation.REACT and isinstance(session, Reacts):
            await session.react(address, claim.parts[0], row.value)
        else:
            raise Rejected("not_here")
        return Receipt(ids=())


def _vanished(claim: Claim) -> str:
    return next((file.name for file in claim.outbound.files if not file.path.is_file()), "")

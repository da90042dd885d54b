"""Carries out requests on a channel's live session."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, Final, TypeAlias

import msgspec
import structlog

from chatapp_cli.domain.arrival import Peer
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, Rejected
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.domain.template import Template
from chatapp_cli.ports.abilities import ABILITIES
from chatapp_cli.ports.connector import GroupChanged, ReadsChats, Session
from chatapp_cli.runtime.intake import Intake
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.tasks import raise_if_cancelled
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.services import peers, session_requests
from chatapp_cli.store.rows.channels import SessionRequestRow
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

LONGEST: Final = 600.0
"""The timeout for the provider's answer, in seconds."""
LONGEST_NAP: Final = 30.0
LOOKUP_EVERY: Final = 2.0
"""Seconds between look-ups of people: an account that looks up many numbers quickly is taken for a harvester."""

Arguments: TypeAlias = Mapping[str, Any]


class SessionRequests:
    """Carries out the requests of one channel, one by one, while its session is up."""

    def __init__(self, store: AsyncStore, channel: ChannelId) -> None:
        self._store = store
        self._channel = channel
        self._intake = Intake(store, channel)
        self._wakeup = WakeUp()
        self._looked_at = -LOOKUP_EVERY

    def wake(self) -> None:
        """Wake it: there may be something to do."""
        self._wakeup.set()

    async def run(self, session: Session) -> None:
        """Work until cancelled. Requests that an ended session had started are reported as uncertain."""
        await self._store.write(partial(session_requests.interrupted, channel=self._channel))
        while True:
            raise_if_cancelled()
            claim = partial(session_requests.claim, channel=self._channel, epoch=self._store.lease.epoch)
            request = await self._store.write(claim)
            if request is not None:
                await self._do(session, request)
                continue
            await self._wakeup.wait(LONGEST_NAP)

    async def _do(self, session: Session, request: SessionRequestRow) -> None:
        """Carry out one request. Its error is the answer: a refused request is not a failure of the channel."""
        try:
            async with asyncio.timeout(LONGEST):
                answer = await self._answer(session, request)
        except ChannelError as error:
            await self._store.write(partial(session_requests.failed, request=request, error=error))
        except TimeoutError:
            await self._store.write(partial(session_requests.failed, request=request, error=OutcomeUnknown("timeout")))
        except Exception as error:  # a bug in one method must not end the session; the traceback is logged
            log.exception("errand.failed", channel=self._channel, what=request.what)
            unknown = OutcomeUnknown("unexpected", type(error).__name__)
            await self._store.write(partial(session_requests.failed, request=request, error=unknown))
        else:
            result = msgspec.json.encode(answer).decode()
            await self._store.write(partial(session_requests.done, request=request, result=result))

    async def _answer(self, session: Session, request: SessionRequestRow) -> object:
        arguments: Arguments = msgspec.json.decode(request.arguments)
        what = SessionMethod(request.what)
        if what is SessionMethod.HISTORY:
            return await self._read_back(session, arguments)
        if what is SessionMethod.FIND:
            await self._keep_pace()
        answer = await _carried_out(session, what, arguments)
        if isinstance(answer, GroupChanged):
            await self._store.write(partial(_met, channel=self._channel, peer=answer.peer))
        elif isinstance(answer, Peer):
            await self._store.write(partial(_met, channel=self._channel, peer=answer))
        return answer

    async def _keep_pace(self) -> None:
        clock = self._store.company.world.clock
        await clock.sleep(max(0.0, self._looked_at + LOOKUP_EVERY - clock.monotonic()))
        self._looked_at = clock.monotonic()

    async def _read_back(self, session: Session, arguments: Arguments) -> Mapping[str, int]:
        """Import the messages of a chat after one; duplicates are skipped."""
        if not isinstance(session, ReadsChats):
            raise Rejected("not_here")
        found = known = 0
        async with aclosing(session.history(arguments["address"], arguments.get("after", ""))) as batches:
            async for batch in batches:
                took = await self._intake.take(batch)
                found += took.messages
                known += took.duplicates
        return {"messages": found, "known": known}


def _met(tx: Tx, *, channel: ChannelId, peer: Peer) -> None:
    peers.meet(tx, channel, peer)


async def _carried_out(session: Session, what: SessionMethod, arguments: Arguments) -> object:
    if not isinstance(session, ABILITIES[what].protocol):
        raise Rejected("not_here")
    given = {"template": Template(**arguments)} if what is SessionMethod.SUBMIT else arguments
    answer: object = await getattr(session, what)(**given)
    return answer

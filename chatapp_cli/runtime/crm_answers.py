"""Answers questions of commands and windows on a link's live session."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
import structlog

from chatapp_cli.domain.crm.cards import CardRef, ClientOfCard
from chatapp_cli.domain.crm.entry import CrmChat
from chatapp_cli.domain.crm.link import Card, Employee, Place
from chatapp_cli.domain.crm.outcome import CrmPipeline
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.domain.crm.robots import RobotThere
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, OutcomeUnknown, Rejected
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.ports.crm import CrmSession, FindsClients, MakesCards, RunsRobots
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.tasks import raise_if_cancelled, run_all
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.services import crm_questions
from chatapp_cli.store.rows.crm import QuestionRow

log = structlog.get_logger()

LONGEST: Final = 50.0
"""The timeout for the CRM's answer, in seconds."""
AT_ONCE: Final = 4
"""Questions that are answered at a time, so that a slow one holds up no other."""
NOT_HERE: Final = "not_here"
"""The code of a question that this kind of CRM cannot answer."""


class _Shape(NamedTuple):
    answer: Any
    arguments: Mapping[str, Any] = {}
    protocol: type | None = None


SHAPES: Final[Mapping[CrmQuestion, _Shape]] = {
    CrmQuestion.PLACES: _Shape(Sequence[Place]),
    CrmQuestion.EMPLOYEES: _Shape(Sequence[Employee]),
    CrmQuestion.PIPELINES: _Shape(Sequence[CrmPipeline], protocol=MakesCards),
    CrmQuestion.CARDS: _Shape(Sequence[Card], {"chat": CrmChat}),
    CrmQuestion.CLIENT_OF: _Shape(ClientOfCard, {"card": CardRef}, FindsClients),
    CrmQuestion.MEND: _Shape(Place, {"place": str, "codes": Sequence[str]}),
    CrmQuestion.ROBOTS: _Shape(Sequence[RobotThere], protocol=RunsRobots),
    CrmQuestion.INSTALL_ROBOTS: _Shape(Sequence[RobotThere], protocol=RunsRobots),
    CrmQuestion.REMOVE_ROBOTS: _Shape(Sequence[RobotThere], protocol=RunsRobots),
}
"""What the arguments and the answer of each question are, and which sessions answer it if not all do."""


async def answer(session: CrmSession, what: CrmQuestion, arguments: Mapping[str, object]) -> Any:
    """The session's answer. Raises its ChannelError, and Rejected for a question that it cannot answer."""
    protocol = SHAPES[what].protocol
    if protocol is not None and not isinstance(session, protocol):
        raise Rejected(NOT_HERE)
    return await getattr(session, what)(**arguments)


def arguments_of(row: QuestionRow) -> Mapping[str, object]:
    """The arguments of a stored question."""
    said = msgspec.json.decode(row.arguments)
    kinds = SHAPES[CrmQuestion(row.what)].arguments
    return {name: msgspec.convert(value, type=kinds[name]) for name, value in said.items()}


def answer_in(row: QuestionRow) -> Any:
    """The stored answer."""
    return msgspec.json.decode(row.result, type=SHAPES[CrmQuestion(row.what)].answer)


class CrmAnswers:
    """Answers the questions to one link, a few at a time, while its session is up."""

    def __init__(self, store: AsyncStore, link: LinkId) -> None:
        self._store = store
        self._link = link
        self._wakeup = WakeUp()
        self._turn = asyncio.Lock()
        """Held by the one that takes the next question, or waits for it."""

    def wake(self) -> None:
        """Wake it: somebody asks."""
        self._wakeup.set()

    async def run(self, session: CrmSession) -> None:
        """Work until cancelled. Raises NeedsRebind: a question may be the first to meet it."""
        await self._store.write(partial(crm_questions.recover, link=self._link))
        await run_all(*(self._work(session) for _ in range(AT_ONCE)))

    async def _work(self, session: CrmSession) -> None:
        while True:
            async with self._turn:
                row = await self._next()
            await self._answer(session, row)

    async def _next(self) -> QuestionRow:
        """Claim the next question. The store is asked only when somebody asks: a claim takes its writer."""
        claim = partial(crm_questions.claim, link=self._link, epoch=self._store.lease.epoch)
        while True:
            raise_if_cancelled()
            if (row := await self._store.write(claim)) is not None:
                return row
            await self._wakeup.wait()

    async def _answer(self, session: CrmSession, row: QuestionRow) -> None:
        """Answer a question; its error is the answer."""
        try:
            async with asyncio.timeout(LONGEST):
                said = await answer(session, CrmQuestion(row.what), arguments_of(row))
        except ChannelError as error:
            await self._fail(row, error)
            if isinstance(error, NeedsRebind):
                raise
        except TimeoutError:
            await self._fail(row, OutcomeUnknown("timeout"))
        except Exception as error:  # a mistake of ours in one answer must not end the session; the traceback is logged
            log.exception("crm.not_answered", link=self._link, what=row.what)
            await self._fail(row, OutcomeUnknown("unexpected", type(error).__name__))
        else:
            result = msgspec.json.encode(said).decode()
            await self._store.write(partial(crm_questions.answered, row=row, result=result))

    async def _fail(self, row: QuestionRow, error: ChannelError) -> None:
        await self._store.write(partial(crm_questions.failed, row=row, error=error))

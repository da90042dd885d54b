"""Asks a CRM for a command or a window: by the daemon's session, whose pace and tokens are then the only ones.

Without a daemon, or while its link does not work, over a session of our own, which says what is wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Any, Final

import msgspec

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain import errors, next_step
from chatapp_cli.domain.access import DAEMON
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.crm_manifest import CrmManifest
from chatapp_cli.domain.errors import Busy, ChannelError, ChatappError, RateLimited
from chatapp_cli.domain.ids import LinkId, QuestionId
from chatapp_cli.domain.journal.links import LinkAnswered, LinkEvent
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.session_request import OPEN, SessionRequestState
from chatapp_cli.domain.text import T
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.crm import CrmSession
from chatapp_cli.runtime import crm_answers
from chatapp_cli.runtime.journal_tail import new_entries
from chatapp_cli.runtime.lease import HolderKind, current_holder
from chatapp_cli.runtime.link import public_url
from chatapp_cli.runtime.memory import bound_link
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import crm_questions, journal, links, pairings, words
from chatapp_cli.store.rows.crm import LinkRow, QuestionRow
from chatapp_cli.store.tx import Tx

PATIENCE: Final = crm_answers.LONGEST + 10.0
"""Seconds that a caller waits for the daemon's answer: it hears of the CRM's silence before that."""

_OF_PLACES: Final = frozenset({CrmQuestion.PLACES, CrmQuestion.MEND})


async def asked(company: Company, row: LinkRow, what: CrmQuestion, **arguments: object) -> Any:
    """The answer of a CRM. Raises ChannelError in the manifest's words, and Busy if the daemon gives none in time."""
    with explained(manifest(row.kind), row.id):
        if await asyncio.to_thread(_has_session, company, row):
            found = await _of_daemon(company, row, what, arguments)
            if found is not None:
                return await _noted(company, row, what, _answer(row, found))
        async with own_session(company, row) as session:
            return await _noted(company, row, what, await crm_answers.answer(session, what, arguments))


async def _noted(company: Company, row: LinkRow, what: CrmQuestion, found: Any) -> Any:
    """The same answer; of places, what is shown of their pairings is noted."""
    if what in _OF_PLACES:
        places = [found] if isinstance(found, Place) else found
        await asyncio.to_thread(company.write, partial(pairings.places_told, link=row.id, places=places))
    return found


@contextmanager
def explained(about: CrmManifest, link: LinkId | None = None) -> Iterator[None]:
    """Replace the error codes of a CRM by the texts of its manifest; next steps concern this link, if it is there."""
    try:
        yield
    except ChannelError as error:
        error.what, error.next_step = words.why_not_answered(about, link, error.code, error.detail)
        raise
    except ChatappError as error:
        if link is not None:
            error.next_step = next_step.about(error.next_step, link=link)
        raise


@asynccontextmanager
async def own_session(company: Company, row: LinkRow) -> AsyncIterator[CrmSession]:
    """A session beside the daemon's, if one runs."""
    crm = await asyncio.to_thread(company.crm, row.kind)
    bound = await asyncio.to_thread(bound_link, company, row)
    address = await asyncio.to_thread(company.read, partial(public_url, company=company))
    async with crm.open(row.id, bound, public_url=address) as session:
        yield session


def _has_session(company: Company, row: LinkRow) -> bool:
    """Whether a daemon, or a window in its place, runs this link and it works."""
    holder = current_holder(company)
    if holder is None or holder.kind is HolderKind.COMMAND:
        return False
    return company.read(partial(_works, link=row.id))


def _works(tx: Tx, *, link: Any) -> bool:
    return links.one(tx, link).state == LinkState.OK


async def _of_daemon(company: Company, row: LinkRow, what: CrmQuestion, arguments: object) -> QuestionRow | None:
    """The question as the daemon left it; ``None`` if its link stopped working meanwhile."""
    said = msgspec.json.encode(arguments).decode()
    store = AsyncStore(company.seen_by(DAEMON))
    try:
        seen = await store.read(journal.last)
        put = partial(crm_questions.ask, link=row.id, what=what, arguments=said, seconds=PATIENCE)
        async with _question(store, partial(company.write, put)) as question:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await _until_ended(store, row, question, seen)
            found, works = await store.read(lambda tx: (crm_questions.one(tx, question), _works(tx, link=row.id)))
    finally:
        await store.aclose()
    return None if found is None or (found.state in OPEN and not works) else found


@asynccontextmanager
async def _question(store: AsyncStore, put: Callable[[], QuestionId]) -> AsyncIterator[QuestionId]:
    """Ask a question, and forget it with its answer however the wait for it ends: it tells of the CRM's clients.

    A cancellation stops neither write: the thread that puts the question is waited for, and closing the store waits
    for what is queued.
    """
    putting = asyncio.ensure_future(store.with_store(put))
    try:
        yield await asyncio.shield(putting)
    finally:
        question = await putting
        await store.write(partial(crm_questions.forget, question=question))


async def _until_ended(store: AsyncStore, row: LinkRow, question: QuestionId, seen: int) -> None:
    async with aclosing(new_entries(store, after=seen)) as news:
        async for entries in news:
            events = [one.event for one in entries if isinstance(one.event, LinkEvent) and one.event.link == row.id]
            if any(isinstance(event, LinkAnswered) and event.question == question for event in events):
                return
            if events and not await store.read(partial(_works, link=row.id)):
                return


def _answer(row: LinkRow, found: QuestionRow) -> Any:
    if found.state == SessionRequestState.DONE:
        return crm_answers.answer_in(found)
    if found.state == SessionRequestState.FAILED:
        kind = getattr(errors, found.result)
        if kind is RateLimited:
            raise RateLimited(found.code, found.detail, retry_after=0)
        raise kind(found.code, found.detail)
    raise Busy(
        T("{channel} did not answer in {n} seconds.", channel=row.title, n=int(PATIENCE)),
        T("Check its state: {how}", how=to_do(Next.LINKS)),
    )

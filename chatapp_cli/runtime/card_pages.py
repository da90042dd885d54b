"""Answers whoever opens a page of ours in a CRM, or writes from a card, or gives us a file for its automations."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

import structlog

from chatapp_cli.domain.crm.events import CrmFileGiven
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import ChannelError, NotFound, Refused, UsageError
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.ports.crm import CardOpened, CrmReply, CrmSession, KnowsAdministrators, KnowsVisitors, PlaceOpened
from chatapp_cli.runtime.link_files import taken
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import crm_cards, crm_intake
from chatapp_cli.services.crm_intake import CrmContext

log = structlog.get_logger()

R = TypeVar("R")

PATIENCE: Final = 5.0
"""Seconds that whoever opens a page waits for what the CRM says; then they are told to open it again."""


async def opened(store: AsyncStore, link: LinkId, session: CrmSession | None, page: CardOpened) -> CrmReply:
    """The page of a card, with the client's dialogs and phones, for an employee who may see it."""
    if session is None or not isinstance(session, KnowsVisitors):
        return page.unseen
    visit = await _told(session.visited(page.card, page.proof))
    if visit is None:
        return page.unseen
    sheet = await store.read(partial(crm_cards.sheet, able=store.company.capabilities, link=link, visit=visit))
    names = await _told(session.names_of(sheet.strangers)) if sheet.strangers else None
    return page.show(replace(sheet, names=names or {}))


async def place_opened(session: CrmSession | None, page: PlaceOpened) -> CrmReply:
    """The page about a place, as whoever opened it may use it."""
    if session is None or not isinstance(session, KnowsAdministrators):
        return page.unseen
    visitor = await _told(session.place_visitor(page.proof))
    return page.unseen if visitor is None else page.show(visitor)


async def _told(answer: Awaitable[R]) -> R | None:
    """What a CRM says in time, or nothing."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await answer
    except (ChannelError, TimeoutError) as error:
        log.info("crm.card_not_read", error=type(error).__name__)
        return None


async def written(store: AsyncStore, link: LinkId, reply: CrmReply) -> CrmReply:
    """Apply what somebody wrote, or the file that they gave, who waits for the answer, once."""
    context = CrmContext(able=store.company.capabilities, files=await _given(store, reply))
    job = partial(crm_intake.keep_and_apply, link=link, arrivals=reply.arrivals, context=context)
    try:
        new = await store.write(job)
    except (Refused, NotFound, UsageError) as refusal:
        return reply if reply.refused is None else reply.refused(refusal.what)
    return reply.repeated if not new and reply.repeated is not None else reply


async def _given(store: AsyncStore, reply: CrmReply) -> Sequence[StagedFile]:
    """The file that came with an event, in the store."""
    named = [one.event.name for one in reply.arrivals if isinstance(one.event, CrmFileGiven)]
    return [await taken(store, name, reply.given or b"") for name in named]

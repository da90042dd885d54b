"""Asks a CRM how far it lets a link in, and keeps the answer for alarms, the list of links and the window."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import structlog

from chatapp_cli.domain.errors import ChannelError, Misconfigured, Rejected
from chatapp_cli.ports.connector import Finding
from chatapp_cli.ports.crm import CrmSession, KnowsAccess
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import link_access
from chatapp_cli.store.rows.crm import LinkRow

log = structlog.get_logger()

AGAIN: Final = 300.0
"""Seconds after which a CRM is asked again that did not tell."""


class AccessWatch:
    """Asks for one link. A CRM that does not tell keeps nothing else from working: what it told last stays."""

    def __init__(self, store: AsyncStore, link: LinkRow) -> None:
        self._store, self._link = store, link
        self._clock = store.company.world.clock
        self._next = math.inf
        """When to ask of ourselves, if the last answer is owed."""

    async def look(self, session: CrmSession, *, now: bool = True) -> None:
        """Ask and record, if this kind of CRM tells: at once, or only if it is time to ask again."""
        if not isinstance(session, KnowsAccess) or not (now or self._clock.monotonic() >= self._next):
            return
        found = await self._lacks(session)
        self._next = math.inf if found is not None else self._clock.monotonic() + AGAIN
        record = partial(link_access.record, link=self._link, until=session.access_until, findings=found)
        await self._store.write(record)

    async def _lacks(self, session: KnowsAccess) -> Sequence[Finding] | None:
        try:
            return await session.lacks()
        except ChannelError as error:
            log.warning("crm.rights_not_told", link=self._link.id, code=error.code, detail=error.detail)
            return None

    @asynccontextmanager
    async def looks_if_refused(self, session: CrmSession) -> AsyncIterator[None]:
        """Ask as well if the CRM refuses what is done here, and raise its refusal."""
        try:
            yield
        except (Misconfigured, Rejected):
            await self.look(session)
            raise

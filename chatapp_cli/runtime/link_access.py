"""Asks a CRM how far it lets a link in, and keeps the answer for alarms, the list of links and the window."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from chatapp_cli.domain.errors import ChannelError, Misconfigured, Rejected
from chatapp_cli.ports.crm import CrmSession, KnowsAccess
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import link_access
from chatapp_cli.store.rows.crm import LinkRow


async def look(store: AsyncStore, row: LinkRow, session: CrmSession) -> None:
    """Ask and record, if this kind of CRM tells. Raises what the session raises."""
    if isinstance(session, KnowsAccess):
        until, found = session.access_until, await session.lacks()
        await store.write(partial(link_access.record, link=row, until=until, findings=found))


@asynccontextmanager
async def explained(store: AsyncStore, row: LinkRow, session: CrmSession) -> AsyncIterator[None]:
    """Ask as well if the CRM refuses what is done here, and raise its refusal."""
    try:
        yield
    except (Misconfigured, Rejected):
        with suppress(ChannelError):
            await look(store, row, session)
        raise

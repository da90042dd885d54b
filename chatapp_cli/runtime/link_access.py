"""Asks a CRM how far it lets a link in, and keeps the answer for alarms, the list of links and the window."""

from __future__ import annotations

from functools import partial

from chatapp_cli.ports.crm import CrmSession, KnowsAccess
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import link_access
from chatapp_cli.store.rows.crm import LinkRow


async def look(store: AsyncStore, row: LinkRow, session: CrmSession) -> None:
    """Ask and record, if this kind of CRM tells. Raises what the session raises."""
    if isinstance(session, KnowsAccess):
        until, found = session.access_until, await session.lacks()
        await store.write(partial(link_access.record, link=row, until=until, findings=found))

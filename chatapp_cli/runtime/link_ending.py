"""Has a CRM rid of what a link made there, and carries on where a removal was cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy, ChatappError, NeedsRebind, StoreError
from chatapp_cli.domain.ids import LinkId, Millis
from chatapp_cli.domain.text import T
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.crm import DepartsFromCrm
from chatapp_cli.runtime.asking_crm import explained, own_session
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import crm_intake, links
from chatapp_cli.store.rows.crm import LinkRow

log = structlog.get_logger()

DEPARTS_WITHIN: Final = 20.0
"""Seconds that a CRM has for taking away what a link made there; then the link ends all the same."""
_STORES_WITHIN: Final = 10.0
"""Seconds after which whoever began a removal has ended it, or was cut off."""


class LinkEndings:
    """The links that are being removed, as a daemon sees them."""

    def __init__(self, store: AsyncStore, since: Millis) -> None:
        """``since``: when the daemon began."""
        self._store, self._since = store, since
        self._tasks: dict[LinkId, asyncio.Task[None]] = {}

    def carry_on(self, rows: Sequence[LinkRow]) -> None:
        """Remove these links, unless whoever began it is still at it."""
        for row in rows:
            if row.id not in self._tasks:
                self._tasks[row.id] = asyncio.create_task(self._end(row), name=f"end of link {row.id}")

    async def stop(self) -> None:
        """Leave what is not removed yet to the next daemon."""
        tasks = [*self._tasks.values()]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _end(self, row: LinkRow) -> None:
        """Remove a link; whoever began it since this daemon runs is given the time to do it."""
        try:
            if (row.ending_since or 0) >= self._since:
                await self._store.company.world.clock.sleep(DEPARTS_WITHIN + _STORES_WITHIN)
            await self._removed(row)
        except StoreError:
            log.warning("crm.not_removed", link=row.id, exc_info=True)
        finally:
            self._tasks.pop(row.id, None)

    async def _removed(self, row: LinkRow) -> None:
        rows = await self._store.read(links.everything)
        if any(one.id == row.id and one.ending is not None for one in rows):
            left = await departed(self._store.company, row)
            why = None if left is None else left.what
            if await self._store.write(partial(links.removed, link=row, left=why)):
                log.info("crm.removed", link=row.id, kind=row.kind, left=str(why or ""))


async def departed(company: Company, row: LinkRow) -> ChatappError | None:
    """Have the CRM rid of what the link made there; returns why that did not work."""
    try:
        async with asyncio.timeout(DEPARTS_WITHIN):
            with explained(manifest(row.kind), row.id):
                async with own_session(company, row) as session:
                    if isinstance(session, DepartsFromCrm):
                        await session.depart()
    except NeedsRebind as error:
        nothing_there = row.proof_at is None or row.code == crm_intake.UNINSTALLED
        return None if nothing_there else error
    except TimeoutError:
        return Busy(T("{channel} did not answer in {n} seconds.", channel=row.title, n=int(DEPARTS_WITHIN)))
    except StoreError:
        raise
    except ChatappError as error:
        return error
    except Exception as error:  # a link has to end, whatever the code of its CRM does
        log.exception("crm.not_departed", link=row.id)
        return ChatappError(T("{error}", error=type(error).__name__))
    return None

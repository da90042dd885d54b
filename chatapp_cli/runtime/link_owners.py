"""Applies who is responsible for the cards of a CRM: what changed is asked of the CRM, for many cards at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import structlog

from chatapp_cli.domain.crm.events import CardEvent
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.owner import heeds_cards
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.crm import CrmSession
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import crm_entries, crm_intake, crm_owners, ledger, pairings
from chatapp_cli.store.rows.crm import CrmArrivedRow, LinkRow
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

AT_ONCE = 50
"""Events of cards that are asked about together."""
MARGIN: Millis = 60_000
"""How far the CRM's clock may be from ours, in milliseconds."""
FOR_ERRORS = 2.0
"""Seconds until cards are asked about again after an error; doubled each time."""


class OwnerKeeper:
    """Who answers, for one link."""

    def __init__(self, store: AsyncStore, link: LinkRow) -> None:
        self._store = store
        self._link = link
        self._said: set[tuple[str, str]] = set()

    async def apply(self, session: CrmSession, events: Sequence[tuple[CrmArrivedRow, CardEvent]]) -> None:
        """Ask about the cards of these events, and assign their dialogs."""
        wanted = await self._heeding()
        for start in range(0, len(events), AT_ONCE):
            await self._some(session, events[start : start + AT_ONCE], wanted)

    async def changed_since(self, session: CrmSession, since: Millis) -> int:
        """Look for the cards that changed since a moment; returns how many are new."""
        wanted = await self._heeding()
        if not wanted:
            return 0
        arrivals = await session.changed_cards(max(0, since - MARGIN), wanted)
        return await self._store.write(partial(crm_intake.keep, link=self._link.id, arrivals=arrivals))

    async def _some(
        self, session: CrmSession, events: Sequence[tuple[CrmArrivedRow, CardEvent]], wanted: Sequence[Pairing]
    ) -> None:
        rows = [row for row, _ in events]
        try:
            found = await session.owners(list(dict.fromkeys(event for _, event in events)), wanted) if wanted else ()
        except ChannelError as error:
            await self._put_off(rows, error)
            return
        self._say(await self._store.write(partial(crm_owners.apply, link=self._link.id, rows=rows, found=found)))

    async def _heeding(self) -> Sequence[Pairing]:
        return await self._store.read(partial(_heeding, link=self._link))

    async def _put_off(self, rows: Sequence[CrmArrivedRow], error: ChannelError) -> None:
        for row in rows:
            seconds = min(ledger.LONGEST_WAIT, FOR_ERRORS * 2.0**row.tries)
            await self._store.write(partial(crm_intake.put_off, row=row, problem=str(error.what), seconds=seconds))

    def _say(self, blind: Mapping[str, str]) -> None:
        """Say once for each who does not see a line."""
        for operator, line in blind.items():
            if (operator, line) not in self._said:
                self._said.add((operator, line))
                log.warning("crm.owner_does_not_see_line", link=self._link.id, operator=operator, line=line)


def _heeding(tx: Tx, *, link: LinkRow) -> Sequence[Pairing]:
    about = manifest(link.kind)
    rows = [crm_entries.pairing_of(about, row) for row in pairings.of_link(tx, link.id)]
    return [row for row in rows if heeds_cards(row.options)]

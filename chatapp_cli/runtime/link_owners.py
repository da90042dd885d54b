"""Applies who is responsible for the cards of a CRM, and at which stages they stand.

What changed is asked of the CRM, for many cards at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import structlog

from chatapp_cli.domain.crm.events import CardEvent
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.owner import ChatOwner, heeds_cards
from chatapp_cli.domain.crm.stages import CardStage, StageName, watched
from chatapp_cli.domain.errors import ChannelError, StoreError
from chatapp_cli.domain.ids import LinkId, Millis
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.crm import CrmSession, KnowsOwners, KnowsStages
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.services import (
    crm_entries,
    crm_event_form,
    crm_intake,
    crm_owners,
    crm_stages,
    employees,
    ledger,
    pairings,
    words,
)
from chatapp_cli.store.rows.crm import CrmArrivedRow, LinkRow
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

AT_ONCE = 50
"""Events of cards that are asked about together."""
MARGIN: Millis = 60_000
"""How far the CRM's clock may be from ours, in milliseconds."""
LOOK = 30.0
"""Seconds after which it looks even without a wake-up."""
FOR_ERRORS = 2.0
"""Seconds until cards are asked about again after an error; doubled each time."""


class OwnerKeeper:
    """Who answers, for one link."""

    def __init__(self, store: AsyncStore, link: LinkRow) -> None:
        self._store = store
        self._link = link
        self._said: set[tuple[str, str]] = set()
        self._news = WakeUp()
        self._clock = store.company.world.clock

    def wake(self) -> None:
        """Wake it: the CRM told something, maybe of a card."""
        self._news.set()

    async def run(self, session: CrmSession) -> None:
        """Apply until cancelled, beside the messages: many cards that change at once hold up nobody's answer."""
        while True:
            self._news.clear()
            await self.apply(session)
            due = await self._store.read(partial(crm_intake.next_card_due, link=self._link.id))
            later = LOOK if due is None else (due - self._clock.now()) / 1000
            await self._news.wait_by(self._clock, min(max(later, 0.01), LOOK))

    async def apply(self, session: CrmSession) -> None:
        """Ask about the cards that changed, and assign their dialogs."""
        while rows := await self._store.read(partial(crm_intake.waiting_cards, link=self._link.id, n=AT_ONCE)):
            if not await self._some(session, rows):
                return

    async def changed_since(self, session: CrmSession, since: Millis) -> int:
        """Look for the cards that changed since a moment; returns how many are new."""
        if await self._store.read(partial(employees.are_wanted, link=self._link.id)):
            await self._recognise(session)
        await self._look_at_stages(session)
        heeding, watching = await self._heeding(), await self._watching()
        wanted = [*heeding, *(one for one in watching if one not in heeding)]
        if not wanted or not isinstance(session, KnowsOwners):
            return 0
        arrivals = await session.changed_cards(max(0, since - MARGIN), wanted)
        return await self._store.write(partial(crm_intake.keep, link=self._link.id, arrivals=arrivals))

    async def _look_at_stages(self, session: CrmSession) -> None:
        """Learn which stages there are, and where the cards stand that stood somewhere when we last knew."""
        watching = await self._watching()
        if not watching or not isinstance(session, KnowsStages):
            return
        names = await session.stage_names()
        cards = await self._store.read(partial(crm_stages.known_cards, link=self._link.id))
        found = await session.stages(cards, watching) if cards else ()
        await self._store.write(partial(_keep_stages, link=self._link.id, names=names, found=found))

    async def _some(self, session: CrmSession, rows: Sequence[CrmArrivedRow]) -> bool:
        """Apply some; false if the CRM does not answer now."""
        try:
            events = await self._events(rows)
            found = await _asked(session, events, await self._heeding())
            stages = await _staged(session, events, await self._watching())
        except StoreError:
            raise
        except ChannelError as error:
            await self._store.write(partial(_put_off, rows=rows, problem=self._why(error)))
            return False
        except Exception as error:  # a mistake of ours about cards must not keep the messages
            log.exception("crm.owners_not_applied", link=self._link.id)
            await self._store.write(partial(_put_off, rows=rows, problem=T("{error}", error=type(error).__name__)))
            return False
        if found:
            await self._recognise(session)
        if stages:
            await self._store.write(partial(crm_stages.record, link=self._link.id, found=stages))
        self._say(await self._store.write(partial(crm_owners.apply, link=self._link.id, rows=rows, found=found)))
        return True

    async def _recognise(self, session: CrmSession) -> None:
        """Learn who works there now, unless the CRM does not tell it."""
        try:
            found = await session.employees()
        except ChannelError as error:
            log.warning("crm.employees_not_told", link=self._link.id, code=error.code, detail=error.detail)
        else:
            await self._store.write(partial(employees.recognise, link=self._link.id, found=found))

    async def _events(self, rows: Sequence[CrmArrivedRow]) -> Sequence[CardEvent]:
        """What the rows say; one that cannot be read, as of a newer version, becomes a dead letter."""
        found: list[CardEvent] = []
        for row in rows:
            try:
                event = crm_event_form.event_of(row)
            except ValueError as error:
                await self._store.write(partial(crm_intake.die, row=row, problem=crm_intake.not_understood(str(error))))
            else:
                found += [event] if isinstance(event, CardEvent) else []
        return found

    def _why(self, error: ChannelError) -> Text:
        return words.what_there(manifest(self._link.kind), error.code, error.detail)

    async def _heeding(self) -> Sequence[Pairing]:
        """The pairings in which whoever is responsible for a card becomes the operator."""
        return [one for one in await self._pairings() if heeds_cards(one.options)]

    async def _watching(self) -> Sequence[Pairing]:
        """The pairings that want to know stages."""
        return [one for one in await self._pairings() if watched(one.options)]

    async def _pairings(self) -> Sequence[Pairing]:
        return await self._store.read(partial(_pairings, link=self._link))

    def _say(self, blind: Mapping[str, str]) -> None:
        """Say once for each who does not see a line."""
        for operator, line in blind.items():
            if (operator, line) not in self._said:
                self._said.add((operator, line))
                log.warning("crm.owner_does_not_see_line", link=self._link.id, operator=operator, line=line)


def _put_off(tx: Tx, *, rows: Sequence[CrmArrivedRow], problem: Text) -> None:
    for row in rows:
        seconds = min(ledger.LONGEST_WAIT, FOR_ERRORS * 2.0**row.tries)
        crm_intake.put_off(tx, row, None, problem, seconds=seconds)


async def _asked(session: CrmSession, events: Sequence[CardEvent], wanted: Sequence[Pairing]) -> Sequence[ChatOwner]:
    if not wanted or not isinstance(session, KnowsOwners):
        return ()
    return await session.owners(list(dict.fromkeys(events)), wanted)


async def _staged(session: CrmSession, events: Sequence[CardEvent], wanted: Sequence[Pairing]) -> Sequence[CardStage]:
    if not wanted or not isinstance(session, KnowsStages):
        return ()
    return await session.stages(list(dict.fromkeys(events)), wanted)


def _keep_stages(tx: Tx, *, link: LinkId, names: Sequence[StageName], found: Sequence[CardStage]) -> None:
    crm_stages.learn_names(tx, link, names)
    crm_stages.record(tx, link, found)


def _pairings(tx: Tx, *, link: LinkRow) -> Sequence[Pairing]:
    about = manifest(link.kind)
    return [crm_entries.pairing_of(about, row) for row in pairings.of_link(tx, link.id)]

"""Runs one link to a CRM: connects, arranges, tells what the ledger says, applies what comes, and catches up."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import structlog

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.events import CrmArrival, CrmEvent
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.errors import ChannelError, ChatappError, NeedsRebind, ReadInPart
from chatapp_cli.domain.health import Health
from chatapp_cli.domain.ids import DialogId, Millis, PairingId
from chatapp_cli.domain.portions import portions
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.ports.crm import Crm, CrmReply, CrmSession, OffersChannels
from chatapp_cli.runtime import card_pages
from chatapp_cli.runtime.crm_answers import CrmAnswers
from chatapp_cli.runtime.crm_typing import CrmTypingSigns
from chatapp_cli.runtime.ledger import LedgerKeeper
from chatapp_cli.runtime.lifecycle import Lifecycle
from chatapp_cli.runtime.link_access import AccessWatch
from chatapp_cli.runtime.link_history import HistoryKeeper
from chatapp_cli.runtime.link_inbox import LinkInbox
from chatapp_cli.runtime.link_load import AnswerTimes, CallMeter, LinkLoad
from chatapp_cli.runtime.link_rules import RuleWatch
from chatapp_cli.runtime.memory import bound_link
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.tasks import raise_if_cancelled, run_all
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.services import (
    calendars,
    crm_entries,
    crm_gaps,
    crm_holds,
    crm_intake,
    crm_looks,
    ledger,
    links,
    pairings,
)
from chatapp_cli.services.crm_entries import EntryLoader
from chatapp_cli.services.crm_route_choice import RuleDesk
from chatapp_cli.store.rows.crm import LinkRow, PairingRow
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

PROOF_EVERY = 60.0
"""Seconds between stored proofs that the link works; no call is made for them."""
CATCH_UP_EVERY = 3600.0
"""Seconds between looks for what employees wrote and nobody delivered: the CRM repeats no event."""
CATCH_UP_AGAIN = 300.0
"""Seconds after a look that could not read everything."""
_STATES: Mapping[Health, LinkState] = {
    Health.OK: LinkState.OK,
    Health.RETRYING: LinkState.LIMITED,
    Health.NEEDS_REBIND: LinkState.AUTH_LOST,
    Health.MISCONFIGURED: LinkState.SUSPENDED,
}
_KEPT_AT_ONCE = 500
"""Events of one call that are stored in one transaction."""
_PAYMENT = "payment"


class LinkRunner:
    """Keeps one revision of a link running until it is cancelled."""

    noun = "crm"

    def __init__(self, store: AsyncStore, row: LinkRow) -> None:
        self.row = row
        self._store = store
        self._clock = store.company.world.clock
        self._work = WakeUp()
        self._keeper = LedgerKeeper(store, row.id, self._work.set)
        self._inbox = LinkInbox(store, row, self._keeper.wake)
        self._typing = CrmTypingSigns(store, row)
        self._history = HistoryKeeper(store, row.id, self._keeper.wake)
        self._rules, self._access = RuleWatch(store, row.id), AccessWatch(store, row)
        self._questions = CrmAnswers(store, row.id)
        named = log.bind(link=row.id, kind=row.kind)
        self._lifecycle = Lifecycle(self, store.company.world, named, awaits_admission=row.code == links.NEW)
        self._arranging, self._catching_up, self._offering, self._proving = True, True, True, False
        self._session: CrmSession | None = None
        """The live one, which pages in cards ask."""
        self._door: tuple[Crm, Bound] | None = None
        self._opening = asyncio.Lock()
        self._meter, self._answers = CallMeter(self._clock), AnswerTimes()

    @property
    def load(self) -> LinkLoad:
        """How much the link asks of the CRM, and how fast it answers."""
        self._count()
        return LinkLoad(self._meter.last_hour, len(self._answers), self._answers.slowest)

    def _count(self) -> None:
        if self._session is not None:
            self._meter.note(self._session.calls)

    async def run(self) -> None:
        """Run until cancelled."""
        await self._lifecycle.run()

    async def stumbled(self, why: str) -> None:
        """Record in the link's state that its task ended by a mistake of ours."""
        await self._lifecycle.stumbled(why)

    def told(self) -> None:
        """There may be something to tell."""
        self._keeper.wake()

    def heard(self) -> None:
        """The CRM told something."""
        self._inbox.wake()

    def client_types(self, dialog: DialogId) -> None:
        """A client types in a dialog of any channel."""
        self._typing.client_types(dialog)

    def import_history(self) -> None:
        """A person wants what was written before a pairing shown, or no more of it."""
        self._history.wake()

    def asked(self) -> None:
        """A command or a window asks the CRM something."""
        self._questions.wake()

    def arrange(self) -> None:
        """A pairing changed; nothing is told until the CRM knows of it."""
        self._arranging = True
        self._keeper.hold()
        self._work.set()

    def look_after(self) -> None:
        """The CRM refuses the place of a pairing."""
        self._work.set()

    def offer(self) -> None:
        """A channel was bound, unbound or authorised: others can be chosen on the CRM's own pages."""
        self._offering = True
        self._work.set()

    def catch_up(self) -> None:
        """Look now for what was missed, because a person says so."""
        self._catching_up = True
        self._work.set()

    def state_told(self, code: str) -> None:
        """Prove that the link works if the CRM has told that it does not: such a call may come late, or again."""
        if code == crm_intake.UNINSTALLED:
            self._proving = True
            self._work.set()

    def resume(self) -> None:
        """Try again now because a person says so, or with the public address that they gave."""
        self._lifecycle.resume()
        self._keeper.wake()
        self._work.set()

    async def accept(self, request: HookRequest) -> HookReply:
        """Accept a call of the CRM, also while the link is down; replies only after its events are stored.

        The CRM does not repeat what could not be read or stored, or not in time, so that is looked for afterwards.
        """
        begun = self._clock.monotonic()
        try:
            reply = await self._accepted(request)
        except (ChatappError, asyncio.CancelledError):
            self.catch_up()
            raise
        self._answers.note(self._clock.monotonic() - begun)
        return HookReply(status=reply.status, body=reply.body, content_type=reply.content_type, headers=reply.headers)

    async def _accepted(self, request: HookRequest) -> CrmReply:
        crm, bound = await self._opened()
        reply = await crm.accept(bound, request)
        if reply.typed is not None:
            await self._typing.employee_types(reply.typed)
        if reply.card is not None:
            return await card_pages.opened(self._store, self.row.id, self._session, reply.card)
        if reply.place is not None:
            return await card_pages.place_opened(self._session, reply.place)
        if reply.refused is not None:
            return await card_pages.written(self._store, self.row.id, reply)
        if reply.arrivals and not await self._keep(reply.arrivals) and reply.repeated is not None:
            return reply.repeated
        return reply

    async def _opened(self) -> tuple[Crm, Bound]:
        """The CRM and the link's secrets, read once."""
        async with self._opening:
            if self._door is None:
                crm = await self._store.off_loop(partial(self._store.company.crm, self.row.kind))
                bound = await self._store.off_loop(partial(bound_link, self._store.company, self.row, self._store))
                self._door = crm, bound
            return self._door

    async def _keep(self, arrivals: Sequence[CrmArrival]) -> int:
        """Store what came, in several transactions if it is much: others that write wait for each of them."""
        new = 0
        for some in portions(arrivals, _KEPT_AT_ONCE):
            new += await self._store.write(partial(crm_intake.keep, link=self.row.id, arrivals=some))
        if new:
            self._inbox.wake()
        return new

    async def live(self) -> None:
        """Open the session and work with it until it fails."""
        crm, bound = await self._opened()
        address = await self._address()
        async with crm.open(self.row.id, bound, public_url=address) as session:
            raise_if_cancelled()
            self._session = session
            self._meter.begin()
            self._lifecycle.came_up()
            try:
                await self._work_with(session, address, partial(crm.understand, bound))
            finally:
                self._count()
                self._session = None

    async def _address(self) -> str:
        return await self._store.read(partial(public_url, company=self._store.company))

    async def _work_with(self, session: CrmSession, address: str, understand: Callable[[bytes], CrmEvent]) -> None:
        self._arranging = self._catching_up = self._offering = True
        self._inbox.hold()
        await self._store.write(partial(links.open_gap, link=self.row.id))
        tells = manifest(self.row.kind).tells_of(self.row.settings)
        await self._store.write(partial(links.learn, link=self.row.id, tells=tells))
        async with self._access.looks_if_refused(session):
            await self._arrange(session)
        await self._tell_health()
        loader = self._loader(address)
        inbox = self._inbox.run(session, understand)
        parts = (
            inbox,
            self._inbox.heed_owners(session),
            self._questions.run(session),
            self._typing.run(session),
            self._history.run(),
            self._tend(session, address),
        )
        await run_all(self._keeper.run(session, loader), *parts)

    def _loader(self, address: str) -> EntryLoader:
        company = self._store.company
        return EntryLoader(
            crm=manifest(self.row.kind),
            manifest=company.manifest,
            vault=company.vault,
            public_url=address,
            rules=RuleDesk(company.settings.folder / calendars.FOLDER),
        )

    async def _tend(self, session: CrmSession, address: str) -> None:
        """Keep the CRM arranged, prove that the link works, and catch up now and then.

        Ends with the public address, which a session knows as it was when it was opened.
        """
        next_look = self._clock.monotonic()
        while True:
            self._work.clear()
            if await self._address() != address:
                return
            if self._arranging or await self._holds_until() == 0.0:
                await self._arrange(session)
            if self._offering:
                await self._offer(session)
            await self._access.look(session, now=self._catching_up)
            if self._catching_up:
                seconds = CATCH_UP_EVERY if await self._catch_up(session) else CATCH_UP_AGAIN
                self._inbox.release()
                next_look = self._clock.monotonic() + seconds
            if self._proving:
                await self._prove(session)
            await self._tell_health()
            await self._rules.look(session)
            self._count()
            await self._store.write(partial(links.prove, link=self.row.id))
            self._lifecycle.lives(moved=False)
            await self._work.wait_by(self._clock, min(PROOF_EVERY, await self._holds_until()))
            if self._clock.monotonic() >= next_look:
                self._arranging = self._catching_up = True  # in the CRM somebody may have undone what was arranged

    async def _prove(self, session: CrmSession) -> None:
        """Ask whether we are still let in. Raises NeedsRebind with what the CRM has told of it."""
        self._proving = False
        try:
            await session.prove()
        except NeedsRebind as error:
            raise NeedsRebind(crm_intake.UNINSTALLED, error.detail) from error
        self._lifecycle.forget()

    async def _holds_until(self) -> float:
        """Seconds until the CRM is arranged anew for a pairing whose place it refuses; without one, as good as ever."""
        due = await self._store.read(partial(crm_holds.due, link=self.row.id))
        return math.inf if due is None else max(0.0, (due - self._clock.now()) / 1000)

    async def _tell_health(self) -> None:
        """Report that the link works, unless the CRM takes an entry not even after several attempts."""
        trouble = await self._store.read(partial(ledger.struggle, link=self.row.id))
        await self._lifecycle.tell(Health.OK if trouble is None else Health.RETRYING, *(trouble or ()))

    async def _arrange(self, session: CrmSession) -> None:
        """Make the CRM as the pairings say, and record which of them it refuses."""
        self._arranging = False
        rows = await self._store.read(partial(pairings.of_link, link=self.row.id))
        crm = manifest(self.row.kind)
        refused = await session.arrange([crm_entries.pairing_of(crm, row) for row in rows])
        await self._store.write(partial(_record_refusals, link=self.row, rows=rows, refused=refused))
        if not self._arranging:
            self._keeper.release()
            self._keeper.wake()

    async def _offer(self, session: CrmSession) -> None:
        """Tell the CRM's own pages which channels can be chosen."""
        self._offering = False
        if isinstance(session, OffersChannels):
            crm = manifest(self.row.kind)
            await session.offer(await self._store.read(partial(pairings.accounts, manifest=crm)))

    async def _catch_up(self, session: CrmSession) -> bool:
        """Look for what employees wrote since the last look; false if not everything could be read.

        Then the gap stays open, and the next look begins where this one did.
        """
        self._catching_up = False
        self._inbox.hold()
        await self._store.write(partial(links.open_gap, link=self.row.id))
        since = await self._store.read(partial(crm_gaps.looks_back_to, link=self.row.id))
        chats = await self._store.read(partial(crm_looks.mirrored, link=self.row.id))
        if found := await self._inbox.look_at_cards(session, since):
            self._inbox.wake()
        try:
            async for arrivals in session.catch_up(chats, since):
                found += await self._keep_found(arrivals, since)
                if self._arranging:
                    await self._arrange(session)
        except ReadInPart as error:
            log.warning("crm.read_in_part", link=self.row.id, code=error.code, detail=error.detail)
            return False
        await self._store.write(partial(links.close_gap, link=self.row.id, chats=len(chats), found=found))
        return True

    async def _keep_found(self, arrivals: Sequence[CrmArrival], since: Millis) -> int:
        if not arrivals:
            return 0
        keep = partial(crm_looks.keep, link=self.row.id, arrivals=arrivals, since=since)
        if new := await self._store.write(keep):
            self._inbox.wake()
        return new

    async def write_health(self, health: Health, code: str, detail: str, look: float) -> None:
        """Store the link's state."""
        state = LinkState.PAYMENT if code == _PAYMENT else _STATES[health]
        await self._store.write(
            partial(links.set_state, link=self.row.id, state=state, code=code, detail=detail, look=look)
        )

    async def write_retry(self, look: float) -> None:
        """Store when a link that still does not work is tried again."""
        await self._store.write(partial(links.look_again, link=self.row.id, look=look))


def public_url(tx: Tx, *, company: Company) -> str:
    """Where a CRM reaches us, without a slash at its end; empty if nobody said."""
    return company.options.text(tx, "public_url").rstrip("/")


def _record_refusals(
    tx: Tx, *, link: LinkRow, rows: Sequence[PairingRow], refused: Mapping[PairingId, ChannelError]
) -> None:
    """What a session found says nothing of a link that was renewed meanwhile."""
    if links.one(tx, link.id).revision != link.revision:
        return
    for row in rows:
        crm_holds.arranged(tx, row, refused.get(row.id))

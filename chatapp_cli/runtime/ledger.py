"""Tells one CRM what the ledger says, in bundles, and records each verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.states import AWAITED, Act
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    PlaceRefused,
    RateLimited,
    Rejected,
    Retryable,
)
from chatapp_cli.domain.ids import EntryId, LinkId, Millis
from chatapp_cli.ports.crm import CrmSession
from chatapp_cli.runtime.carrier import Carrier
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.tasks import failure, run_all
from chatapp_cli.runtime.verdicts import VerdictJob, VerdictWriter
from chatapp_cli.services import crm_holds, ledger, runs
from chatapp_cli.services.crm_entries import EntryLoader
from chatapp_cli.services.crm_run_entries import EntryNotReady
from chatapp_cli.store.rows.crm import EntryRow
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

BUNDLES = 2
"""Requests under way at once: more would only wait for the CRM's rate."""
FOR_AWAITED = 2.0
"""Seconds until an entry is looked at again that waits for its files, or for what was handed over to end."""
SCOPE = "scope"
"""The code of a right that is lacking, for one card or for all of them."""
LACKING_FOR_ALL = 3
"""Entries that are refused so, one after the other with none shown between: then the right is lacking for all."""
_FATAL = (NeedsRebind, Misconfigured, Retryable)
"""What concerns the link as a whole if a session raises it."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Entries that are told together."""

    entries: Sequence[tuple[EntryRow, LedgerEntry]]
    empty: Sequence[EntryRow] = ()
    """Those with nothing to tell any more."""
    awaiting: Sequence[tuple[EntryRow, str]] = ()
    """Those that cannot be told yet, and the code of what they wait for."""

    @property
    def doubtful(self) -> Sequence[tuple[EntryRow, LedgerEntry]]:
        """Those that the CRM may have already."""
        return [(row, entry) for row, entry in self.entries if row.doubtful]

    @property
    def fresh(self) -> Sequence[tuple[EntryRow, LedgerEntry]]:
        """Those that it certainly has not."""
        return [(row, entry) for row, entry in self.entries if not row.doubtful]

    @property
    def rows(self) -> Sequence[EntryRow]:
        """All of them."""
        return [*(row for row, _ in self.entries), *self.empty, *(row for row, _ in self.awaiting)]


def _bundle(tx: Tx, loader: EntryLoader, rows: Sequence[EntryRow]) -> Bundle:
    entries: list[tuple[EntryRow, LedgerEntry]] = []
    empty: list[EntryRow] = []
    awaiting: list[tuple[EntryRow, str]] = []
    for row in rows:
        try:
            entry = loader.load(tx, row)
        except EntryNotReady as error:
            awaiting.append((row, error.code))
            continue
        if entry is None:
            empty.append(row)
        else:
            entries.append((row, entry))
    return Bundle(entries, empty, awaiting)


class LedgerQueue:
    """The entries of one link as a queue for the carrier."""

    def __init__(
        self,
        store: AsyncStore,
        link: LinkId,
        session: CrmSession,
        loader: EntryLoader,
        verdicts: VerdictWriter,
        broke: Callable[[ChannelError], None],
        pause: Callable[[float], None],
        struggles: Callable[[], None] = lambda: None,
    ) -> None:
        """``struggles``: an entry begins to be one that is tried again and again, or is none any more.

        Also if one was refused for the place of its pairing.
        """
        self._store = store
        self._link = link
        self._session = session
        self._loader = loader
        self._record = verdicts.record
        self._broke = broke
        self._pause = pause
        self._struggles = struggles
        self._lacking: set[EntryId] = set()
        """Those for which a right was lacking since one was shown."""

    def claim(self, tx: Tx, n: int) -> Sequence[Bundle]:
        """One bundle: of each dialog one entry about its messages, and one that stands beside them."""
        del n
        rows = crm_holds.claim(tx, self._link, self._loader.crm.at_once, self._store.lease.epoch)
        runs.settle_late(tx, rows)
        return [_bundle(tx, self._loader, rows)] if rows else []

    async def carry(self, item: Bundle) -> None:
        """Tell the CRM, and record what it answered."""
        for row in item.empty:
            await self._record(partial(crm_holds.skip, row=row))
        for row, code in item.awaiting:
            await self._again(row, Retryable(code), FOR_AWAITED, counted=False)
        for row, entry in item.doubtful:
            await self._clear_up(row, entry)
        mine = await self._begun([row for row, _ in item.fresh])
        ready = [(row, entry) for row, entry in item.fresh if row.id in mine]
        if ready:
            await self._tell(ready)

    async def _begun(self, rows: Sequence[EntryRow]) -> set[int]:
        begun = await self._store.write(partial(ledger.begin, rows=rows), patient=True) if rows else []
        return {row.id for row in begun}

    async def _clear_up(self, row: EntryRow, entry: LedgerEntry) -> None:
        """Ask the CRM whether it has a doubtful entry: it is settled, or it is told like a new one the next time."""
        try:
            shown = await self._session.find(entry)
        except (OutcomeUnknown, Rejected) as error:  # a CRM that does not let us look leaves it unknown
            await self._in_doubt(row, error)
        except ChannelError as error:
            await self._look_later(row, error)
        else:
            if shown is None:
                await self._record(partial(ledger.certain, row=row))
            else:
                await self._settle(row, shown)

    async def _look_later(self, row: EntryRow, error: ChannelError) -> None:
        pause = error.retry_after if isinstance(error, RateLimited) else self._jittered(row)
        await self._again(row, error, pause, counted=not isinstance(error, RateLimited))
        await self._prove()

    async def _prove(self) -> None:
        """Ask whether what hinders one look concerns the link: a method that the CRM blocks stops only its entry."""
        try:
            await self._session.prove()
        except ChannelError as error:
            self._heed(error)

    async def _tell(self, pairs: Sequence[tuple[EntryRow, LedgerEntry]]) -> None:
        try:
            answers = await self._session.deliver([entry for _, entry in pairs])
        except asyncio.CancelledError:
            for row, _ in pairs:
                await self._in_doubt(row, OutcomeUnknown("interrupted"))
            raise
        except ChannelError as error:
            for row, _ in pairs:
                await self._verdict(row, error)
            self._heed(error)
            return
        for (row, _), answer in zip(pairs, answers, strict=True):
            await self._verdict(row, answer)

    def _heed(self, error: ChannelError) -> None:
        """Let the whole link rest or fall for what concerns all of it."""
        if isinstance(error, RateLimited):
            self._pause(error.retry_after)
        elif isinstance(error, _FATAL):
            self._broke(error)

    async def _verdict(self, row: EntryRow, answer: CrmReceipt | ChannelError) -> None:
        if isinstance(answer, CrmReceipt):
            if answer != CrmReceipt():  # with nothing to show, the CRM may not have been asked
                self._lacking.clear()
            await self._settle(row, answer)
        elif isinstance(answer, PlaceRefused):
            await self._record(partial(crm_holds.hold, row=row, error=answer))
            self._struggles()
        elif isinstance(answer, Rejected):
            await self._refused(row, answer)
        elif isinstance(answer, OutcomeUnknown):
            await self._in_doubt(row, answer)
        elif isinstance(answer, RateLimited):
            await self._again(row, answer, answer.retry_after, counted=False)
        else:
            await self._again(row, answer, self._jittered(row))

    async def _settle(self, row: EntryRow, shown: CrmReceipt) -> None:
        await self._record(partial(crm_holds.settle, row=row, shown=shown))
        self._note(row)

    def _note(self, row: EntryRow) -> None:
        """Have the link's state told anew after an entry that was tried often."""
        if row.tries >= ledger.STRUGGLES:
            self._struggles()

    async def _refused(self, row: EntryRow, error: Rejected) -> None:
        """Give up an entry, unless a right is lacking for all of them: then they wait, and the link is suspended.

        What stands still in the CRM until it is told, as a bot does, waits for the right in any case. Only messages
        tell that a right is lacking: one to say more about them, such as that they arrived, is not that to show them.
        """
        if error.code == SCOPE and row.act in AWAITED:
            await self._again(row, error, self._jittered(row))
            return
        await self._record(partial(crm_holds.die, row=row, code=error.code, detail=error.detail))
        if error.code != SCOPE or row.act != Act.ADD:
            return
        self._lacking.add(row.id)
        if len(self._lacking) >= LACKING_FOR_ALL:
            await self._record(partial(ledger.take_back, entries=sorted(self._lacking), code=SCOPE))
            self._broke(Misconfigured(error.code, error.detail))

    async def _in_doubt(self, row: EntryRow, error: ChannelError) -> None:
        """Look again later; after some looks a person has to decide."""
        if row.doubtful >= ledger.MOST_LOOKS:
            await self._record(partial(ledger.die, row=row, code=ledger.UNCERTAIN, detail=error.detail or error.code))
        else:
            seconds = max(ledger.FIRST_LOOK, self._jittered(row))
            await self._record(partial(ledger.again, row=row, error=error, seconds=seconds, doubtful=True))
        self._note(row)

    async def _again(self, row: EntryRow, error: ChannelError, seconds: float, *, counted: bool = True) -> None:
        await self._record(partial(ledger.again, row=row, error=error, seconds=seconds, counted=counted))
        if counted:
            self._note(row)

    def _jittered(self, row: EntryRow) -> float:
        return ledger.wait_after(row.tries) * self._store.company.world.chance.between(0.5, 1.0)

    def leave(self, item: Bundle, error: Exception | None) -> VerdictJob:
        """Put a bundle back; after a mistake of ours its entries are doubtful."""
        return partial(_leave, rows=item.rows, mistake=error is not None)

    async def next_due(self, *, idle: bool) -> Millis | None:
        """When the next entry may be told that waits for a time."""
        del idle
        return await self._store.read(partial(ledger.next_due, link=self._link))


def _leave(tx: Tx, *, rows: Sequence[EntryRow], mistake: bool) -> None:
    for row in rows:
        if mistake and row.doubtful >= ledger.MOST_LOOKS:
            ledger.die(tx, row, "unexpected", "")
        elif mistake:
            ledger.again(tx, row, Retryable("unexpected"), seconds=ledger.wait_after(row.tries), doubtful=True)
        else:
            ledger.again(tx, row, Retryable("stopped"), seconds=0, counted=False)


class LedgerKeeper:
    """Owns the ledger of one link while its session is up."""

    def __init__(self, store: AsyncStore, link: LinkId, struggles: Callable[[], None]) -> None:
        """``struggles``: as for the queue."""
        self._store = store
        self._struggles = struggles
        self._link = link
        self._clock = store.company.world.clock
        self._verdicts = VerdictWriter(store, log.bind(link=link), patient=True)
        self._carrier: Carrier[Bundle] = Carrier(store, self._verdicts, log.bind(link=link), at_once=1, patient=True)
        self._rests_until = 0.0
        self._free = asyncio.Event()
        self._free.set()
        self._fall: asyncio.Future[None] | None = None

    def wake(self) -> None:
        """Wake it: there may be something to tell."""
        self._carrier.wake()

    def hold(self) -> None:
        """Begin to tell nothing more: the CRM is not arranged as the pairings say, and would refuse it for good."""
        self._free.clear()

    def release(self) -> None:
        """Tell it now."""
        self._free.set()

    async def run(self, session: CrmSession, loader: EntryLoader) -> None:
        """Tell the CRM until cancelled. Raises the ChannelError that concerns the link as a whole."""
        await self._store.write(partial(ledger.recover, link=self._link, epoch=self._store.lease.epoch))
        self._fall = asyncio.get_running_loop().create_future()
        queue = LedgerQueue(
            self._store, self._link, session, loader, self._verdicts, self._broke, self._rest, self._struggles
        )
        await run_all(self._carrier.run(queue, self._ready), failure(self._fall))

    def _broke(self, error: ChannelError) -> None:
        if self._fall is not None and not self._fall.done():
            self._fall.set_exception(error)

    def _rest(self, seconds: float) -> None:
        self._rests_until = self._clock.monotonic() + seconds

    async def _ready(self) -> int:
        if not self._free.is_set():
            await self._free.wait()
            return 0
        left = self._rests_until - self._clock.monotonic()
        if left <= 0:
            return BUNDLES
        await self._clock.sleep(min(left, 5.0))
        return 0

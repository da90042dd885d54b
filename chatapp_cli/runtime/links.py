"""The running links of a company to its CRMs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import structlog

from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.journal.channels import ChannelBound, ChannelUnbound, HealthChanged
from chatapp_cli.domain.journal.company import CompanyConfigured
from chatapp_cli.domain.journal.dialogs import Assigned, ClientTyped
from chatapp_cli.domain.journal.lines import LineRemoved
from chatapp_cli.domain.journal.links import (
    CatchUpAsked,
    EntryRetried,
    HistoryAsked,
    LinkAdded,
    LinkAsked,
    LinkDeadLetterRevived,
    LinkEnding,
    LinkForgotten,
    LinkGranted,
    LinkResumed,
    LinkStateChanged,
    PairingEnded,
    PairingMade,
)
from chatapp_cli.domain.journal.messages import (
    FileArrived,
    FileMissing,
    MessageEchoed,
    MessageReceived,
    MessageStateChanged,
    MessageTextChanged,
    MessageWithdrawn,
    ReactionsShown,
)
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.runtime.fleet import Fleet, called
from chatapp_cli.runtime.restarting import WorkerState
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.runtime.worker import Worker
from chatapp_cli.services import crm_presence

if TYPE_CHECKING:
    from chatapp_cli.runtime.link import LinkRunner
    from chatapp_cli.runtime.link_ending import LinkEndings
    from chatapp_cli.runtime.link_load import LinkLoad
    from chatapp_cli.store.rows.crm import LinkRow

log = structlog.get_logger()

_LINKS = (LinkAdded, LinkEnding, LinkForgotten, LinkGranted)
_TO_TELL = (
    Assigned,
    EntryRetried,
    FileArrived,
    FileMissing,
    MessageEchoed,
    MessageReceived,
    MessageStateChanged,
    MessageTextChanged,
    MessageWithdrawn,
    ReactionsShown,
)


_ACCOUNTS = (ChannelBound, ChannelUnbound, HealthChanged, LineRemoved)
"""What changes which channels can be chosen on a CRM's own pages."""


class LinkSupervisor(Worker):
    """Starts, restarts and stops the links' runners as the store says, and passes events to them."""

    name = "crm"
    wakes = (
        *_LINKS,
        *_TO_TELL,
        *_ACCOUNTS,
        CatchUpAsked,
        ClientTyped,
        CompanyConfigured,
        HistoryAsked,
        LinkDeadLetterRevived,
        LinkAsked,
        LinkResumed,
        LinkStateChanged,
        PairingEnded,
        PairingMade,
    )

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._changed = WakeUp()
        self._since = store.company.world.clock.now()
        self._endings: LinkEndings | None = None
        self._fleet = Fleet(self._wanted, self._make, clock=store.company.world.clock, noun="crm")

    @property
    def stumbling(self) -> Sequence[WorkerState]:
        """The links whose tasks ended, until they have run for a while again."""
        return self._fleet.stumbling

    @property
    def loads(self) -> Sequence[tuple[LinkRow, LinkLoad]]:
        """How much each running link asks of its CRM, and how fast it answers."""
        return [(runner.row, runner.load) for runner in self._fleet.runners.values()]

    def by_hook(self, hook_key: str) -> LinkRunner | None:
        """The link of a webhook address."""
        return called(self._fleet.runners, hook_key)

    def hear(self, entries: Sequence[JournalEntry]) -> None:
        """Re-read the links, or pass the event to its runner."""
        runners = self._fleet.runners
        for entry in entries:
            if isinstance(entry.event, _LINKS):
                self._changed.set()
            elif runners:
                self._pass_on(entry, runners)

    def _pass_on(self, entry: JournalEntry, runners: Mapping[LinkId, LinkRunner]) -> None:
        if isinstance(entry.event, (*_TO_TELL, CompanyConfigured)):
            for runner in runners.values():
                runner.told()
                if isinstance(entry.event, CompanyConfigured):
                    runner.resume()
            return
        if isinstance(entry.event, ClientTyped):
            for runner in runners.values():
                runner.client_types(entry.event.dialog)
            return
        if isinstance(entry.event, _ACCOUNTS):
            for runner in runners.values():
                runner.offer()
            return
        runner_of = runners.get(LinkId(getattr(entry.event, "link", 0)))
        if runner_of is not None:
            _hear(runner_of, entry)

    async def run(self) -> None:
        """Follow the links until cancelled."""
        while True:
            await self.refresh()
            await self._changed.wait()

    async def refresh(self) -> None:
        """Start new links, restart changed ones, stop removed ones. Raises StoreError."""
        await self._fleet.refresh()

    async def stop(self) -> None:
        """Stop every link; each finishes what is in flight."""
        await self._fleet.stop()
        if self._endings is not None:
            await self._endings.stop()

    async def _wanted(self) -> Mapping[LinkId, LinkRow]:
        if not await self._store.read(crm_presence.is_linked):
            return {}
        await self._store.off_loop(_code_of_links)
        from chatapp_cli.services import links

        rows = await self._store.read(links.everything)
        self._carry_on([row for row in rows if row.ending is not None])
        return {row.id: row for row in rows if row.ending is None}

    def _carry_on(self, ending: Sequence[LinkRow]) -> None:
        """Remove what a person began to remove: nothing of it is built up again."""
        if ending:
            from chatapp_cli.runtime.link_ending import LinkEndings

            self._endings = self._endings or LinkEndings(self._store, self._since)
            self._endings.carry_on(ending)

    def _make(self, row: LinkRow) -> LinkRunner:
        from chatapp_cli.runtime.link import LinkRunner

        log.info("crm.started", link=row.id, kind=row.kind)
        return LinkRunner(self._store, row)


def _code_of_links() -> None:
    """Load what only a desk with a link needs, off the event loop."""
    import_module("chatapp_cli.runtime.link")


def _hear(runner: LinkRunner, entry: JournalEntry) -> None:
    match entry.event:
        case LinkDeadLetterRevived():
            runner.heard()
        case PairingMade() | PairingEnded():
            runner.arrange()
        case HistoryAsked():
            runner.import_history()
        case CatchUpAsked():
            runner.catch_up()
        case LinkStateChanged(code=code):
            runner.state_told(code)
        case LinkResumed():
            runner.resume()
        case LinkAsked():
            runner.asked()

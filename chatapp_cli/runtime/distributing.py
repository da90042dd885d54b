"""Gives waiting dialogs to the operators who are there, as soon as somebody writes or comes back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.access import DISTRIBUTION
from chatapp_cli.domain.journal.company import CompanyConfigured
from chatapp_cli.domain.journal.dialogs import DialogChanged
from chatapp_cli.domain.journal.lines import LineConfigured
from chatapp_cli.domain.journal.messages import MessageReceived
from chatapp_cli.domain.journal.operators import OperatorEvent
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.worker import Chore
from chatapp_cli.services import duties
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.services.distribution import Distributor

EVERY: Final = 60.0
"""Seconds between looks for what no event tells: hours that begin, and minutes that are over."""
_SETTINGS: Final = (LineConfigured, CompanyConfigured)


class Distributing(Chore):
    """While no line distributes or hands over, it only listens for options that say so."""

    def __init__(self, store: AsyncStore) -> None:
        wakes = (*_SETTINGS, MessageReceived, DialogChanged, OperatorEvent)
        super().__init__("distribution", self._turn, clock=store.company.world.clock, every=EVERY, wakes=wakes)
        self._store = store
        self._in_use = False

    def hear(self, entries: Sequence[JournalEntry]) -> None:
        """Wake up, if it is of any use."""
        if self._in_use or any(isinstance(entry.event, _SETTINGS) for entry in entries):
            self.wake()

    async def _turn(self) -> None:
        self._in_use = await self._store.read(duties.are_distributed)
        while self._in_use and await self._store.read(self._something_to_give):
            await self._store.write(self._give)

    def _something_to_give(self, tx: Tx) -> bool:
        return bool(self._distributor.gifts(tx))

    def _give(self, tx: Tx) -> None:
        self._distributor.give(tx.by(DISTRIBUTION))

    @cached_property
    def _distributor(self) -> Distributor:
        """Imported when the first line distributes."""
        from chatapp_cli.services.attendance import of_company
        from chatapp_cli.services.distribution import Distributor

        company = self._store.company
        return Distributor(company.options, of_company(company.options, company.settings.folder))

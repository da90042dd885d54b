"""Waits until a rule has another program told something; what does that is loaded then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatapp_cli.domain.journal.automation import AutomationDue
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.runtime.worker import Worker
from chatapp_cli.services import auto_presence

if TYPE_CHECKING:
    from chatapp_cli.runtime.rule_caller import RuleCaller


class RuleCalls(Worker):
    """The worker; without a call to make it only listens."""

    name = "rule_calls"
    wakes = (AutomationDue,)

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._news = WakeUp()
        self._caller: RuleCaller | None = None

    def hear(self, entries: Sequence[JournalEntry]) -> None:
        """An act is due: it may have queued a call."""
        if entries:
            self._news.set()
            if self._caller is not None:
                self._caller.wake()

    async def run(self) -> None:
        """Wait for the first call, and then make all that come until cancelled."""
        while not await self._store.read(auto_presence.has_calls):
            await self._news.wait()
            self._news.clear()
        from chatapp_cli.runtime.rule_caller import RuleCaller

        self._caller = RuleCaller(self._store)
        try:
            await self._caller.run()
        finally:
            self._caller = None

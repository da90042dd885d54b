"""Has rules planned and carried out by the daemon; imported only once there is a rule."""

from __future__ import annotations

from functools import partial
from typing import Final

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.kit.manifests import manifests
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import auto_run
from chatapp_cli.services.auto_desk import AutoDesk
from chatapp_cli.store.tx import Tx

CROWD: Final = 10
"""Transactions of others within a ``MOMENT``, from which on rules wait for them."""
MOMENT: Final = 0.1
"""Seconds in which nobody writes so often but who writes without a rest, be it one caller alone."""
SHARE: Final = 30
"""Then the pauses of rules are this many times as long as their work."""
LONGEST_PAUSE: Final = 2.0
"""Seconds of a pause at most."""


def desk_of(company: Company, *, making: bool = False) -> AutoDesk:
    """The surroundings of a company's rules; ``making``: a person makes one, so that kinds of channels must exist."""
    kinds = {kind: one.source_name or kind for kind, one in manifests().items()} if making else {}
    return AutoDesk(able=company.capabilities, options=company.options, folder=company.settings.folder, kinds=kinds)


class AutomationRunner:
    """Works off the journal and the acts that are due; while many others write, it leaves nearly all the time to them.

    An arrival is never slowed by it, and a rule acts a little later then.
    """

    def __init__(self, store: AsyncStore) -> None:
        self._store, self._clock = store, store.company.world.clock
        self._desk = desk_of(store.company)
        self._took = 0.0
        """Seconds of the writing thread that the turn took so far."""
        self._own = 0
        """Transactions of rules."""
        self._since, self._before = self._clock.monotonic(), self._others
        """When it was last known whether others write, and how many transactions of theirs there were."""

    @property
    def _others(self) -> int:
        return self._store.commits.jobs - self._own

    async def turn(self) -> None:
        """Work until there is nothing to do."""
        going = True
        while going:
            self._took = 0.0
            going = await self._work()
            self._own += 1
            if self._look_at_others() and going:
                await self._clock.sleep(min(SHARE * self._took, LONGEST_PAUSE))

    def _look_at_others(self) -> bool:
        """Count what others wrote since the last look that told enough; true if they write without a rest."""
        passed, wrote = self._clock.monotonic() - self._since, self._others - self._before
        if wrote < CROWD and passed < MOMENT:
            return False
        self._since, self._before = self._since + passed, self._before + wrote
        return wrote >= max(CROWD, CROWD * passed / MOMENT)

    async def _work(self) -> bool:
        try:
            return await self._store.write(self._timed, patient=True)
        except (StoreError, Busy):
            raise
        except Exception as error:  # an act that our code fails at must not keep the others
            await self._give_up(error)
            raise

    def _timed(self, tx: Tx) -> bool:
        began = self._clock.monotonic()
        try:
            return auto_run.work(tx, self._desk)
        finally:
            self._took += self._clock.monotonic() - began

    async def _give_up(self, error: Exception) -> None:
        row = await self._store.read(auto_run.next_due)
        if row is not None:
            why = T("It failed inside chatapp: {error}", error=type(error).__name__)
            await self._store.write(partial(auto_run.give_up, act=row.id, why=why))

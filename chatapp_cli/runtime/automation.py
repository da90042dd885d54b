"""Has rules planned and carried out by the daemon; imported only once there is a rule."""

from __future__ import annotations

from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.kit.manifests import manifests
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import auto_run
from chatapp_cli.services.auto_desk import AutoDesk


def desk_of(company: Company, *, making: bool = False) -> AutoDesk:
    """The surroundings of a company's rules; ``making``: a person makes one, so that kinds of channels must exist."""
    kinds = {kind: one.source_name or kind for kind, one in manifests().items()} if making else {}
    return AutoDesk(able=company.capabilities, options=company.options, folder=company.settings.folder, kinds=kinds)


class AutomationRunner:
    """Works off the journal and the acts that are due."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._desk = desk_of(store.company)

    async def turn(self) -> None:
        """Work until there is nothing to do."""
        while await self._work():
            pass

    async def _work(self) -> bool:
        try:
            return await self._store.write(partial(auto_run.work, desk=self._desk))
        except (StoreError, Busy):
            raise
        except Exception as error:  # an act that our code fails at must not keep the others
            await self._give_up(error)
            raise

    async def _give_up(self, error: Exception) -> None:
        row = await self._store.read(auto_run.next_due)
        if row is not None:
            why = T("It failed inside chatapp: {error}", error=type(error).__name__)
            await self._store.write(partial(auto_run.give_up, act=row.id, why=why))

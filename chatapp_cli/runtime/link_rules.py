"""Looks every night whether a CRM still has what the rules of its link name: pipelines, stages, fields, employees."""

from __future__ import annotations

from functools import partial
from typing import Final

import structlog

from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import LinkId, Millis
from chatapp_cli.ports.crm import CrmSession, MakesCards
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import rule_looks, rule_outcomes
from chatapp_cli.services.rule_looks import NightlyLook

log = structlog.get_logger()

AGAIN: Final[Millis] = 3_600_000
"""Until the next look if the CRM did not answer."""


class RuleWatch:
    """Looks for one link while its session is up; a night on which it was not is made up for."""

    def __init__(self, store: AsyncStore, link: LinkId) -> None:
        self._store, self._link = store, link
        self._next: Millis = 0
        self._revision = 0
        """Of the rules for which that is so: others may name another zone."""

    async def look(self, session: CrmSession) -> None:
        """Look if it is time, and record what is gone. What the CRM refuses to tell is asked for later."""
        planned = await self._due() if isinstance(session, MakesCards) else None
        if planned is None or not isinstance(session, MakesCards):
            return
        try:
            there, employees = await session.pipelines(), await session.employees()
        except ChannelError as error:
            log.warning("crm.rules_unseen", link=self._link, code=error.code)
            self._next = self._store.company.world.clock.now() + AGAIN
            return
        found = {rule.id: rule_outcomes.lacking(rule.outcome, there, employees) for rule in planned.rules}
        await self._store.write(partial(rule_looks.record, link=self._link, night=planned.night, found=found))

    async def _due(self) -> NightlyLook | None:
        """What is to be looked for now. The rules are read only when they have changed, or at the hour."""
        revision = int(await self._store.read(lambda tx: tx.value("rules.revision", link=self._link)) or 0)
        now = self._store.company.world.clock.now()
        if not revision or (revision == self._revision and now < self._next):
            return None
        planned = await self._store.read(partial(rule_looks.planned, link=self._link))
        self._revision, self._next = revision, planned.next_at
        return planned if planned.rules else None

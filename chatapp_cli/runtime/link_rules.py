"""Looks every day whether a CRM still has what the rules of its link name: pipelines, stages, fields, employees."""

from __future__ import annotations

from functools import partial
from typing import Final

import structlog

from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.ports.crm import CrmSession, MakesCards
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import crm_rules, rule_outcomes, rule_troubles

log = structlog.get_logger()

EVERY: Final = 24 * 3600.0
"""Seconds between two looks."""
AGAIN: Final = 3600.0
"""Seconds until the next look if the CRM did not answer."""


class RuleWatch:
    """Looks for one link, at most once a day while its session is up."""

    def __init__(self, store: AsyncStore, link: LinkId) -> None:
        self._store, self._link = store, link
        self._due = 0.0

    async def look(self, session: CrmSession) -> None:
        """Look if it is time, and record what is gone. What the CRM refuses to tell is asked for later."""
        now = self._store.company.world.clock.monotonic()
        if now < self._due or not isinstance(session, MakesCards):
            return
        rules = await self._store.read(partial(crm_rules.everything, link=self._link))
        self._due = now + EVERY
        if not rules:
            return
        try:
            there, employees = await session.pipelines(), await session.employees()
        except ChannelError as error:
            log.warning("crm.rules_unseen", link=self._link, code=error.code)
            self._due = now + AGAIN
            return
        found = {rule.id: rule_outcomes.lacking(rule.outcome, there, employees) for rule in rules}
        await self._store.write(partial(rule_troubles.note, found=found))

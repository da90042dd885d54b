"""The pair of an account's tokens, whose renewal is killed at each of its steps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import NeedsRebind
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.kit.crms import create
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.memory import bound_link
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.services import links, options
from tests.runtime.amo_link import linked_by_code
from tests.runtime.standing import RENEWING, STEPS, killed_at
from tests.unit.kit.worlds import HeldClock

LOSING = "answered"
"""The step at which a kill loses the pair."""


async def proved(company: Company, link: LinkId) -> None:
    """Ask the account something in a session of a process that starts now, and for which nothing takes time."""
    crm = create("amocrm", World(clock=HeldClock(), chance=SystemChance()))
    bound = bound_link(company, company.read(lambda tx: links.one(tx, link)))
    async with crm.open(link, bound, public_url="") as session:
        await session.prove()


async def test_a_renewal_that_was_killed_costs_the_pair_only_if_its_answer_was_lost_and_then_it_is_asked_for_no_more(
    companies: Callable[..., Company],
) -> None:
    company = companies(http_port=0)
    company.write(lambda tx: options.configure_company(tx, {"public_url": "https://desk.example"}))
    async with Account(rate=50.0) as account:
        renewals = account.authority.renewals
        link = await linked_by_code(company, account)
        for place in sorted(STEPS, key=LOSING.__eq__):
            renewals.clear()
            account.authority.end_access()
            await killed_at(place, RENEWING, company.settings.home, str(link))
            lost = place == LOSING
            for _ in range(3):
                with pytest.raises(NeedsRebind, match="access_ended") if lost else nullcontext():
                    await proved(company, link)
            assert (len(renewals), len(set(renewals))) == (2 if lost else 1, 1), place

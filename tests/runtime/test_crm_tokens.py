"""The tokens of a portal: killed at any step, wanted by two processes, wanted a hundred times at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import open_company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.errors import NeedsRebind, Retryable
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.crm import CrmSession
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.memory import bound_link
from chatapp_cli.sandbox.bitrix24.misbehaviour import TOKEN
from chatapp_cli.settings import Settings
from tests.runtime.desk import eventually
from tests.runtime.portal_desk import ANNA, PortalDesk, portal_desk
from tests.runtime.standing import RENEWING, killed_at
from tests.stores import OWNER
from tests.unit.kit.worlds import HeldClock


@pytest.fixture
async def desk(tmp_path: Path, empty_store: Path) -> AsyncIterator[PortalDesk]:
    async with portal_desk(tmp_path / "home", empty_store) as found:
        found.portal.misbehaviour.bucket = False
        found.portal.authority.renewals.clear()
        yield found


@asynccontextmanager
async def session_of(desk: PortalDesk) -> AsyncIterator[CrmSession]:
    """A session of a process that starts now, and for which nothing takes time."""
    world = World(clock=HeldClock(), chance=SystemChance())
    company = open_company(Settings(home=str(desk.daemons.home), http_port=0), world).seen_by(OWNER)
    try:
        bound = await asyncio.to_thread(bound_link, company, desk.row())
        async with company.crm("bitrix24").open(desk.link, bound, public_url=desk.address) as session:
            yield session
    finally:
        company.close()


@pytest.mark.parametrize(
    ("place", "presented", "lost"),
    [("nothing noted", 1, False), ("noted", 1, False), ("answered", 2, True), ("stored", 1, False)],
)
async def test_a_renewal_that_was_killed_costs_the_link_only_if_its_answer_was_lost(
    desk: PortalDesk, place: str, presented: int, lost: bool
) -> None:
    desk.portal.authority.expire()
    await killed_at(place, RENEWING, str(desk.daemons.home), str(desk.link))
    for _ in range(3):
        try:
            async with session_of(desk) as session:
                await session.prove()
        except NeedsRebind:
            assert lost
        else:
            assert not lost
    renewals = desk.portal.authority.renewals
    assert (len(renewals), len(set(renewals))) == (presented, 1)


async def test_the_daemon_and_a_command_that_find_the_tokens_ended_renew_them_once(desk: PortalDesk) -> None:
    async with desk.daemons.child():
        await eventually(lambda: desk.row().state == LinkState.OK)
        desk.portal.misbehaviour.slow[TOKEN] = 2.0
        desk.portal.authority.expire()
        asking = asyncio.create_task(desk.daemons.chatapp("crm", "check"))
        await eventually(lambda: desk.portal.authority.renewals)
        await desk.bot.say(ANNA, "раз")
        code, said = await asking
        await eventually(lambda: "раз" in desk.shown() and desk.told_all())
        assert desk.row().state == LinkState.OK
    assert (code, "Each event is bound to this desk once." in said) == (0, True), said
    assert len(desk.portal.authority.renewals) == 1


async def test_a_hundred_calls_that_find_the_token_ended_make_one_request(desk: PortalDesk) -> None:
    async with session_of(desk) as session:
        desk.portal.authority.expire()
        await asyncio.gather(*(session.prove() for _ in range(100)))
    assert len(desk.portal.authority.renewals) == 1


async def test_a_hundred_calls_whose_renewal_had_no_answer_present_the_token_once_more_and_never_again(
    desk: PortalDesk,
) -> None:
    fault, renewals = desk.portal.misbehaviour, desk.portal.authority.renewals
    async with session_of(desk) as session:
        desk.portal.authority.expire()
        fault.lose_after[TOKEN] = 1
        failed = await asyncio.gather(*(session.prove() for _ in range(100)), return_exceptions=True)
        assert isinstance(failed[0], Retryable)
        assert all(isinstance(one, Retryable | NeedsRebind) for one in failed)
        for _ in range(2):
            lost = await asyncio.gather(*(session.prove() for _ in range(100)), return_exceptions=True)
            assert all(isinstance(one, NeedsRebind) for one in lost)
    assert (len(renewals), len(set(renewals))) == (2, 1)

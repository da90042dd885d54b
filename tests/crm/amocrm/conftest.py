"""An account whose every exchange is judged by the contracts, and a desk that it calls."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.amocrm import Account
from tests.crm.amocrm.desk import AmoDesk, pairing
from tests.sandbox.amocrm.schema import problems
from tests.unit.kit.worlds import held_world


@pytest.fixture
def world() -> World:
    return held_world()


@pytest.fixture
async def account(world: World) -> AsyncIterator[Account]:
    async with Account(clock=world.clock) as account:
        yield account
        await account.settled()
    assert problems(account) == []


@pytest.fixture
async def desk(account: Account, world: World) -> AsyncIterator[AmoDesk]:
    async with AmoDesk(account, world) as desk:
        yield desk


@pytest.fixture
async def session(desk: AmoDesk) -> AsyncIterator[AmoSession]:
    """Allowed, and WhatsApp paired with the pipeline of sales."""
    await desk.link()
    await desk.allow()
    async with desk.session() as session:
        assert await session.arrange([pairing()]) == {}
        yield session


@pytest.fixture
async def noting(desk: AmoDesk) -> AsyncIterator[AmoSession]:
    """The same in an account without a chat channel of ours, by a long-lived token."""
    await desk.link(channel=False, way="token", token=desk.account.long_lived(400))
    async with desk.session() as session:
        assert await session.arrange([pairing()]) == {}
        yield session

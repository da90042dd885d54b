"""A portal whose every exchange is judged by the kept contracts, and a desk that it calls."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from tests.crm.bitrix24.desk import OfficeDesk, pairing
from tests.sandbox.bitrix24.schema import problems
from tests.unit.kit.worlds import held_world


@pytest.fixture
def world() -> World:
    return held_world()


@pytest.fixture
async def portal(world: World) -> AsyncIterator[Portal]:
    async with Portal(clock=world.clock) as portal:
        yield portal
        await portal.settled()
    assert problems(portal) == []


@pytest.fixture
async def desk(portal: Portal, world: World) -> AsyncIterator[OfficeDesk]:
    async with OfficeDesk(portal, world) as desk:
        yield desk


@pytest.fixture
async def session(desk: OfficeDesk) -> AsyncIterator[Bitrix24Session]:
    """Installed, and WhatsApp paired with the line."""
    await desk.install()
    async with desk.session() as session:
        assert await session.arrange([pairing()]) == {}
        yield session

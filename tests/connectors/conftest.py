"""A channel bound to the ``sandbox`` of its folder, and a session of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.manifests import create
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, Session
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.stage import Sandbox
from tests.contract.connector_contract import ScriptedAsker


@pytest.fixture
def world() -> World:
    return system_world()


@pytest.fixture
def connector(world: World, sandbox: Sandbox) -> Connector:
    return create(sandbox.kind, world)


@pytest.fixture
async def bound(connector: Connector, sandbox: Sandbox) -> Bound:
    return await connector.bind(ScriptedAsker(sandbox.answers))


@pytest.fixture
async def session(connector: Connector, bound: Bound) -> AsyncIterator[Session]:
    async with connector.open(ChannelId(1), bound) as session:
        yield session

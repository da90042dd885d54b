"""A sandbox whose every exchange and update is judged by MAX's published description."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.connectors.max.connector import PollingSession, create
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.max import MaxSandbox
from tests.contract.connector_contract import ScriptedAsker
from tests.contract.max_schema import problems


@pytest.fixture
async def sandbox() -> AsyncIterator[MaxSandbox]:
    async with MaxSandbox() as sandbox:
        yield sandbox
    assert problems(sandbox) == []


@pytest.fixture
def connector() -> Connector:
    return create(system_world())


@pytest.fixture
async def bound(connector: Connector, sandbox: MaxSandbox) -> Bound:
    return await connector.bind(ScriptedAsker(sandbox.answers))


@pytest.fixture
async def session(connector: Connector, bound: Bound) -> AsyncIterator[PollingSession]:
    async with connector.open(ChannelId(1), bound) as session:
        assert isinstance(session, PollingSession)
        yield session

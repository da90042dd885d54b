"""A sandbox whose every exchange is judged by the published description of VK's API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.connectors.vk.connector import create
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.vk import VkSandbox
from tests.connectors.vk.judge import problems
from tests.contract.connector_contract import ScriptedAsker


@pytest.fixture
async def sandbox() -> AsyncIterator[VkSandbox]:
    async with VkSandbox() as sandbox:
        yield sandbox
    assert problems(sandbox) == []


@pytest.fixture
def connector() -> Connector:
    return create(system_world())


@pytest.fixture
async def bound(connector: Connector, sandbox: VkSandbox) -> Bound:
    return await connector.bind(ScriptedAsker(sandbox.answers))


@pytest.fixture
async def session(connector: Connector, bound: Bound) -> AsyncIterator[object]:
    async with connector.open(ChannelId(1), bound) as session:
        yield session

"""The connector with a stand-in child and a town of phones behind it."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.connectors.whatsapp_web.connector import create
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from tests.contract.connector_contract import ScriptedAsker

with warnings.catch_warnings(), suppress(ImportError):
    # On being imported it asks «uname» by a pipe that it leaves open; the next process that is started closes it.
    warnings.simplefilter("ignore", ResourceWarning)
    import neonize  # noqa: F401

    for _ in range(2):
        subprocess.run(["true"], check=True)


@pytest.fixture
async def sandbox() -> AsyncIterator[WhatsAppWebSandbox]:
    async with WhatsAppWebSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def world(tmp_path: Path) -> World:
    return replace(system_world(), place=tmp_path / "company")


@pytest.fixture
def connector(world: World) -> Connector:
    return create(world)


@pytest.fixture
async def bound(connector: Connector, sandbox: WhatsAppWebSandbox) -> Bound:
    return await connector.bind(ScriptedAsker(sandbox.answers))


@pytest.fixture
async def session(connector: Connector, bound: Bound) -> AsyncIterator[object]:
    async with connector.open(ChannelId(1), bound) as session:
        yield session

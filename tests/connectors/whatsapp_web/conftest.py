"""The connector with a stand-in child and a town of phones behind it."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox

if TYPE_CHECKING:
    from tests.connectors.whatsapp_web.native import Native

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


class Hurried:
    """A clock that is right and never lets anybody wait; it notes for how long they would have."""

    def __init__(self) -> None:
        self._right = system_world().clock
        self.slept: list[float] = []

    def now(self) -> Millis:
        return self._right.now()

    def monotonic(self) -> float:
        return self._right.monotonic()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self._right.sleep(0)


@pytest.fixture
def clock() -> Hurried:
    return Hurried()


@pytest.fixture
def world(tmp_path: Path, clock: Hurried) -> World:
    return replace(system_world(), place=tmp_path / "company", clock=clock)


@pytest.fixture
async def native() -> AsyncIterator[Native]:
    """The library under the real child, led by the test."""
    from tests.connectors.whatsapp_web.native import Native

    async with Native() as native:
        yield native


@pytest.fixture
async def real(connector: Connector, native: Native) -> Bound:
    """A binding of the real child."""
    from tests.connectors.whatsapp_web.linked import linked

    bound, _ = await linked(connector, native)
    return bound


@pytest.fixture
async def phone(connector: Connector, real: Bound) -> AsyncIterator[object]:
    """A session of the real child."""
    async with connector.open(ChannelId(1), real) as session:
        yield session

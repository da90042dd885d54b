"""A mailbox in which somebody writes beside the desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from chatapp_cli.connectors.email.connector import EmailConnector, EmailSession, create
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World
from tests.connectors.email.corpus import plain
from tests.connectors.email.desk import Eager
from tests.connectors.email.dialogs import DESK


class Hasty(Eager):
    """A clock on which a minute passes whenever somebody looks, so that slow polls are due."""

    def __init__(self) -> None:
        self._minutes = 0

    def monotonic(self) -> float:
        self._minutes += 1
        return 60.0 * self._minutes


def ours(text: str, *, to: bytes = b"anna@example.org", extra: bytes = b"", sender: bytes = DESK) -> bytes:
    """A mail that somebody wrote from a phone."""
    return plain(text.encode(), sender=sender, extra=extra).replace(b"To: desk@shop.example.org", b"To: " + to)


@pytest.fixture
def connector() -> EmailConnector:
    return create(World(clock=Hasty(), chance=SystemChance()))


@asynccontextmanager
async def reading(connector: EmailConnector, bound: Bound, cursor: str | None = None) -> AsyncIterator[EmailSession]:
    async with asyncio.timeout(20), connector.open(ChannelId(1), replace(bound, cursor=cursor)) as session:
        yield session

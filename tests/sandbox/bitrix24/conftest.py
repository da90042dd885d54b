"""A portal on a clock that the test moves, whose every exchange is judged at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.sandbox.bitrix24 import Portal
from tests.sandbox.bitrix24.desk import Client, Handler, listening
from tests.sandbox.bitrix24.schema import problems
from tests.sandbox.clock import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def careless(clock: HandClock) -> AsyncIterator[Portal]:
    """A portal that nobody judges, for calls that are meant to be wrong."""
    async with Portal(clock=clock) as portal:
        yield portal


@pytest.fixture
async def portal(careless: Portal) -> AsyncIterator[Portal]:
    yield careless
    assert problems(careless) == []


@pytest.fixture
def client(careless: Portal) -> Client:
    return Client(careless, careless.hand_out().access)


@pytest.fixture
async def handler() -> AsyncIterator[Handler]:
    async with listening() as handler:
        yield handler

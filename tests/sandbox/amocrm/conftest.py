"""An account on a clock that the test moves, whose every exchange is judged at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.sandbox.amocrm import Account
from tests.sandbox.amocrm.desk import Client, Receiver, listening
from tests.sandbox.amocrm.schema import problems
from tests.sandbox.clock import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def careless(clock: HandClock) -> AsyncIterator[Account]:
    """An account that nobody judges, for requests that are meant to be wrong."""
    async with Account(clock=clock) as account:
        yield account


@pytest.fixture
async def account(careless: Account) -> AsyncIterator[Account]:
    yield careless
    assert problems(careless) == []


@pytest.fixture
def client(careless: Account, clock: HandClock) -> Client:
    return Client(careless, clock, careless.hand_out().access)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening() as receiver:
        yield receiver

"""Killed at any step of a renewal: the login is lost only if the provider's answer was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.connectors.email.access import client_of
from chatapp_cli.domain.errors import NeedsRebind
from chatapp_cli.kit.rotation import Rotation
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.kit.tokens import AccessToken, Tokens
from chatapp_cli.ports.world import World
from chatapp_cli.runtime import binding
from chatapp_cli.runtime.memory import bound_with_memory
from chatapp_cli.sandbox.email_oauth import OauthEmailSandbox
from chatapp_cli.services import channels, lines
from chatapp_cli.store.rows.channels import ChannelRow
from tests.contract.connector_contract import ScriptedAsker
from tests.runtime.standing import killed_at
from tests.unit.kit.worlds import HeldClock

CHILD = """
import asyncio, sys
from dataclasses import replace
from chatapp_cli.bootstrap import open_company
from chatapp_cli.connectors.email.access import client_of
from chatapp_cli.kit.rotation import Rotation
from chatapp_cli.kit.system import system_world
from chatapp_cli.kit.tokens import Tokens
from chatapp_cli.runtime.memory import bound_with_memory
from chatapp_cli.services import channels
from chatapp_cli.settings import Settings
from tests.runtime.standing import StandingMemory

home, channel, place = sys.argv[1], int(sys.argv[2]), sys.argv[3]

async def renew():
    company = open_company(Settings(home=home, http_port=0))
    bound = bound_with_memory(company, company.whole.read(lambda tx: channels.one(tx, channel)))
    bound = replace(bound, memory=StandingMemory(bound.memory, place))
    client = client_of(bound.settings, bound.secrets, None)
    world = system_world()
    tokens = Tokens(bound, Rotation(client.renew, bound, world), world.clock)
    await tokens.another(await tokens.present())

asyncio.run(renew())
"""


@pytest.fixture
async def sandbox() -> AsyncIterator[OauthEmailSandbox]:
    async with OauthEmailSandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def channel(company: Company, sandbox: OauthEmailSandbox) -> ChannelRow:
    line = await asyncio.to_thread(company.write, partial(lines.add, name="Почта"))
    number = await binding.bind(company, ScriptedAsker(sandbox.answers), line=line, kind="email")
    return await asyncio.to_thread(company.read, partial(channels.one, channel=number))


async def renewed(company: Company, channel: ChannelRow, refused: AccessToken) -> AccessToken:
    """The token of a process that starts now and whose first one is refused."""
    bound = await asyncio.to_thread(bound_with_memory, company, channel)
    client = client_of(bound.settings, bound.secrets, None)
    world = World(clock=HeldClock(), chance=SystemChance())
    return await Tokens(bound, Rotation(client.renew, bound, world), world.clock).another(refused)


@pytest.mark.parametrize(
    ("place", "presented", "lost"),
    [("nothing noted", 1, False), ("noted", 1, False), ("answered", 2, True), ("stored", 1, False)],
)
async def test_a_renewal_that_was_killed_costs_the_login_only_if_its_answer_was_lost(
    company: Company, sandbox: OauthEmailSandbox, channel: ChannelRow, tmp_path: Path,
    place: str, presented: int, lost: bool,
) -> None:  # fmt: skip
    bound = await asyncio.to_thread(bound_with_memory, company, channel)
    first = msgspec.json.decode(bound.secrets["token"], type=AccessToken)
    await killed_at(place, CHILD, str(tmp_path / "home"), str(channel.id))
    for _ in range(3):
        try:
            found = await renewed(company, channel, first)
        except NeedsRebind:
            assert lost
        else:
            assert not lost
            assert sandbox.authorisation.accepts("desk@shop.example.org", found.access)
    assert sandbox.authorisation.renewals == [first.refresh] * presented

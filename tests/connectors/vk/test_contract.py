"""A VK community keeps the promises of every channel, by long poll and by callback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chatapp_cli.domain.arrival import PeerChanged
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, Session
from chatapp_cli.sandbox.stage import Sandbox
from chatapp_cli.sandbox.vk import VkSandbox
from chatapp_cli.sandbox.vk.server import USER_TOKEN
from tests.connectors.vk.hearing import behind, first
from tests.contract.connector_contract import ANNA, ConnectorContract, ScriptedAsker, collect
from tests.contract.door import Door

pytestmark = pytest.mark.req("S-076", "S-081", "C-03")

WRONG = (
    ({"token": "vk1.a.of-nobody"}, "token"),
    ({"token": "ключ"}, "token"),
    ({"token": USER_TOKEN}, "token"),
    ({"api_url": "http://127.0.0.1:1"}, "api_url"),
    ({"api_url": "vk"}, "api_url"),
    ({"intake": "webhook", "public_url": "desk.example.org"}, "public_url"),
    ({"proxies": "telnet://proxy.example.org:1"}, "proxies"),
    ({"proxies": "http://127.0.0.1:1"}, "proxies"),
)


UNBEARABLE = ([str(n) for n in range(11)], ["ц" * 41])


class TestLongPoll(ConnectorContract):
    kind = "vk"
    unbearable = UNBEARABLE
    wrong = WRONG


class TestCallback(ConnectorContract):
    kind = "vk"
    unbearable = UNBEARABLE
    by_hook = True

    @pytest.fixture
    async def bound(self, connector: Connector, sandbox: VkSandbox, door: Door) -> Bound:
        asker = ScriptedAsker({**sandbox.answers, "intake": "webhook", "public_url": "http://127.0.0.1"})
        bound = await connector.bind(asker)
        sandbox.intake, sandbox.public_url = "webhook", door.address("").removesuffix("/hooks/")
        public_url = door.address(bound.hook_key).removesuffix(f"/hooks/{bound.hook_key}")
        return replace(bound, settings={**bound.settings, "public_url": public_url})

    @pytest.fixture(autouse=True)
    async def registered(self, sandbox: VkSandbox, bound: Bound) -> None:
        """VK knows the address already, and its kinds of events."""
        url = f"{bound.settings['public_url']}/hooks/{bound.hook_key}"
        number = await sandbox.delivery.add_server(url, bound.secrets["hook_secret"])
        sandbox.delivery.servers[number] |= {"status": "ok", "wanted": frozenset({"message_new", "message_reply"})}

    async def test_a_customers_words_arrive_with_name_and_address(
        self, session: Session, sandbox: Sandbox, bound: Bound, door: Door | None
    ) -> None:
        """VK calls with a number only: the name is asked for, and follows."""
        await sandbox.say(ANNA, "Здравствуйте, ёлки есть?")
        (message,), _ = await collect(session, 1, bound.cursor, door=door)
        assert (message.text, message.sender.id, message.peer.address) == ("Здравствуйте, ёлки есть?", "7001", "7001")
        assert door
        async with behind(door, session):
            introduced = await first(session, None, PeerChanged)
        assert (introduced.peer.key, introduced.peer.title) == ("7001", ANNA.name)

    async def test_checking_proves_receiving_and_sending(self, connector: Connector, bound: Bound) -> None:
        findings = {finding.name: finding for finding in await connector.check(bound)}
        assert {name: finding.ok for name, finding in findings.items()} == {
            "receive": True,
            "send": True,
            "comments": True,
        }


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with Door() as door:
        yield door

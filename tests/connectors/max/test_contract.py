"""The bot of MAX keeps the promises of every channel, by asking and by webhook."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.max import MaxSandbox
from tests.contract.connector_contract import ConnectorContract, ScriptedAsker
from tests.contract.door import Door

pytestmark = [pytest.mark.req("S-109")]

WRONG = (
    ({"token": "of-nobody"}, "token"),
    ({"token": "two words"}, "token"),
    ({"token": ""}, "token"),
    ({"api_url": "http://127.0.0.1:1"}, "api_url"),
    ({"api_url": "max"}, "api_url"),
    ({"intake": "webhook", "public_url": "desk"}, "public_url"),
    ({"ca_file": "/nowhere/ca.pem"}, "ca_file"),
    ({"proxies": "http://127.0.0.1:1"}, "proxies"),
    ({"proxies": "mtproxy://host:1"}, "proxies"),
)


UNBEARABLE = ([str(n) for n in range(31)], ["ц" * 129])


class TestAsking(ConnectorContract):
    kind = "max"
    unbearable = UNBEARABLE
    wrong = WRONG


class TestWebhook(ConnectorContract):
    """MAX calls plain http only where the server is our own."""

    kind = "max"
    unbearable = UNBEARABLE
    by_hook = True

    @pytest.fixture
    async def bound(self, connector: Connector, sandbox: MaxSandbox, door: Door) -> Bound:
        sandbox.public_url = door.address("").removesuffix("/hooks/")
        return await connector.bind(ScriptedAsker(sandbox.answers))

    async def test_checking_proves_receiving_and_sending(self, connector: Connector, bound: Bound) -> None:
        before = {finding.name: finding.ok for finding in await connector.check(bound)}
        async with connector.open(ChannelId(1), bound):
            after = {finding.name: finding.ok for finding in await connector.check(bound)}
        assert before == {"send": True, "receive": False}, "nobody opened the channel yet"
        assert after == {"send": True, "receive": True}

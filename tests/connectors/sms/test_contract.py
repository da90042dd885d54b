"""SMS keeps the promises of every channel at a gateway that calls; what the other presets do is in test_presets.py."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Session
from chatapp_cli.sandbox.sms import SmsSandbox
from tests.contract.connector_contract import ANNA, ConnectorContract, collect
from tests.contract.door import Door

pytestmark = [pytest.mark.req("S-036"), pytest.mark.req("S-110")]


class TestSms(ConnectorContract):
    kind = "sms"
    by_hook = True
    wrong = (
        ({"secret": "wrong"}, "secret"),
        ({"login": "nobody"}, "secret"),
        ({"login": ""}, "login"),
        ({"url": "http://127.0.0.1:1"}, "url"),
        ({"url": "ftp://sms.example.org"}, "url"),
        ({"public_url": "http://ivan:pass@desk.example.org"}, "public_url"),
        ({"name": " "}, "name"),
        ({"price": "дорого"}, "price"),
        ({"price": "-1"}, "price"),
        ({"preset": "custom", "description": "nowhere.toml"}, "description"),
        ({"preset": "custom", "description": "~nobody/gateway.toml"}, "description"),
        ({"proxies": "ftp://proxy.example.org"}, "proxies"),
        ({"proxies": "http://127.0.0.1:1"}, "proxies"),
    )

    @pytest.fixture
    async def sandbox(self) -> AsyncIterator[SmsSandbox]:
        async with SmsSandbox() as sandbox:
            yield sandbox

    async def test_a_customers_words_arrive_with_name_and_address(
        self, session: Session, sandbox: SmsSandbox, bound: Bound, door: Door
    ) -> None:
        """A short message brings no name: the phone is all that is known."""
        await sandbox.say(ANNA, "СТОП")
        (message,), _ = await collect(session, 1, bound.cursor, door=door)
        assert message.text == "СТОП", "words that end a subscription are messages like all others"
        assert (message.peer.key, message.peer.address, message.sender.phone) == (ANNA.phone, ANNA.phone, ANNA.phone)
        assert not message.from_us

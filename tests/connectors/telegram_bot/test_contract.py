"""The Telegram bot keeps the promises of every channel, by polling and by webhook."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from subprocess import run

import pytest

from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from tests.contract.connector_contract import ConnectorContract, ScriptedAsker
from tests.contract.door import Door

pytestmark = [pytest.mark.req("S-060"), pytest.mark.req("S-062")]

WRONG = (
    ({"token": "8000000042:AA-of-nobody"}, "token"),
    ({"token": "not a token"}, "token"),
    ({"api_url": "http://127.0.0.1:1"}, "api_url"),
    ({"api_url": "telegram"}, "api_url"),
    ({"intake": "webhook", "public_url": "http://desk.example.org", "local": "off"}, "public_url"),
)
UNBEARABLE = (list(map(str, range(101))),)
"""Telegram has no limit for the text of a button."""


class TestPolling(ConnectorContract):
    kind = "telegram_bot"
    wrong = WRONG
    unbearable = UNBEARABLE


class TestWebhook(ConnectorContract):
    """Telegram accepts plain http only where its server is our own."""

    kind = "telegram_bot"
    by_hook = True
    unbearable = UNBEARABLE

    @pytest.fixture
    async def sandbox(self, own_server: TelegramBotSandbox) -> AsyncIterator[TelegramBotSandbox]:
        return own_server

    @pytest.fixture
    async def bound(self, connector: Connector, sandbox: TelegramBotSandbox, door: Door) -> Bound:
        sandbox.public_url = door.address("").removesuffix("/hooks/")
        return await connector.bind(ScriptedAsker(sandbox.answers))

    async def test_checking_proves_receiving_and_sending(self, connector: Connector, bound: Bound) -> None:
        findings = {finding.name: finding for finding in await connector.check(bound)}
        assert not findings["webhook"].ok, "nobody opened the channel yet"
        assert findings["send"].ok


def test_listing_channels_imports_no_aiogram() -> None:
    listing = """
import sys
from chatapp_cli.kit.manifests import manifests
print("telegram_bot" in manifests(), "aiogram" in sys.modules)
"""
    project = Path(__file__).parents[3]
    done = run([sys.executable, "-c", listing], capture_output=True, text=True, check=True, cwd=project)
    assert done.stdout.split() == ["True", "False"]

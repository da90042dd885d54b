"""The personal account keeps the contract of every channel."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.sandbox.telegram import TelegramSandbox
from tests.contract.connector_contract import ConnectorContract


class TestTelegram(ConnectorContract):
    kind = "telegram"
    wrong = (
        ({"api_id": "many"}, "api_id"),
        ({"api_hash": ""}, "api_hash"),
        ({"phone": "somewhere"}, "phone"),
        ({"dc": "nowhere"}, "dc"),
        ({"dc": "127.0.0.1:1"}, "dc"),
        ({"rsa_key": "not a key"}, "rsa_key"),
        ({"proxies": "gopher://127.0.0.1:70"}, "proxies"),
        ({"code": "00000"}, "code"),
        ({"password": "wrong"}, "password"),
    )

    @pytest.fixture
    async def sandbox(self) -> AsyncIterator[TelegramSandbox]:
        async with TelegramSandbox() as sandbox:
            yield sandbox

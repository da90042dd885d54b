"""The API channel keeps the promises of every channel."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.sandbox.api import ApiSandbox
from tests.contract.connector_contract import ConnectorContract

pytestmark = [pytest.mark.req("S-009"), pytest.mark.req("S-111")]


class TestApi(ConnectorContract):
    kind = "api"
    by_hook = True
    wrong = (
        ({"url": "http://127.0.0.1:1/nobody"}, "url"),
        ({"url": "ftp://shop.example.org/desk"}, "url"),
        ({"url": "http://ivan:pass@shop.example.org/desk"}, "url"),
        ({"secret": "secret"}, "secret"),
        ({"secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "secret"),
        ({"name": " "}, "name"),
    )

    @pytest.fixture
    async def sandbox(self) -> AsyncIterator[ApiSandbox]:
        async with ApiSandbox() as sandbox:
            yield sandbox

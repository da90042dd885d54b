"""The API channel keeps the promises of every channel."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Session
from chatapp_cli.sandbox.api import ApiSandbox
from tests.contract.connector_contract import ANNA, ConnectorContract, collect
from tests.contract.door import Door

pytestmark = [pytest.mark.req("S-009", part="webhooks"), pytest.mark.req("S-111")]


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

    async def test_a_webhook_that_is_refused_for_good_does_not_hold_up_the_next(
        self, session: Session, sandbox: ApiSandbox, bound: Bound, door: Door
    ) -> None:
        await sandbox.tell({"type": "poem"})
        await sandbox.say(ANNA, "Ёлки есть?")
        (message,), _ = await collect(session, 1, bound.cursor, door=door)
        assert message.text == "Ёлки есть?"
        assert len(sandbox.refused) == 1
        assert "poem" in sandbox.refused[0]

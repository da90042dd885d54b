"""Avito keeps the promises of every channel, with its own keys and as an application."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.outbound import LocalFile
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, Session
from chatapp_cli.sandbox.avito import AvitoSandbox
from tests.contract.connector_contract import ANNA, ConnectorContract, ScriptedAsker, collect

pytestmark = [pytest.mark.req("S-108")]


class AvitoContract(ConnectorContract):
    """Avito's pictures have no names, whichever way its messages are found."""

    kind = "avito"
    wrong = (
        ({"client_id": ""}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"client_secret": "of-somebody-else"}, "client_secret"),
        ({"api_url": "http://127.0.0.1:1"}, "api_url"),
        ({"api_url": "avito"}, "api_url"),
        ({"public_url": "desk"}, "public_url"),
        ({"proxies": "desk.example.org"}, "proxies"),
        ({"proxies": "http://127.0.0.1:1"}, "proxies"),
    )

    async def test_a_file_goes_out_with_its_name(  # type: ignore[override]
        self, session: Session, sandbox: AvitoSandbox, bound: Bound, tmp_path: Path
    ) -> None:
        """Avito carries pictures alone, and shows them without their names."""
        path = tmp_path / "blob"
        path.write_bytes(b"\x89PNG of a blanket")
        file = LocalFile(path=path, name="Плед №1.png", mime="image/png", size=path.stat().st_size, kind="photo")
        await sandbox.say(ANNA, "Как выглядит?")
        (message,), _ = await collect(session, 1, bound.cursor)
        receipt = await session.send(self.outbound(message, "Вот", files=(file,)))
        heard = await sandbox.heard(ANNA)
        assert len(receipt.ids) == 2
        assert [one.text for one in heard] == ["Вот", ""]
        assert [(f.name, f.content) for one in heard for f in one.files] == [("Плед №1.png", b"\x89PNG of a blanket")]


class TestAsking(AvitoContract):
    """The desk asks every few seconds."""


class TestRung(AvitoContract):
    """Avito rings, and the desk asks beside it."""

    @pytest.fixture
    async def bound(self, connector: Connector, sandbox: AvitoSandbox, door: None) -> Bound:
        sandbox.public_url = "http://127.0.0.1:1"
        return await connector.bind(ScriptedAsker(sandbox.answers))

    async def test_checking_proves_receiving_and_sending(self, connector: Connector, bound: Bound) -> None:
        async with connector.open(ChannelId(1), bound):
            findings = await connector.check(bound)
        assert {finding.name: finding.ok for finding in findings} == {"send": True, "receive": True, "webhook": True}

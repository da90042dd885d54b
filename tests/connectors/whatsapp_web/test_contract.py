"""WhatsApp Web keeps the promises of every channel, with a real child process that stands in for neonize."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

import pytest

from chatapp_cli.connectors.whatsapp_web.connector import create
from chatapp_cli.ports.connector import Connector
from chatapp_cli.ports.world import World
from tests.contract.connector_contract import ConnectorContract

pytestmark = [pytest.mark.req("S-040"), pytest.mark.req("S-044")]


class TestWhatsAppWeb(ConnectorContract):
    kind = "whatsapp_web"
    wrong = (
        ({"consent": "off"}, "consent"),
        ({"method": "pigeon"}, "method"),
        ({"method": "code", "phone": "12"}, "phone"),
        ({"proxies": "mtproxy://example.org:1"}, "proxies"),
        ({"child": "/nowhere/child"}, "child"),
    )

    @pytest.fixture
    def connector(self, world: World) -> Connector:
        return create(world)


def test_neither_listing_channels_nor_the_connector_imports_neonize() -> None:
    listing = """
import sys
from chatapp_cli.kit.manifests import create, manifests
from chatapp_cli.kit.system import system_world
create("whatsapp_web", system_world())
print("whatsapp_web" in manifests(), "neonize" in sys.modules)
"""
    project = Path(__file__).parents[3]
    done = run([sys.executable, "-c", listing], capture_output=True, text=True, check=True, cwd=project)
    assert done.stdout.split() == ["True", "False"]

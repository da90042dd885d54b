"""A mailbox at Dovecot and Postfix."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatapp_cli.connectors.email.connector import EmailConnector, create
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from tests.connectors.email.desk import session
from tests.contract.connector_contract import ScriptedAsker
from tests.real.email.servers import MailServers, missing

__all__ = ["session"]


@pytest.fixture
def servers() -> Iterator[MailServers]:
    if reason := missing():
        pytest.skip(reason)
    with MailServers() as servers:
        yield servers


@pytest.fixture
def connector() -> EmailConnector:
    return create(system_world())


@pytest.fixture
async def bound(servers: MailServers, connector: EmailConnector) -> Bound:
    return await connector.bind(ScriptedAsker(servers.answers))

"""XOAUTH2 against Dovecot and Postfix, which ask an authorisation server about each token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec
import pytest

from chatapp_cli.connectors.email.connector import EmailConnector
from chatapp_cli.domain.errors import NeedsRebind, SendingBlocked
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.tokens import AccessToken, written
from chatapp_cli.ports.bind import Bound
from chatapp_cli.sandbox.authorisation import AuthorisationServer
from tests.connectors.email.corpus import plain
from tests.contract.connector_contract import ScriptedAsker, collect
from tests.real.email.outgoing import outbound
from tests.real.email.servers import ANNA, DESK, MailServers, missing

pytestmark = pytest.mark.real


@pytest.fixture
async def authorisation() -> AsyncIterator[AuthorisationServer]:
    async with AuthorisationServer(DESK) as server:
        yield server


@pytest.fixture
async def servers(authorisation: AuthorisationServer) -> AsyncIterator[MailServers]:
    if reason := missing():
        pytest.skip(reason)
    with MailServers(f"{authorisation.url}/introspect") as servers:
        yield servers


@pytest.fixture
async def bound(servers: MailServers, connector: EmailConnector, authorisation: AuthorisationServer) -> Bound:
    return await connector.bind(ScriptedAsker({**servers.answers, "password": "", **authorisation.answers}))


async def test_a_mailbox_is_read_and_sends_by_a_token_that_is_renewed_before_it_ends(
    servers: MailServers, connector: EmailConnector, authorisation: AuthorisationServer, bound: Bound
) -> None:
    ended = msgspec.structs.replace(msgspec.json.decode(bound.secrets["token"], type=AccessToken), until=0)
    servers.put(plain(b"hello"))
    old = replace(bound, secrets={**bound.secrets, "token": written(ended)})
    async with connector.open(ChannelId(1), old) as session:
        (heard,), _ = await collect(session, 1, bound.cursor)
        await session.send(outbound())
    (mail,) = await servers.until_mailed(ANNA, 1)
    assert (heard.text, mail["From"].addresses[0].addr_spec) == ("hello", DESK)
    assert authorisation.renewals == [ended.refresh]


async def test_a_token_that_a_server_refuses_is_told_as_what_it_is(
    connector: EmailConnector, authorisation: AuthorisationServer, bound: Bound
) -> None:
    async with connector.open(ChannelId(1), bound) as session:
        authorisation.withdraw()
        with pytest.raises(SendingBlocked) as blocked:
            await session.send(outbound())
    with pytest.raises(NeedsRebind) as refused:
        async with connector.open(ChannelId(1), bound):
            pass
    assert (blocked.value.code, refused.value.code) == ("sending_refused", "access_refused")

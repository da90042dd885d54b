"""Nothing can be polled: looks at the number prove life, and tell when it is out of service or in bad repute."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from chatapp_cli.connectors.whatsapp.connector import WhatsAppSession, create
from chatapp_cli.domain.errors import Misconfigured, NeedsRebind, Retryable
from chatapp_cli.domain.event import Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox
from chatapp_cli.sandbox.whatsapp.server import Fault
from tests.connectors.whatsapp.calls import taken
from tests.contract.connector_contract import ANNA
from tests.unit.kit.worlds import held_world


async def test_a_quiet_number_gives_a_proof_of_life_at_least_once_a_minute(
    bound: Bound, sandbox: WhatsAppSandbox
) -> None:
    world = held_world()
    began = world.clock.now()
    async with create(world).open(ChannelId(1), bound) as session, aclosing(session.events(None)) as batches:
        assert [await anext(batches) for _ in range(3)] == [Batch()] * 3
    assert world.clock.now() - began <= 2 * 60_000
    assert len([one for one in sandbox.exchanges if one.method == "GET" and "/" not in one.path]) >= 3


@pytest.mark.parametrize("status", ["BANNED", "DELETED", "DISCONNECTED"])
async def test_a_number_that_is_out_of_service_stops_the_channel(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, status: str
) -> None:
    sandbox.meta.number["status"] = status
    with pytest.raises(Misconfigured, match=f"number_down {status}"):
        await anext(session.events(None))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(Fault("", 401, 190, "expired"), NeedsRebind), (Fault("", 500, 2, "later"), Retryable)],
)
async def test_a_dead_token_is_told_from_trouble_at_meta(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, fault: Fault, kind: type[Exception]
) -> None:
    sandbox.faults.append(fault)
    with pytest.raises(kind):
        await anext(session.events(None))


@pytest.mark.parametrize(
    ("number", "ok"),
    [
        ({"quality_rating": "GREEN", "status": "CONNECTED"}, True),
        ({"quality_rating": "RED", "status": "CONNECTED"}, False),
        ({"quality_rating": "GREEN", "status": "RESTRICTED"}, False),
    ],
)
async def test_a_bad_repute_is_found_before_meta_acts(
    connector: Connector, bound: Bound, sandbox: WhatsAppSandbox, number: dict[str, str], ok: bool
) -> None:
    sandbox.meta.number |= number
    findings = {finding.name: finding for finding in await connector.check(bound)}
    assert (findings["send"].ok, findings["quality"].ok) == (True, ok)
    assert number["quality_rating"] in str(findings["quality"].what)


async def test_an_app_that_gets_no_news_is_found(connector: Connector, bound: Bound, sandbox: WhatsAppSandbox) -> None:
    sandbox.meta.apps.clear()
    findings = {finding.name: finding for finding in await connector.check(bound)}
    assert (findings["receive"].ok, findings["send"].ok) == (False, True)
    assert "Bind the channel again" in str(findings["receive"].next_step)


async def test_a_dead_token_is_explained_by_the_check(
    connector: Connector, bound: Bound, sandbox: WhatsAppSandbox
) -> None:
    sandbox.faults += [Fault("subscribed_apps", 401, 190, "expired"), Fault("", 401, 190, "expired")]
    explained = manifest("whatsapp").errors["unauthorized"]
    for finding in await connector.check(bound):
        assert not finding.ok
        assert str(explained.what) in str(finding.what)
        assert finding.next_step == explained.next_step


async def test_what_was_learned_is_kept_while_the_session_lives(bound: Bound, sandbox: WhatsAppSandbox) -> None:
    async with create(held_world()).open(ChannelId(1), bound) as session:
        assert isinstance(session, WhatsAppSession)
        await sandbox.say(ANNA, "Здравствуйте")
        taken(session, sandbox)
        assert await bound.memory.known() == {}
        await anext(session.events(None))
        assert list(await bound.memory.known()) == ["id/79160000001"]

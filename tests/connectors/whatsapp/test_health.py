"""Nothing can be polled: looks at the number prove life, and tell when it is out of service or in bad repute."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from chatapp_cli.connectors.whatsapp.connector import WhatsAppSession, create
from chatapp_cli.domain.arrival import Batch, MessageArrived
from chatapp_cli.domain.errors import Misconfigured, NeedsRebind, Rejected, Retryable, SendingBlocked
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, ProvesAccess
from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox
from chatapp_cli.sandbox.whatsapp.server import Fault
from tests.connectors.whatsapp.calls import TEXT, call, of, out, payload, taken
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
async def test_a_number_that_is_out_of_service_is_not_proved(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, status: str
) -> None:
    assert isinstance(session, ProvesAccess)
    await session.prove()
    sandbox.meta.number["status"] = status
    with pytest.raises(Misconfigured, match=f"number_down {status}"):
        await session.prove()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(Fault("", 401, 190, "expired"), NeedsRebind), (Fault("", 500, 2, "later"), Retryable)],
)
async def test_a_dead_token_is_told_from_trouble_at_meta(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, fault: Fault, kind: type[Exception]
) -> None:
    sandbox.faults.append(fault)
    with pytest.raises(kind):
        await session.prove()


REFUSED = [
    (368, SendingBlocked), (131031, SendingBlocked), (131042, SendingBlocked), (131048, SendingBlocked),
    (131045, SendingBlocked), (131005, SendingBlocked), (10, SendingBlocked), (190, NeedsRebind), (131047, Rejected),
]  # fmt: skip


@pytest.mark.parametrize(("code", "kind"), REFUSED)
async def test_a_refused_send_closes_no_intake(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, code: int, kind: type[Exception]
) -> None:
    """Webhooks need no token: whatever Meta thinks of our sending, what clients write is taken."""
    await sandbox.say(ANNA, "раз")
    taken(session, sandbox)
    sandbox.faults.append(Fault("/messages", 401 if code == 190 else 400, code, "no"))
    with pytest.raises(kind):
        await session.send(out("+79160000001"))
    if code == 190:
        sandbox.faults.append(Fault("", 401, 190, "no", times=9))
    async with aclosing(session.events(None)) as batches:
        assert await anext(batches) == Batch()
    await sandbox.say(ANNA, "два")
    assert [message.text for message in of(MessageArrived, taken(session, sandbox))] == ["два"]


@pytest.mark.parametrize(
    "fault",
    [Fault("", 401, 190, "expired"), Fault("", 500, 2, "later"), Fault("", 0), Fault("", 400, 131031, "locked")],
)
async def test_trouble_of_the_graph_api_ends_no_session(bound: Bound, sandbox: WhatsAppSandbox, fault: Fault) -> None:
    fault.times = 3
    sandbox.faults.append(fault)
    async with create(held_world()).open(ChannelId(1), bound) as session, aclosing(session.events(None)) as batches:
        assert [await anext(batches) for _ in range(3)] == [Batch()] * 3
        await sandbox.say(ANNA, "слышно?")
        assert isinstance(session, WhatsAppSession)
        assert [message.text for message in of(MessageArrived, taken(session, sandbox))] == ["слышно?"]


async def test_what_came_for_another_number_is_found_by_the_check_for_a_week(
    bound: Bound, sandbox: WhatsAppSandbox
) -> None:
    world = held_world()
    async with create(world).open(ChannelId(1), bound) as session:
        assert isinstance(session, WhatsAppSession)
        assert "other_numbers" not in {finding.name for finding in await create(world).check(bound)}
        call(session, sandbox, payload({"messages": [TEXT]}, number="106549999999999"))
    (found,) = [one for one in await create(world).check(bound) if one.name == "other_numbers"]
    assert not found.ok
    assert "106549999999999" in str(found.what)
    later = held_world(world.clock.now() + 9 * 86_400_000)
    assert "other_numbers" not in {finding.name for finding in await create(later).check(bound)}


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

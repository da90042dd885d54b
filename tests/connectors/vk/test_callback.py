"""VK calls us: only with our secret, repeated until it is durable, and watched."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from chatapp_cli.connectors.vk.callback import LARGEST
from chatapp_cli.connectors.vk.connector import create
from chatapp_cli.connectors.vk.receive import Cursor
from chatapp_cli.connectors.vk.session import HookedSession
from chatapp_cli.domain.arrival import Batch, MessageArrived, PeerChanged
from chatapp_cli.domain.errors import Misconfigured, Retryable
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, HookReply, HookRequest
from chatapp_cli.sandbox.vk import VkSandbox
from chatapp_cli.sandbox.vk.town import GROUP
from tests.connectors.vk.hearing import behind
from tests.contract.connector_contract import ANNA, BORIS, ODD, ScriptedAsker
from tests.contract.door import Door
from tests.unit.kit.worlds import HeldClock

EVENT = {
    "type": "message_new",
    "event_id": "e9",
    "group_id": GROUP,
    "v": "5.199",
    "object": {
        "message": {"id": 1, "conversation_message_id": 3, "date": 1_900_000_000, "from_id": 7001, "peer_id": 7001}
        | {"out": 0, "text": "да", "version": 1}
    },
}


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with Door() as door:
        yield door


@pytest.fixture
async def bound(connector: Connector, sandbox: VkSandbox, door: Door) -> Bound:
    answers = {**sandbox.answers, "intake": "webhook", "public_url": "http://127.0.0.1/"}
    bound = await connector.bind(ScriptedAsker(answers))
    assert bound.settings["public_url"] == "http://127.0.0.1"
    return replace(bound, settings={**bound.settings, "public_url": door.address("").removesuffix("/hooks/")})


@pytest.fixture
async def session(connector: Connector, bound: Bound) -> AsyncIterator[HookedSession]:
    async with connector.open(ChannelId(1), bound) as session:
        assert isinstance(session, HookedSession)
        yield session


def call(bound: Bound, *, method: str = "POST", body: bytes = b"", **changes: object) -> HookRequest:
    event = {**EVENT, "secret": bound.secrets["hook_secret"], **changes}
    return HookRequest(method=method, path="", query={}, headers={}, body=body or json.dumps(event).encode())


async def test_vk_is_told_the_address_and_confirms_it_by_a_code_that_is_asked_for_live(
    session: HookedSession, sandbox: VkSandbox, bound: Bound, door: Door
) -> None:
    sandbox.delivery.code = "fresh-code"
    assert session.accept(call(bound, type="confirmation")) == HookReply(status=503)
    async with asyncio.timeout(10), aclosing(session.events(None)) as proofs, behind(door, session) as taken:
        assert await anext(proofs) == Batch()
        await sandbox.say(ANNA, "слышно?")
        (arrival,) = (await taken.get()).arrivals
    (server,) = sandbox.delivery.servers.values()
    assert server["url"] == door.address(bound.hook_key)
    assert server["status"] == "ok"
    assert server["secret"] == bound.secrets["hook_secret"]
    assert isinstance(arrival.events[0], MessageArrived)
    assert session.accept(call(bound, type="confirmation")) == HookReply(body=b"fresh-code")


async def test_only_our_secret_opens(session: HookedSession, bound: Bound) -> None:
    for secret in ("", "guess", bound.secrets["hook_secret"][:-1], "секрет"):
        assert session.accept(call(bound, secret=secret)) == HookReply(status=401)
    assert session.accept(call(bound, method="GET")) == HookReply(status=405)
    assert session.accept(call(bound, group_id=7)) == HookReply(status=404)
    assert session.accept(call(bound, body=b"nonsense")) == HookReply(status=400)
    assert session.accept(call(bound, body=b'{"a":"' + b'\\"' * 1_000_000)) == HookReply(status=400)
    assert session.accept(call(bound, body=b"[" * (LARGEST + 1))) == HookReply(status=413)
    reply = session.accept(call(bound))
    (arrival,) = reply.batch.arrivals
    assert (reply.status, reply.body, arrival.provider_id) == (200, b"ok", "e9")
    assert bound.secrets["hook_secret"].encode() not in arrival.raw
    assert json.loads(arrival.raw) == {**EVENT, "v": "5.199"}


async def test_who_types_is_told_and_nothing_of_it_is_stored(
    session: HookedSession, connector: Connector, bound: Bound
) -> None:
    typed = call(bound, type="message_typing_state", object={"state": "1", "from_id": 7001, "to_id": -GROUP})
    told = HookReply(batch=Batch(typing=("7001",)), body=b"ok")
    assert session.accept(typed) == told
    assert await connector.accept(bound, typed) == told  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", ODD, ids=len)
async def test_a_call_is_proved_before_it_is_read_and_taken_whatever_it_bears(
    session: HookedSession, bound: Bound, value: bytes
) -> None:
    body = json.dumps({**EVENT, "secret": bound.secrets["hook_secret"]}).encode()[:-1] + b',"odd":' + value + b"}"
    reply = session.accept(call(bound, body=body))
    (arrival,) = reply.batch.arrivals
    (message,) = arrival.events
    assert isinstance(message, MessageArrived)
    assert (reply.status, reply.body, message.text, arrival.provider_id) == (200, b"ok", "да", "e9")
    assert value in arrival.raw
    assert bound.secrets["hook_secret"].encode() not in arrival.raw
    false = body.replace(bound.secrets["hook_secret"].encode(), b"guess")
    assert session.accept(call(bound, body=false)) == HookReply(status=401)


@pytest.mark.parametrize("value", ODD, ids=len)
@pytest.mark.parametrize("name", ["secret", "group_id", "type", "object", "event_id"])
async def test_no_call_is_too_odd_to_be_answered(session: HookedSession, bound: Bound, name: str, value: bytes) -> None:
    parts = {key: json.dumps(said).encode() for key, said in EVENT.items()}
    parts |= {"secret": json.dumps(bound.secrets["hook_secret"]).encode(), name: value}
    body = b"{" + b",".join(json.dumps(key).encode() + b":" + said for key, said in parts.items()) + b"}"
    reply = session.accept(call(bound, body=body))
    wanted = {"secret": 401, "group_id": 404}
    assert reply.status == wanted.get(name, 200)
    assert [arrival.raw.count(value) for arrival in reply.batch.arrivals] == ([] if name in wanted else [1])


async def test_poison_is_kept_and_answered_so_that_it_holds_nobody_up(session: HookedSession, bound: Bound) -> None:
    reply = session.accept(call(bound, object={"message": 1}))
    (arrival,) = reply.batch.arrivals
    assert (reply.body, arrival.provider_id, arrival.events) == (b"ok", "e9", ())
    assert arrival.problem


async def test_the_cursor_moves_only_when_the_past_has_been_read_back(
    session: HookedSession, bound: Bound, door: Door
) -> None:
    assert session.accept(call(bound)).batch.cursor is None
    async with asyncio.timeout(10), behind(door, session), aclosing(session.events(bound.cursor)) as batches:
        while await anext(batches) != Batch():
            pass
        moved = session.accept(call(bound)).batch.cursor
    assert time.time() - 60 < Cursor.of(moved).seen <= time.time(), "the event is dated in years to come"


async def test_what_was_said_while_nobody_listened_is_read_back(
    session: HookedSession, sandbox: VkSandbox, bound: Bound
) -> None:
    await sandbox.say(ANNA, "есть кто?")
    async with asyncio.timeout(10), aclosing(session.events(bound.cursor)) as batches:
        (arrival,) = (await anext(batches)).arrivals
        (event,) = arrival.events
        after = (await anext(batches)).cursor
    assert isinstance(event, MessageArrived)
    assert (event.text, event.sender.name) == ("есть кто?", ANNA.name)
    assert Cursor.of(after).seen == event.at // 1000


async def test_names_follow_once_and_only_of_those_who_wrote(
    session: HookedSession, sandbox: VkSandbox, bound: Bound, door: Door
) -> None:
    sandbox.town.meet(ANNA)
    sandbox.town.meet(BORIS)
    forwarded = {"from_id": 7002, "date": 1, "text": "", "conversation_message_id": 1}
    said = {**EVENT["object"]["message"], "fwd_messages": [forwarded]}  # type: ignore[index]
    async with asyncio.timeout(10), behind(door, session), aclosing(session.events(None)) as batches:
        assert await anext(batches) == Batch()
        session.accept(call(bound, object={"message": said}))
        (arrival,) = (await anext(batches)).arrivals
        again = session.accept(call(bound, event_id="e10"))
    (introduced,) = arrival.events
    assert isinstance(introduced, PeerChanged)
    assert (introduced.peer.key, introduced.peer.title) == ("7001", ANNA.name)
    (heard,) = again.batch.arrivals[0].events
    assert isinstance(heard, MessageArrived)
    assert heard.sender.name == ANNA.name
    assert sorted(await bound.memory.known("name:")) == ["name:7001", "name:7002"]


async def test_coming_up_again_asks_for_the_same_address_once_more(
    connector: Connector, sandbox: VkSandbox, bound: Bound, door: Door
) -> None:
    for _ in range(2):
        async with connector.open(ChannelId(1), bound) as session:
            assert isinstance(session, HookedSession)
            async with behind(door, session), aclosing(session.events(None)) as batches:
                assert await anext(batches) == Batch()
    assert len(sandbox.delivery.servers) == 1


async def test_while_vk_cannot_reach_us_there_is_no_proof_of_life(
    connector: Connector, sandbox: VkSandbox, bound: Bound
) -> None:
    hurried = create(replace(system_world(), clock=HeldClock()))
    async with hurried.open(ChannelId(1), bound) as session:
        with pytest.raises(Retryable, match=r"webhook_unreachable http://127.0.0.1:\d+"):
            await anext(session.events(None))
    findings = {finding.name: finding for finding in await connector.check(bound)}
    assert (findings["receive"].ok, findings["send"].ok) == (False, True)
    assert findings["receive"].next_step


async def test_a_community_with_ten_addresses_says_which_setting_to_change(
    session: HookedSession, sandbox: VkSandbox
) -> None:
    for number in range(10):
        await sandbox.delivery.add_server(f"http://127.0.0.1:1/{number}", "secret")
    with pytest.raises(Misconfigured, match="too_many_servers 2000") as caught:
        await anext(session.events(None))
    assert caught.value.field == "intake"


async def test_going_back_to_polling_takes_the_address_away_from_vk(
    connector: Connector, session: HookedSession, sandbox: VkSandbox, bound: Bound, door: Door
) -> None:
    async with behind(door, session), aclosing(session.events(None)) as batches:
        await anext(batches)
    again = await connector.bind(ScriptedAsker(sandbox.answers), previous=bound)
    assert sandbox.delivery.servers == {}
    assert (again.hook_key, again.cursor) == (bound.hook_key, None)

"""Receiving: by asking with a marker, by webhook with a secret, each at the exclusion of the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from chatapp_cli.connectors.max.connector import HookedSession, PollingSession, create
from chatapp_cli.connectors.max.convert import arrival
from chatapp_cli.connectors.max.wire import WANTED
from chatapp_cli.domain.arrival import Batch, MessageArrived, PeerChanged
from chatapp_cli.domain.errors import Misconfigured, RateLimited, Retryable
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, HookReply, HookRequest
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.max import MaxSandbox
from chatapp_cli.sandbox.max.server import Fault
from tests.contract.connector_contract import ANNA, BORIS, ScriptedAsker, collect
from tests.contract.door import Door
from tests.unit.kit.worlds import NOON, CountedChance, HeldClock


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with Door() as door:
        yield door


@pytest.fixture
async def hooked(connector: Connector, sandbox: MaxSandbox, door: Door) -> Bound:
    public = door.address("").removesuffix("/hooks/")
    return await connector.bind(ScriptedAsker({**sandbox.answers, "intake": "webhook", "public_url": public}))


async def first(session: PollingSession, cursor: str | None, number: int = 1) -> list[object]:
    """So many events, however they are spread over batches."""
    found: list[object] = []
    async with asyncio.timeout(10), aclosing(session.events(cursor)) as batches:
        async for batch in batches:
            found += [event for one in batch.arrivals for event in one.events]
            if len(found) >= number:
                return found
    raise AssertionError


async def test_everything_that_waits_comes_in_order_and_is_confirmed_only_by_the_next_question(
    session: PollingSession, sandbox: MaxSandbox, bound: Bound
) -> None:
    for n in range(150):
        await sandbox.say(ANNA, f"{n}")
    found, cursor = await collect(session, 100, bound.cursor)
    assert [message.text for message in found] == [str(n) for n in range(100)]
    assert len(sandbox.delivery.pending) == 150
    rest, _ = await collect(session, 50, cursor)
    assert [message.text for message in rest] == [str(n) for n in range(100, 150)]
    assert len(sandbox.delivery.pending) == 50


async def test_an_update_that_cannot_be_understood_is_set_aside(
    session: PollingSession, sandbox: MaxSandbox, bound: Bound
) -> None:
    await sandbox.delivery.push_raw({"update_type": "message_created", "timestamp": 1, "message": "poison"})
    await sandbox.delivery.push_raw({"update_type": "poisoned", "timestamp": 1})
    await sandbox.say(ANNA, "после")
    batch = await anext(aiter(session.events(bound.cursor)))
    assert [bool(one.problem) for one in batch.arrivals] == [True, False, False]
    assert batch.arrivals[1].events == (), "nobody asked for such updates: they are kept raw, and no alarm"


async def test_it_asks_for_every_kind_of_update_that_it_understands_and_for_no_other(
    session: PollingSession, sandbox: MaxSandbox, bound: Bound
) -> None:
    await anext(aiter(session.events(bound.cursor)))
    asked = sandbox.exchanges[-1].call.query["types"].split(",")
    assert sorted(asked) == sorted(WANTED)
    for kind in asked:
        found = arrival(json.dumps({"update_type": kind, "timestamp": 1}).encode(), bound.account)
        assert found.problem or found.events or kind == "message_callback", kind


async def test_groups_are_asked_for_their_titles_once(
    session: PollingSession, sandbox: MaxSandbox, bound: Bound
) -> None:
    group = sandbox.town.gather("chat", "Опт: ёлки")
    await sandbox.tell("bot_added", ANNA, group, is_channel=False)
    await sandbox.arrive(group, ANNA, "Всем привет")
    named, added, said = await first(session, bound.cursor, 3)
    assert isinstance(named, PeerChanged)
    assert (named.peer.title, named.peer.kind) == ("Опт: ёлки", "group")
    assert isinstance(added, PeerChanged)
    assert isinstance(said, MessageArrived)
    assert (said.peer.key, said.sender.name, said.peer.kind) == (str(group.id), ANNA.name, "group")
    assert [one.path for one in sandbox.exchanges].count("/chats/{chatId}") == 1


async def test_a_chat_that_max_does_not_show_stays_without_a_title(
    session: PollingSession, sandbox: MaxSandbox, bound: Bound
) -> None:
    group = sandbox.town.gather("chat", "Тайна")
    sandbox.faults.append(Fault("GET", "/chats/{chatId}", 403, "access.denied", "not an administrator"))
    await sandbox.arrive(group, ANNA, "Всем привет")
    (said,) = await first(session, bound.cursor)
    assert isinstance(said, MessageArrived)


async def test_questions_keep_their_distance(connector: Connector, sandbox: MaxSandbox, bound: Bound) -> None:
    clock = HeldClock()
    patient = create(World(clock=clock, chance=CountedChance()))
    begun = clock.monotonic()
    async with patient.open(ChannelId(1), bound) as session, aclosing(session.events(bound.cursor)) as batches:
        for n in range(4):
            await sandbox.say(ANNA, f"{n}")
            await anext(batches)
    assert clock.monotonic() - begun == pytest.approx(1.5)


async def test_asking_takes_our_own_webhook_back(connector: Connector, sandbox: MaxSandbox, hooked: Bound) -> None:
    async with connector.open(ChannelId(1), hooked):
        assert len(sandbox.delivery.hooks) == 1
    asking = await connector.bind(ScriptedAsker(sandbox.answers), previous=hooked)
    async with connector.open(ChannelId(1), asking):
        assert sandbox.delivery.hooks == []


async def test_another_programs_webhook_is_left_alone_and_named(
    connector: Connector, sandbox: MaxSandbox, bound: Bound
) -> None:
    sandbox.delivery.hooks.append({"url": "https://other.example.org/bot", "time": 1, "update_types": []})
    with pytest.raises(Retryable, match=r"subscribed_elsewhere https://other\.example\.org/bot"):
        async with connector.open(ChannelId(1), bound):
            pass
    receive = next(finding for finding in await connector.check(bound) if finding.name == "receive")
    assert not receive.ok
    assert "another program" in str(receive.what)
    sandbox.delivery.hooks.clear()


async def test_a_webhook_that_appears_meanwhile_is_trouble(
    session: PollingSession, sandbox: MaxSandbox, bound: Bound
) -> None:
    async with aclosing(session.events(bound.cursor)) as batches:
        await anext(batches)
        sandbox.delivery.hooks.append({"url": "https://other.example.org/bot", "time": 1, "update_types": []})
        with pytest.raises(Retryable, match="subscribed_elsewhere"):
            await anext(batches)
    sandbox.delivery.hooks.clear()


async def test_the_webhook_is_set_with_secret_and_types_and_a_former_address_is_taken_back(
    connector: Connector, sandbox: MaxSandbox, hooked: Bound
) -> None:
    former = f"https://former.example.org/hooks/{hooked.hook_key}"
    sandbox.delivery.hooks.append({"url": former, "time": 1, "update_types": []})
    async with connector.open(ChannelId(1), hooked):
        (hook,) = sandbox.delivery.hooks
    assert hook["url"] == f"{hooked.settings['public_url']}/hooks/{hooked.hook_key}"
    assert (hook["secret"], hook["update_types"]) == (hooked.secrets["hook_secret"], list(WANTED))


def call(bound: Bound, *, secret: str | None = None, method: str = "POST", body: object = None) -> HookRequest:
    given = bound.secrets["hook_secret"] if secret is None else secret
    update = {
        "update_type": "bot_started",
        "timestamp": 5,
        "chat_id": 9,
        "user": {"user_id": 1, "first_name": "Анна"},
    }
    raw = body if isinstance(body, bytes) else json.dumps(body or update).encode()
    return HookRequest(method=method, path="", query={}, headers={"x-max-bot-api-secret": given}, body=raw)


async def test_only_our_secret_opens(connector: Connector, hooked: Bound) -> None:
    async with connector.open(ChannelId(1), hooked) as session:
        assert isinstance(session, HookedSession)
        for secret in ("", "guess", hooked.secrets["hook_secret"][:-1], "секрет"):
            assert session.accept(call(hooked, secret=secret)) == HookReply(status=401)
        assert session.accept(replace(call(hooked), headers={})) == HookReply(status=401)
        assert session.accept(call(hooked, method="GET")) == HookReply(status=405)
        reply = session.accept(call(hooked))
        assert (reply.status, reply.batch.arrivals[0].provider_id) == (200, "bot_started:9:1:5")
        odd = session.accept(call(hooked, body=b"nonsense"))
        assert (odd.status, bool(odd.batch.arrivals[0].problem)) == (200, True)


async def test_a_subscription_that_max_dropped_is_set_again(
    connector: Connector, sandbox: MaxSandbox, hooked: Bound
) -> None:
    patient = create(World(clock=HeldClock(), chance=CountedChance()))
    async with patient.open(ChannelId(1), hooked) as session, aclosing(session.events(None)) as proofs:
        assert await anext(proofs) == Batch(cursor=f"seen:{NOON}")
        sandbox.delivery.hooks.clear()
        assert await anext(proofs) == Batch()
        assert len(sandbox.delivery.hooks) == 1


async def test_what_was_said_while_max_had_forgotten_us_is_read_back(
    connector: Connector, sandbox: MaxSandbox, hooked: Bound, door: Door
) -> None:
    async with connector.open(ChannelId(1), hooked) as session, aclosing(session.events(None)) as proofs:
        cursor = (await anext(proofs)).cursor
        for who in (ANNA, BORIS):
            await sandbox.say(who, "до")
        known = [message.ext_id for message in (await collect(session, 2, None, door=door))[0]]
        async with asyncio.timeout(10):
            assert await anext(proofs) == Batch(), "the chats are kept now"
    assert sorted(await hooked.memory.known("chat:")) == sorted(
        f"chat:{sandbox.town.dialog(who).id}" for who in (ANNA, BORIS)
    )
    sandbox.delivery.hooks.clear()
    await sandbox.say(ANNA, "в пропасть")
    sandbox.delivery.pending.clear()
    sandbox.town.dialog(BORIS).stopped = True
    async with connector.open(ChannelId(1), hooked) as session, aclosing(session.events(cursor)) as batches:
        found = (await anext(batches)).arrivals
        assert (await anext(batches)).arrivals == ()
    texts = [event.text for one in found for event in one.events if isinstance(event, MessageArrived)]
    assert texts == ["до", "в пропасть"]
    assert found[0].provider_id == f"message_created:{known[0]}", "known already, and stepped over by this name"


async def test_a_channel_that_was_never_called_before_reads_nothing_back(
    connector: Connector, sandbox: MaxSandbox, hooked: Bound
) -> None:
    await sandbox.say(ANNA, "раньше")
    sandbox.delivery.pending.clear()
    async with connector.open(ChannelId(1), hooked) as session, aclosing(session.events("17")) as batches:
        assert (await anext(batches)).arrivals == ()
    assert "/messages" not in [one.path for one in sandbox.exchanges]


async def test_from_calling_to_asking_the_place_is_asked_anew(
    connector: Connector, sandbox: MaxSandbox, hooked: Bound
) -> None:
    await sandbox.say(ANNA, "раньше")
    asking = await connector.bind(ScriptedAsker(sandbox.answers), previous=hooked)
    assert asking.cursor == "2"
    async with connector.open(ChannelId(1), asking) as session:
        await sandbox.say(ANNA, "теперь")
        for cursor in (asking.cursor, "seen:17"):
            (message,), _ = await collect(session, 1, cursor)
            assert message.text == "теперь"


async def test_a_group_that_writes_by_webhook_gets_its_title_at_once(
    connector: Connector, sandbox: MaxSandbox, hooked: Bound
) -> None:
    group = sandbox.town.gather("chat", "Опт: ёлки")
    async with connector.open(ChannelId(1), hooked) as session, aclosing(session.events(None)) as batches:
        assert isinstance(session, HookedSession)
        await anext(batches)
        message = sandbox.town.message(group, {"user_id": 1, "first_name": "Анна"}, "Привет")
        session.accept(call(hooked, body={"update_type": "message_created", "timestamp": 1, "message": message}))
        async with asyncio.timeout(10):
            (named,) = [event for one in (await anext(batches)).arrivals for event in one.events]
    assert isinstance(named, PeerChanged)
    assert named.peer.title == "Опт: ёлки"


async def test_an_address_that_max_refuses_blames_the_setting(
    connector: Connector, sandbox: MaxSandbox, hooked: Bound
) -> None:
    sandbox.faults.append(Fault("POST", "/subscriptions", 400, "proto.payload", "url must be https"))
    with pytest.raises(Misconfigured, match="bad_webhook url must be https") as caught:
        async with connector.open(ChannelId(1), hooked):
            pass
    assert caught.value.field == "public_url"


async def test_what_was_not_durable_is_called_again(
    connector: Connector, sandbox: MaxSandbox, hooked: Bound, door: Door
) -> None:
    async with connector.open(ChannelId(1), hooked) as session:
        await sandbox.say(BORIS, "раз")
        (lost,), _ = await collect(session, 1, None, door=door, durable=False)
        (again,), _ = await collect(session, 1, None, door=door)
    assert lost == again


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault("GET", "/updates", 429, "too.many.requests", "x", {"Retry-After": "9"}), RateLimited, "rate_limited"),
        (Fault("GET", "/updates", 503, "service.unavailable", "x"), Retryable, "server_error"),
        (Fault("GET", "/updates", 0, times=2), Retryable, "unreachable"),
        (Fault("GET", "/updates", 302), Misconfigured, "redirected"),
    ],
)
async def test_each_trouble_of_asking_has_its_name(
    session: PollingSession, sandbox: MaxSandbox, bound: Bound, fault: Fault, error: type[Exception], code: str
) -> None:
    sandbox.faults.append(fault)
    with pytest.raises(error, match=code):
        await anext(aiter(session.events(bound.cursor)))

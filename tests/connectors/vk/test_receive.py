"""The long poll: nothing is lost when VK changes its key, forgets its numbers or was not asked for long."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace

import msgspec
import pytest

from chatapp_cli.connectors.vk.connector import create
from chatapp_cli.connectors.vk.convert import typist
from chatapp_cli.connectors.vk.receive import Cursor
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, MessageEdited, Peer, PeerChanged, ProviderEvent
from chatapp_cli.domain.errors import NeedsRebind, Retryable
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, Session
from chatapp_cli.sandbox.vk import VkSandbox
from chatapp_cli.sandbox.vk.server import Fault
from tests.connectors.vk.hearing import arrivals, events, message
from tests.contract.connector_contract import ANNA, BORIS, ODD, ScriptedAsker
from tests.unit.kit.worlds import NOON, HeldClock


def texts(found: list[ProviderEvent]) -> list[str]:
    return [event.text for event in found if isinstance(event, MessageArrived)]


def asked(sandbox: VkSandbox, method: str) -> int:
    return sum(one.method == method for one in sandbox.exchanges)


async def test_the_cursor_holds_vks_number_and_the_second_of_the_last_message(
    session: Session, sandbox: VkSandbox, bound: Bound
) -> None:
    await sandbox.say(ANNA, "раз")
    (_,), cursor = await arrivals(session, bound.cursor, 1)
    assert Cursor.of(cursor) == Cursor(ts="101", seen=sandbox.town.talks[7001][1]["date"])


async def test_every_event_is_told_under_its_own_id_so_that_twice_is_once(
    session: Session, sandbox: VkSandbox, bound: Bound
) -> None:
    await sandbox.say(ANNA, "раз")
    (once,), _ = await arrivals(session, bound.cursor, 1)
    (twice,), _ = await arrivals(session, bound.cursor, 1)
    assert once == twice
    assert once.provider_id == sandbox.delivery.happened[0]["event_id"]


async def test_names_are_asked_for_once_in_a_batch_and_never_again(
    connector: Connector, bound: Bound, sandbox: VkSandbox
) -> None:
    await sandbox.say(ANNA, "раз")
    await sandbox.say(BORIS, "два")
    async with connector.open(ChannelId(1), bound) as session:
        first = await events(session, bound.cursor, 2)
    async with connector.open(ChannelId(1), bound) as session:
        second = await events(session, bound.cursor, 2)
    assert first == second
    assert [(e.sender.name, e.sender.username) for e in first if isinstance(e, MessageArrived)] == [
        ("Анна Белова", "anna_b"),
        ("Борис Ёлкин", "boris_y"),
    ]
    assert asked(sandbox, "users.get") == 1
    assert sorted(await bound.memory.known("name:")) == ["name:7001", "name:7002"]


async def test_whom_vk_does_not_name_writes_without_a_name(session: Session, sandbox: VkSandbox, bound: Bound) -> None:
    sandbox.faults.append(Fault("users.get", 113, "Invalid user id"))
    await sandbox.say(ANNA, "раз")
    heard = await message(session, bound.cursor)
    assert (heard.sender.id, heard.sender.name) == ("7001", "")


async def test_a_short_pause_of_vks_is_waited_for_and_a_long_one_holds_no_message_up(
    sandbox: VkSandbox, bound: Bound
) -> None:
    clock = HeldClock()
    async with create(replace(system_world(), clock=clock)).open(ChannelId(1), bound) as session:
        sandbox.faults.append(Fault("users.get", 6, "Too many requests per second", times=2))
        await sandbox.say(ANNA, "раз")
        assert (await message(session, bound.cursor)).sender.name == ANNA.name
        assert clock.at == HeldClock().at + 2000
        sandbox.faults.append(Fault("users.get", 29, "Rate limit reached"))
        await sandbox.say(BORIS, "два")
        (_, nameless), cursor = await arrivals(session, bound.cursor, 2)
        await sandbox.say(BORIS, "три")
        (named,), _ = await arrivals(session, cursor, 1)
    told = [event.sender.name for one in (nameless, named) for event in one.events if isinstance(event, MessageArrived)]
    assert told == ["", BORIS.name]


async def test_a_group_chat_is_introduced_by_its_title_where_the_community_rules_it(
    session: Session, sandbox: VkSandbox, bound: Bound
) -> None:
    chat = sandbox.gather("Ёлки оптом")
    await sandbox.arrive(ANNA, chat=chat, text="Всем привет")
    introduced, heard = await events(session, bound.cursor, 2)
    assert isinstance(introduced, PeerChanged)
    assert isinstance(heard, MessageArrived)
    assert (introduced.peer.title, introduced.peer.kind, introduced.peer.key) == ("Ёлки оптом", "group", str(chat))
    assert (heard.peer.key, heard.sender.name) == (str(chat), ANNA.name)


async def test_one_that_cannot_be_understood_does_not_hold_up_the_others(
    session: Session, sandbox: VkSandbox, bound: Bound
) -> None:
    await sandbox.delivery.push("message_new", {"message": "что это?"}, event_id="poison-1")
    await sandbox.say(ANNA, "после")
    (poison, after), _ = await arrivals(session, bound.cursor, 2)
    assert (poison.provider_id, poison.events) == ("poison-1", ())
    assert "object" in poison.problem
    assert texts(list(after.events)) == ["после"]


async def test_a_key_that_ended_is_replaced_and_nothing_is_missing(
    session: Session, sandbox: VkSandbox, bound: Bound
) -> None:
    async with asyncio.timeout(10), aclosing(session.events(bound.cursor)) as batches:
        assert not (await anext(batches)).arrivals
        await sandbox.say(ANNA, "раз")
        assert texts([e for a in (await anext(batches)).arrivals for e in a.events]) == ["раз"]
        sandbox.delivery.change_key()
        await sandbox.say(ANNA, "два")
        assert texts([e for a in (await anext(batches)).arrivals for e in a.events]) == ["два"]


async def outage(sandbox: VkSandbox) -> None:
    """Both write, an administrator answers, and VK forgets the events."""
    await sandbox.say(ANNA, "один")
    await sandbox.say(BORIS, "два")
    await sandbox.admin_says(ANNA, "три")
    await sandbox.say(ANNA, "четыре")
    sandbox.delivery.forget()


@pytest.mark.parametrize("lost", ["numbers", "everything"])
async def test_what_vk_forgot_is_read_back_from_the_conversations(
    session: Session, sandbox: VkSandbox, bound: Bound, lost: str
) -> None:
    await sandbox.say(ANNA, "до")
    (_,), cursor = await arrivals(session, bound.cursor, 1)
    await outage(sandbox)
    if lost == "everything":
        cursor = msgspec.json.encode(Cursor(ts="99999", seen=Cursor.of(cursor).seen)).decode()
    found, after = await arrivals(session, cursor, 5)
    said = [(e.peer.key, e.text, e.from_us) for a in found for e in a.events if isinstance(e, MessageArrived)]
    assert said == [
        ("7001", "до", False),
        ("7001", "один", False),
        ("7001", "три", True),
        ("7001", "четыре", False),
        ("7002", "два", False),
    ]
    assert [a.provider_id for a in found][:2] == ["history:7001:1", "history:7001:2"]
    await sandbox.say(ANNA, "после")
    (fresh,), _ = await arrivals(session, after_the_gap(sandbox, after), 1)
    assert texts(list(fresh.events)) == ["после"]


def after_the_gap(sandbox: VkSandbox, cursor: str | None) -> str:
    """The last batch of a gap moves the cursor; here it was not asked for."""
    return Cursor(ts=str(sandbox.delivery.ts - 1), seen=Cursor.of(cursor).seen).stored


async def test_the_last_batch_of_a_gap_moves_the_cursor_to_where_vk_goes_on(
    session: Session, sandbox: VkSandbox, bound: Bound
) -> None:
    await outage(sandbox)
    batches: list[Batch] = []
    async with asyncio.timeout(10), aclosing(session.events(bound.cursor)) as source:
        async for batch in source:
            batches.append(batch)
            if batch.cursor:
                break
    assert [len(batch.arrivals) for batch in batches] == [0, 3, 1, 0]
    last = sandbox.town.talks[7001][3]["date"]
    assert Cursor.of(batches[-1].cursor) == Cursor(ts=str(sandbox.delivery.ts), seen=last)


async def test_long_conversations_are_read_back_page_by_page(
    session: Session, sandbox: VkSandbox, bound: Bound
) -> None:
    for number in range(450):
        sandbox.town.message(sandbox.town.meet(ANNA), 7001, {"text": str(number)})
    sandbox.delivery.ts += 1
    sandbox.delivery.forget()
    found, _ = await arrivals(session, bound.cursor, 450)
    assert texts([e for a in found for e in a.events]) == [str(number) for number in range(450)]
    assert asked(sandbox, "messages.getHistory") == 3


async def test_a_group_chat_that_keeps_its_history_to_itself_does_not_stop_the_others(
    session: Session, sandbox: VkSandbox, bound: Bound
) -> None:
    await sandbox.say(ANNA, "видно")
    await sandbox.arrive(BORIS, chat=sandbox.gather("Чужое", ruled=False), text="не видно")
    sandbox.delivery.forget()
    found, _ = await arrivals(session, bound.cursor, 1)
    assert texts([e for a in found for e in a.events]) == ["видно"]


async def test_after_an_hour_of_silence_the_conversations_are_looked_at(
    connector: Connector, bound: Bound, sandbox: VkSandbox
) -> None:
    sandbox.town.message(sandbox.town.meet(ANNA), 7001, {"text": "не сообщили"})
    now = int(time.time())
    async with connector.open(ChannelId(1), bound) as session:
        found, _ = await arrivals(session, Cursor(ts="100", seen=now - 3700).stored, 1)
    assert texts([e for a in found for e in a.events]) == ["не сообщили"]


async def test_a_channel_without_a_past_does_not_dig_up_the_communitys_history(
    sandbox: VkSandbox, bound: Bound
) -> None:
    sandbox.town.message(sandbox.town.meet(ANNA), 7001, {"text": "давно", "date": 1_700_000_000})
    async with create(system_world()).open(ChannelId(1), bound) as session:
        hearing = asyncio.ensure_future(message(session, None))
        async with asyncio.timeout(10):
            while asked(sandbox, "groups.getLongPollServer") < 2:
                await asyncio.sleep(0)
        await sandbox.say(BORIS, "сейчас")
        sandbox.delivery.kept_since = sandbox.delivery.ts
        assert (await hearing).text == "сейчас"
    sandbox.delivery.forget()


async def test_a_server_that_never_gets_well_is_trouble(session: Session, sandbox: VkSandbox, bound: Bound) -> None:
    sandbox.delivery.key = ""
    with pytest.raises(Retryable, match="long_poll_lost failed 2"):
        await events(session, bound.cursor, 1)


async def test_a_key_that_lost_its_rights_needs_a_new_one(session: Session, sandbox: VkSandbox, bound: Bound) -> None:
    sandbox.faults.append(Fault("groups.setLongPollSettings", 15, "Access denied"))
    with pytest.raises(NeedsRebind, match="no_rights 15: Access denied"):
        await events(session, bound.cursor, 1)
    sandbox.faults.append(Fault("groups.setLongPollSettings", 5, "User authorization failed"))
    with pytest.raises(NeedsRebind, match="token_refused"):
        await events(session, bound.cursor, 1)


async def test_edits_of_ours_come_back_under_their_number(session: Session, sandbox: VkSandbox, bound: Bound) -> None:
    echoed = await sandbox.admin_says(ANNA, "Есть")
    await sandbox.delivery.push("message_edit", {**echoed, "text": "Нет", "update_time": echoed["date"] + 5})
    _, edited = await events(session, bound.cursor, 2)
    assert isinstance(edited, MessageEdited)
    assert (edited.peer_key, edited.ext_id, edited.text) == ("7001", "1", "Нет")


async def test_binding_begins_at_once_so_that_nothing_said_before_the_daemon_starts_is_lost(
    sandbox: VkSandbox,
) -> None:
    world = replace(system_world(), clock=HeldClock())
    bound = await create(world).bind(ScriptedAsker(sandbox.answers))
    assert Cursor.of(bound.cursor) == Cursor(ts="100", seen=HeldClock().at // 1000)
    assert "message_new" in sandbox.delivery.wanted
    assert "wall_post_new" not in sandbox.delivery.wanted


@pytest.mark.parametrize("at", [0, -1, 10**30, NOON + 10**12])
def test_a_time_in_years_to_come_does_not_let_a_later_gap_pass_for_read(at: int) -> None:
    event = MessageArrived(peer=Peer(key="7001", address="7001"), ext_id="1", at=at)
    arrival = Arrival(provider_id="e1", raw=b"", events=(event,))
    began = Cursor(ts="5", seen=NOON // 1000 - 100)
    after = began.after([arrival], "6", now=NOON)
    assert after.ts == "6"
    assert began.seen <= after.seen <= NOON // 1000


@pytest.mark.parametrize("value", ODD, ids=len)
async def test_an_odd_message_is_read_back_too_and_keeps_none_of_its_neighbours(
    connector: Connector, sandbox: VkSandbox, bound: Bound, value: bytes
) -> None:
    await sandbox.say(ANNA, "раз")
    await sandbox.say_oddly(ANNA, "странно", value)
    await sandbox.say(ANNA, "два")
    sandbox.delivery.forget()
    async with connector.open(ChannelId(1), bound) as session:
        found = await events(session, bound.cursor, 3)
    assert texts(found) == ["раз", "странно", "два"]


@pytest.mark.parametrize("kept", ["", "{", "7", '{"ts":5}', "\ud83d", '{"id":7}'])
async def test_what_was_remembered_and_cannot_be_read_closes_no_channel(
    connector: Connector, sandbox: VkSandbox, bound: Bound, kept: str
) -> None:
    await bound.memory.save({"name:7001": kept or "x", "name:Анна": "{}"})
    assert Cursor.of(kept) == Cursor()
    async with connector.open(ChannelId(1), bound) as session:
        await sandbox.say(ANNA, "раз")
        heard = await message(session, bound.cursor)
    assert (heard.text, heard.sender.name) == ("раз", ANNA.name)


async def test_who_types_is_told_beside_what_is_stored_and_moves_nothing(
    session: Session, sandbox: VkSandbox, bound: Bound
) -> None:
    async with asyncio.timeout(10), aclosing(session.events(bound.cursor)) as batches:
        assert await anext(batches) == Batch()
        await sandbox.types(ANNA)
        assert await anext(batches) == Batch(arrivals=[], typing=("7001",))
    for odd in (b'{"type":"message_typing_state"}', b'{"type":"message_typing_state","object":{"from_id":-7}}'):
        assert typist(odd) == ""
    for other in (b'{"type":"message_new","object":{"from_id":7001}}', b"[]", b"{"):
        assert typist(other) is None

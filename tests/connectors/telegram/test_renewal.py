"""A login that is ended and renewed: the account goes on reading where it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatapp_cli.connectors.telegram.position import Position
from chatapp_cli.domain.errors import NeedsRebind
from chatapp_cli.kit.manifests import create
from chatapp_cli.kit.system import system_world
from chatapp_cli.sandbox.telegram import TelegramSandbox
from tests.connectors.telegram.conftest import Desk, Store, outbound, texts
from tests.contract.connector_contract import ANNA, BORIS, ScriptedAsker


async def renew(desk: Desk, sandbox: TelegramSandbox) -> None:
    """As the desk does it: the stored cursor and memory stay, unless the binding brings a cursor of its own."""
    stored = replace(desk.bound, cursor=desk.store.cursor)
    again = await create("telegram", system_world()).bind(ScriptedAsker(sandbox.answers), previous=stored)
    desk.store.cursor = again.cursor or desk.store.cursor
    desk.bound = replace(again, memory=desk.bound.memory)


async def test_what_was_said_in_every_kind_of_chat_while_the_login_was_ended_arrives_once(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    boris, stage = sandbox.stage.person(BORIS), sandbox.stage
    small = stage.groups.group("Опт", boris, sandbox.owner)
    large = stage.groups.channel("Розница", boris, broadcast=False)
    news = stage.groups.channel("Новости", boris, username="forest_news")
    stage.groups.add(boris, large, sandbox.owner)
    chats = {"лично": stage.private(boris), "группа": small, "супергруппа": large, "канал": news}
    async with desk.running() as session:
        await session.follow("@forest_news")
        for name, chat in chats.items():
            stage.write(boris, chat, f"{name} до")
        await desk.until(texts(*(f"{name} до" for name in chats)))
    await sandbox.end_login()
    with pytest.raises(NeedsRebind, match="unauthorized"):
        async with desk.opened():
            pass
    wanted = [f"{name} {number}" for number in range(12) for name in chats]
    for text in wanted:
        stage.write(boris, chats[text.partition(" ")[0]], text)
    await renew(desk, sandbox)
    async with desk.running():
        await desk.until(texts(*wanted))
        stage.write(boris, large, "после")
        await desk.until(texts("после"))
    assert sorted(desk.store.texts) == sorted([*(f"{name} до" for name in chats), *wanted, "после"])


@pytest.mark.parametrize("refusal", ["SESSION_REVOKED", "AUTH_KEY_UNREGISTERED", "SESSION_EXPIRED"])
async def test_however_the_login_ended_edits_and_messages_of_that_time_arrive(
    desk: Desk, sandbox: TelegramSandbox, refusal: str
) -> None:
    anna = sandbox.stage.person(ANNA)
    letter = sandbox.stage.write(anna, sandbox.stage.private(anna), "хочу ель")
    async with desk.running():
        await desk.until(texts("хочу ель"))
    sandbox.stage.revoke(refusal)
    sandbox.stage.edit(letter, "хочу пихту")
    await sandbox.say(ANNA, "где вы?")
    await renew(desk, sandbox)
    async with desk.running() as session:
        await desk.until(texts("где вы?"))
        await session.send(outbound(str(ANNA.number), "здесь"))
    assert [getattr(event, "text", "") for event in desk.store.events].count("хочу пихту") == 1
    assert desk.store.texts.count("где вы?") == 1


async def test_an_account_that_is_bound_for_the_first_time_starts_now(sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "давно")
    connector = create("telegram", system_world())
    desk = Desk(connector, await connector.bind(ScriptedAsker(sandbox.answers)))
    assert desk.store.cursor is not None
    async with desk.running():
        await sandbox.say(ANNA, "теперь")
        await desk.until(texts("теперь"))
    assert desk.store.texts == ["теперь"]


@pytest.mark.parametrize(
    "cursor", ["not json", '{"pts":null,"qts":0,"date":1}', '{"pts":1,"qts":0,"date":99999999999999}', "[]", "{}"]
)
async def test_a_cursor_that_cannot_be_read_is_told_once_and_reading_begins_now(
    desk: Desk, sandbox: TelegramSandbox, cursor: str
) -> None:
    await sandbox.say(ANNA, "давно")
    told: set[str] = set()
    for _ in range(2):
        desk.store = Store(cursor)
        async with desk.running():
            await desk.until(lambda store: store.problems)
            await sandbox.say(ANNA, "теперь")
            await desk.until(texts("теперь"))
        assert desk.store.texts == ["теперь"]
        told |= {name for name in desk.store.ids if name.startswith("finding:cursor:")}
    assert len(told) == 1, "the store keeps the same finding once"
    assert Position.of(desk.store.cursor or "").pts > 1


async def test_a_place_that_lacks_its_counter_is_passed_over_with_a_finding_and_the_channel_opens(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    boris = sandbox.stage.person(BORIS)
    group = sandbox.stage.groups.channel("Опт", boris, broadcast=False)
    sandbox.stage.groups.add(boris, group, sandbox.owner)
    async with desk.running():
        sandbox.stage.write(boris, group, "раз")
        await desk.until(texts("раз"))
    good = desk.store.cursor or ""
    desk.store.cursor = good.replace(f'"{group.id}":[{group.box.pts}', f'"{group.id}":[null')
    assert desk.store.cursor != good
    sandbox.stage.write(boris, group, "два")
    async with desk.running():
        await desk.until(texts("раз", "два"))
    assert desk.store.texts.count("два") == 1
    assert any("not understood" in problem for problem in desk.store.problems)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("follow/9001", "[null,5]"),
        ("follow/many", "off"),
        ("peer/7", '{"number":7}'),
        ("peer/7", '{"number":"семь","sort":"user"}'),
        ("peer/7001", '{"number":7002,"sort":"user","hash":1}'),
        ("move/@anna_b", "{"),
    ],
)
async def test_what_an_earlier_session_kept_wrongly_stops_nothing(
    desk: Desk, sandbox: TelegramSandbox, name: str, text: str
) -> None:
    await desk.bound.memory.save({name: text})
    async with desk.running() as session:
        await sandbox.say(ANNA, "открыто?")
        await desk.until(texts("открыто?"))
        await session.send(outbound(str(ANNA.number), "да"))
    assert [one for one in desk.store.ids if one.startswith("finding:")] == [f"finding:memory:{name}"]
    assert not any(text in problem for problem in desk.store.problems)


async def test_a_binding_that_lost_its_key_asks_for_a_new_one(desk: Desk) -> None:
    desk.bound = replace(desk.bound, secrets={})
    with pytest.raises(NeedsRebind, match="unauthorized"):
        async with desk.opened():
            pass
    assert [finding.ok for finding in await desk.connector.check(desk.bound)] == [False, False]


async def test_a_chat_whose_list_entry_lacks_the_counter_is_followed_all_the_same(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    boris = sandbox.stage.person(BORIS)
    channel = sandbox.stage.groups.channel("Новости леса", boris, username="forest_news")
    sandbox.cloud.lists_counters = False
    async with desk.running() as session:
        await session.follow("@forest_news")
        sandbox.stage.write(boris, channel, "слышно")
        await desk.until(texts("слышно"))
    async with desk.running():
        sandbox.stage.write(boris, channel, "и снова")
        await desk.until(texts("и снова"))
    assert desk.store.texts == ["слышно", "и снова"]
    assert desk.store.problems == []


async def test_nothing_is_kept_of_a_chat_that_tells_its_counter_nowhere_and_the_account_still_opens(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    boris = sandbox.stage.person(BORIS)
    group = sandbox.stage.groups.channel("Опт", boris, broadcast=False)
    sandbox.stage.groups.add(boris, group, sandbox.owner)
    sandbox.cloud.lists_counters = False
    sandbox.stage.write(boris, group, "раз")
    for number in range(3):
        async with desk.running():
            await sandbox.say(ANNA, f"лично {number}")
            await desk.until(texts(f"лично {number}"))
    assert "null" not in (desk.store.cursor or "")

"""What arrives: nothing is lost, whatever dies when."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram import asking
from chatapp_cli.connectors.telegram.peers import marked
from chatapp_cli.connectors.telegram.position import Position
from chatapp_cli.connectors.telegram.session import AccountSession
from chatapp_cli.domain.arrival import (
    ChatRead,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    PeerChanged,
    PeerMoved,
    ReactionsChanged,
)
from chatapp_cli.domain.errors import NeedsRebind, Retryable
from chatapp_cli.kit.manifests import create
from chatapp_cli.kit.system import system_world
from chatapp_cli.sandbox.telegram import TelegramSandbox
from tests.connectors.telegram.conftest import Desk, Store, outbound, said, texts
from tests.contract.connector_contract import ANNA, BORIS


async def test_a_restart_in_a_conversation_loses_nothing_and_repeats_nothing(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    await sandbox.say(ANNA, "раз")
    async with desk.running():
        await desk.until(texts("раз"))
        await sandbox.say(ANNA, "два")
        await desk.until(texts("раз", "два"))
    for number in range(230):
        await sandbox.say(ANNA if number % 2 else BORIS, str(number))
    async with desk.running():
        await desk.until(texts("229"))
    assert desk.store.texts == ["раз", "два", *(str(number) for number in range(230))]


async def test_what_was_pushed_but_not_durable_when_the_desk_was_killed_comes_again_with_the_same_ids(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    lost = Store(desk.store.cursor)
    async with desk.opened() as session, asyncio.timeout(10), aclosing(session.events(desk.store.cursor)) as batches:
        await anext(batches)  # it is up
        await sandbox.say(ANNA, "раз")
        async for batch in batches:
            lost.events += [event for arrival in batch.arrivals for event in arrival.events]
            if lost.texts:
                break  # killed before the batch was stored
    async with desk.running():
        await desk.until(texts("раз"))
    assert [(m.ext_id, m.text) for m in said(lost)] == [(m.ext_id, m.text) for m in said(desk.store)]


async def test_killed_between_any_two_batches_the_desk_has_everything_once(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    wanted = [f"{chat} {number}" for number in range(6) for chat in ("лично", "группа")]
    anna = sandbox.stage.person(ANNA)
    group = sandbox.stage.groups.channel("Опт", anna, broadcast=False)
    sandbox.stage.groups.add(anna, group, sandbox.owner)
    for number in range(6):
        sandbox.stage.write(anna, sandbox.stage.private(anna), f"лично {number}")
        sandbox.stage.write(anna, group, f"группа {number}")
        before = len(desk.store.ids)
        async with desk.opened() as session:
            await desk.store.take(session, lambda store, before=before: len(store.ids) > before)
    async with desk.running():
        await desk.until(texts(*wanted))
    assert sorted(desk.store.texts) == sorted(wanted)


async def test_a_quiet_account_proves_at_once_that_it_lives(session: AccountSession, desk: Desk) -> None:
    async with asyncio.timeout(10), aclosing(session.events(desk.store.cursor)) as batches:
        assert not (await anext(batches)).arrivals


async def test_a_lost_connection_is_told_and_what_was_said_meanwhile_arrives(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    async with desk.opened() as session, asyncio.timeout(20), aclosing(session.events(desk.store.cursor)) as batches:
        await anext(batches)
        await sandbox.vanish()
        with pytest.raises(Retryable, match="unreachable"):
            async for _ in batches:
                pass
    with pytest.raises(Retryable, match="unreachable"):
        async with desk.opened():
            pass
    await sandbox.say(ANNA, "вы здесь?")
    await sandbox.come_back()
    async with desk.running():
        await desk.until(texts("вы здесь?"))


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ("AUTH_KEY_UNREGISTERED", "unauthorized"),
        ("SESSION_REVOKED", "unauthorized"),
        ("USER_DEACTIVATED_BAN", "account_banned"),
    ],
)
async def test_a_login_that_was_ended_on_the_phone_asks_for_a_new_binding(
    desk: Desk, sandbox: TelegramSandbox, refusal: str, code: str
) -> None:
    async with desk.opened():
        sandbox.stage.revoke(refusal)
    with pytest.raises(NeedsRebind, match=code):
        async with desk.opened():
            pass


async def test_login_codes_and_saved_messages_are_never_kept(desk: Desk, sandbox: TelegramSandbox) -> None:
    sandbox.stage.write(sandbox.owner, sandbox.stage.private(sandbox.owner), "пин-код 1234")
    await create("telegram", system_world()).bind(_Answers(sandbox))
    await sandbox.say(ANNA, "слышно?")
    async with desk.running():
        await desk.until(texts("слышно?"))
        await create("telegram", system_world()).bind(_Answers(sandbox))
        await sandbox.say(ANNA, "а теперь?")
        await desk.until(texts("а теперь?"))
    assert desk.store.texts == ["слышно?", "а теперь?"]
    assert not any(secret.encode() in raw for raw in desk.store.raw for secret in ("24680", "1234"))


class _Answers:
    """Logs in once more on another device, so that Telegram writes a code to this one."""

    def __init__(self, sandbox: TelegramSandbox) -> None:
        self._sandbox = sandbox

    async def form(self, form: object) -> dict[str, str]:
        return {**self._sandbox.answers, "another": "off"}

    async def show(self, notice: object) -> None: ...

    async def visit(self, url: str, state: str) -> dict[str, str]:
        raise AssertionError


async def test_what_the_owner_writes_on_the_phone_is_an_echo(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    anna = sandbox.stage.person(ANNA)
    sandbox.stage.write(sandbox.owner, sandbox.stage.private(anna), "Скоро приедем")
    echo = await desk.one(MessageArrived)
    assert (echo.from_us, echo.text, echo.peer.key, echo.peer.title) == (
        True,
        "Скоро приедем",
        str(ANNA.number),
        ANNA.name,
    )
    assert echo.sender.id == str(sandbox.owner.id)


async def test_edits_deletions_reactions_and_reads_arrive(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    anna = sandbox.stage.person(ANNA)
    chat = sandbox.stage.private(anna)
    letter = sandbox.stage.write(anna, chat, "Хочу ель")
    heard = await desk.one(MessageArrived)
    sandbox.stage.edit(letter, "Хочу пихту")
    edited = await desk.one(MessageEdited)
    assert (edited.peer_key, edited.ext_id, edited.text) == (heard.peer.key, heard.ext_id, "Хочу пихту")
    receipt = await session.send(outbound(heard.peer.address, "Есть"))
    sandbox.stage.read(anna, chat)
    read = await desk.one(ChatRead)
    assert (read.peer_key, read.ext_id, read.by_us) == (heard.peer.key, receipt.ids[0], False)
    sandbox.stage.react(anna, sandbox.stage.letter(chat, sandbox.owner, receipt.ids[0]), "👍")
    liked = await desk.one(ReactionsChanged)
    assert (liked.ext_id, tuple(liked.emoji), liked.person.name) == (receipt.ids[0], ("👍",), ANNA.name)
    sandbox.stage.react(anna, sandbox.stage.letter(chat, sandbox.owner, receipt.ids[0]))
    assert tuple((await desk.one(ReactionsChanged)).emoji) == ()
    sandbox.stage.delete(letter)
    gone = await desk.one(MessagesDeleted)
    assert (gone.peer_key, list(gone.ext_ids)) == ("", [heard.ext_id])


async def test_what_we_read_on_the_phone_is_told(session: AccountSession, desk: Desk, sandbox: TelegramSandbox) -> None:
    anna = sandbox.stage.person(ANNA)
    await sandbox.say(ANNA, "Ау")
    heard = await desk.one(MessageArrived)
    sandbox.stage.read(sandbox.owner, sandbox.stage.private(anna))
    read = await desk.one(ChatRead)
    assert (read.peer_key, read.ext_id, read.by_us) == (heard.peer.key, heard.ext_id, True)


async def test_messages_of_supergroups_have_ids_of_their_own(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    anna = sandbox.stage.person(ANNA)
    group = sandbox.stage.groups.channel("Опт", anna, broadcast=False)
    sandbox.stage.groups.add(anna, group, sandbox.owner)
    letter = sandbox.stage.write(anna, group, "Почём?")
    heard = await desk.one(MessageArrived)
    assert (heard.peer.key, heard.peer.kind, heard.peer.title) == (str(marked(group.id)), "group", "Опт")
    assert heard.ext_id == f"{letter.id_for(sandbox.owner)}.{group.id}"
    assert heard.sender.name == ANNA.name
    sandbox.stage.delete(letter)
    gone = await desk.one(MessagesDeleted)
    assert (gone.peer_key, list(gone.ext_ids)) == (heard.peer.key, [heard.ext_id])


@pytest.mark.req("S-068")
async def test_a_group_that_becomes_a_supergroup_moves_and_keeps_its_title(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    anna = sandbox.stage.person(ANNA)
    group = sandbox.stage.groups.group("Опт", anna, sandbox.owner)
    appeared = await desk.one(PeerChanged)
    assert (appeared.peer.key, appeared.peer.title, appeared.peer.kind) == (f"-{group.id}", "Опт", "group")
    sandbox.stage.groups.rename(anna, group, "Опт и розница")
    assert (await desk.one(PeerChanged)).peer.title == "Опт и розница"
    large = sandbox.stage.groups.upgrade(group)
    moved = await desk.one(PeerMoved)
    assert (moved.old_key, moved.peer.key) == (f"-{group.id}", str(marked(large.id)))
    sandbox.stage.write(anna, large, "Мы выросли")
    await desk.until(texts("Мы выросли"))
    assert said(desk.store)[-1].peer.key == moved.peer.key


async def test_being_taken_out_of_a_group_is_known(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    anna = sandbox.stage.person(ANNA)
    group = sandbox.stage.groups.group("Опт", anna, sandbox.owner)
    await desk.one(PeerChanged)
    sandbox.stage.groups.remove(anna, group, sandbox.owner)
    change = await desk.one(PeerChanged)
    assert (change.peer.key, change.reachable, change.code) == (f"-{group.id}", False, "removed_from_chat")


@pytest.mark.parametrize("broadcast", [True, False])
async def test_a_thousand_posts_that_were_missed_are_recovered_in_order(
    desk: Desk, sandbox: TelegramSandbox, broadcast: bool
) -> None:
    boris = sandbox.stage.person(BORIS)
    channel = sandbox.stage.groups.channel("Новости леса", boris, username="forest_news", broadcast=broadcast)
    async with desk.running() as session:
        await session.follow("@forest_news")
        sandbox.stage.write(boris, channel, "первая")
        await desk.until(texts("первая"))
    for number in range(1000):
        sandbox.stage.write(boris, channel, f"№{number}")
    async with desk.running():
        await desk.until(texts("№999"))
    assert desk.store.texts == ["первая", *(f"№{number}" for number in range(1000))]


async def test_posts_are_read_from_the_channel_itself_where_telegram_tells_no_difference(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    boris = sandbox.stage.person(BORIS)
    channel = sandbox.stage.groups.channel("Новости леса", boris, username="forest_news")
    async with desk.running() as session:
        await session.follow("https://t.me/forest_news")
        sandbox.stage.write(boris, channel, "первая")
        await desk.until(texts("первая"))
    for number in range(250):
        sandbox.stage.write(boris, channel, f"№{number}")
    sandbox.stage.order("updates.getChannelDifference", "PERSISTENT_TIMESTAMP_INVALID")
    async with desk.opened() as session:
        await desk.store.take(session, lambda store: "№99" in store.texts)
    assert "№249" not in desk.store.texts, "killed in the middle of the pages"
    async with desk.running():
        await desk.until(texts("№249"))
    assert desk.store.texts == ["первая", *(f"№{number}" for number in range(250))]


async def test_private_chats_are_read_themselves_where_telegram_tells_no_difference(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    for number in range(150):
        await sandbox.say(ANNA, f"Анна {number}")
    await sandbox.say(BORIS, "Борис")
    async with desk.opened() as session:
        sandbox.stage.order("updates.getDifference", "PERSISTENT_TIMESTAMP_INVALID")
        end = sandbox.owner.box.pts
        await desk.store.take(session, lambda store: Position.of(store.cursor or "").pts == end)
    assert [text for text in desk.store.texts if text.startswith("Анна")] == [f"Анна {n}" for n in range(150)]


async def test_a_supergroup_that_began_to_speak_while_we_were_away_is_read(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    anna = sandbox.stage.person(ANNA)
    group = sandbox.stage.groups.channel("Опт", anna, broadcast=False)
    sandbox.stage.groups.add(anna, group, sandbox.owner)
    for number in range(3):
        sandbox.stage.write(anna, group, f"сообщение {number}")
    async with desk.running():
        await desk.until(lambda store: Position.of(store.cursor or "").channels)
    assert desk.store.texts == ["сообщение 0", "сообщение 1", "сообщение 2"]
    assert group.id in Position.of(desk.store.cursor or "").channels


async def test_broadcast_channels_arrive_only_while_they_are_followed(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    boris = sandbox.stage.person(BORIS)
    channel = sandbox.stage.groups.channel("Новости леса", boris, username="forest_news")
    sandbox.stage.groups.join(sandbox.owner, channel)
    sandbox.stage.write(boris, channel, "не слышно")
    peer = await session.follow("forest_news")
    sandbox.stage.write(boris, channel, "слышно")
    await desk.until(texts("слышно"))
    await session.unfollow(peer.address)
    sandbox.stage.write(boris, channel, "опять не слышно")
    await sandbox.say(ANNA, "конец")
    await desk.until(texts("конец"))
    assert desk.store.texts == ["слышно", "конец"]
    assert (peer.kind, peer.title) == ("channel", "Новости леса")


async def test_a_channel_that_put_us_out_is_named_and_holds_nobody_up(desk: Desk, sandbox: TelegramSandbox) -> None:
    boris = sandbox.stage.person(BORIS)
    group = sandbox.stage.groups.channel("Опт", boris, broadcast=False)
    sandbox.stage.groups.add(boris, group, sandbox.owner)
    sandbox.stage.write(boris, group, "привет")
    async with desk.running():
        await desk.until(texts("привет"))
    sandbox.stage.groups.remove(boris, group, sandbox.owner, ban=True)
    await sandbox.say(ANNA, "я тут")
    async with desk.running():
        await desk.until(lambda store: not all(change.reachable for change in store.of(PeerChanged)))
        await desk.until(texts("я тут"))
    left, *_ = [change for change in desk.store.of(PeerChanged) if not change.reachable]
    assert (left.peer.key, left.code) == (str(marked(group.id)), "removed_from_chat")
    assert group.id not in Position.of(desk.store.cursor or "").channels


async def test_a_short_flood_of_reading_is_waited_for(desk: Desk, sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "раз")
    async with desk.opened() as session:
        sandbox.stage.order("updates.getDifference", "FLOOD_WAIT_1")
        await desk.store.take(session, texts("раз"))
    assert asking.LONGEST_PAUSE < 180, "the runner takes a longer silence for death"


async def test_a_place_a_card_and_a_forwarded_message_can_be_read(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    anna = sandbox.stage.person(ANNA)
    chat = sandbox.stage.private(anna)
    for media in (
        tl.MessageMediaGeo(tl.GeoPoint(long=37.62, lat=55.75, access_hash=0)),
        tl.MessageMediaContact("79160000077", "Вера", "Котова", "", 0),
        tl.MessageMediaDice(6, "🎲"),
        tl.MessageMediaUnsupported(),
    ):
        sandbox.stage.write(anna, chat, media=media)
    await desk.until(lambda store: len(store.texts) == 4)
    place, card, die, other = desk.store.texts
    assert place == "https://www.openstreetmap.org/?mlat=55.750000&mlon=37.620000#map=17/55.750000/37.620000"
    assert (card, die, other) == ("Вера Котова +79160000077", "🎲 6", "[Unsupported]")


async def test_who_types_is_told_at_once_and_nothing_of_it_is_stored(desk: Desk, sandbox: TelegramSandbox) -> None:
    person = sandbox.stage.person(ANNA)
    chat = sandbox.cloud.private(person, sandbox.owner)
    async with desk.opened() as session, asyncio.timeout(10), aclosing(session.events(desk.store.cursor)) as batches:
        async for batch in batches:
            if batch.typing:
                break
            sandbox.stage.show_typing(person, chat)
        assert ({*batch.typing}, list(batch.arrivals), batch.cursor) == ({str(person.id)}, [], None)

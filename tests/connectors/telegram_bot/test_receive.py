"""The getUpdates loop: nothing lost, nothing held up, each update confirmed only after it is durable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from chatapp_cli.domain.arrival import (
    Batch,
    IncomingFile,
    MessageArrived,
    MessageEdited,
    PeerChanged,
    PeerMoved,
    ReactionsChanged,
)
from chatapp_cli.domain.errors import NeedsRebind, Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, FetchesFiles, Session
from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.sandbox.telegram_bot.server import Fault
from tests.contract.connector_contract import ANNA, BORIS, collect

RESTRICTED = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
    "can_react_to_messages",
    "can_edit_tag",
)


async def batches(session: Session, cursor: str | None = None) -> AsyncIterator[Batch]:
    async with asyncio.timeout(10), aclosing(session.events(cursor)) as found:  # type: ignore[type-var]
        async for batch in found:
            yield batch


async def one(session: Session, cursor: str | None = None) -> Batch:
    async with aclosing(batches(session, cursor)) as found:
        return await anext(found)


def offsets(sandbox: TelegramBotSandbox) -> list[int | None]:
    return [e.params.get("offset") for e in sandbox.exchanges if e.method == "getUpdates"]


async def test_a_quiet_bot_proves_at_once_that_it_lives(session: Session) -> None:
    assert await one(session) == Batch(arrivals=[], cursor=None)


async def test_asking_for_more_confirms_and_not_a_moment_earlier(session: Session, sandbox: TelegramBotSandbox) -> None:
    await sandbox.say(ANNA, "раз")
    async with aclosing(batches(session)) as found:
        first = await anext(found)
        assert len(sandbox.delivery.pending) == 1, "still kept by Telegram while we store it"
        await sandbox.say(ANNA, "два")
        second = await anext(found)
    assert offsets(sandbox) == [None, int(str(first.cursor))]
    assert [b.arrivals[0].provider_id for b in (first, second)] == ["500001", "500002"]
    assert (first.cursor, second.cursor) == ("500002", "500003")


async def test_after_a_restart_reading_goes_on_from_the_cursor(
    connector: Connector, bound: Bound, sandbox: TelegramBotSandbox
) -> None:
    for text in ("раз", "два", "три"):
        await sandbox.say(ANNA, text)
    async with connector.open(ChannelId(1), bound) as session:
        assert len((await one(session, "500003")).arrivals) == 1
    assert offsets(sandbox) == [500003]


async def test_more_than_a_hundred_come_in_several_batches_in_order(
    session: Session, sandbox: TelegramBotSandbox
) -> None:
    for number in range(130):
        await sandbox.say(ANNA, str(number))
    found, cursor = await collect(session, 130, None)
    assert [m.text for m in found] == [str(number) for number in range(130)]
    assert cursor == "500131"


async def test_poison_is_set_aside_and_holds_nobody_up(session: Session, sandbox: TelegramBotSandbox) -> None:
    await sandbox.say(ANNA, "до")
    await sandbox.delivery.push_raw({"update_id": 600_000, "message": {"chat": "poison"}})
    await sandbox.delivery.push_raw({"poison": "without an id"})
    await sandbox.delivery.push_raw({"update_id": 600_001, "my_chat_member": {"poison": 1}})
    await sandbox.delivery.push_raw({"update_id": 600_002, "message": None})
    batch = await one(session)
    assert [bool(arrival.problem) for arrival in batch.arrivals] == [False, True, True, True, False]
    assert b"poison" in batch.arrivals[1].raw
    assert batch.cursor == "600003"


async def test_updates_without_any_id_do_not_make_a_busy_loop(session: Session, sandbox: TelegramBotSandbox) -> None:
    await sandbox.delivery.push_raw({"poison": "without an id"})
    async with aclosing(batches(session)) as found:
        assert (await anext(found)).arrivals[0].provider_id.startswith("sha256:")
        with pytest.raises(Retryable, match="no_answer"):
            await anext(found)
    assert len(offsets(sandbox)) == 1


async def test_everything_we_want_is_asked_for(session: Session, sandbox: TelegramBotSandbox) -> None:
    await one(session)
    (asked,) = [e.params["allowed_updates"] for e in sandbox.exchanges if e.method == "getUpdates"]
    assert {"message", "edited_message", "channel_post", "message_reaction", "my_chat_member"} <= set(asked)


async def test_edits_and_reactions_arrive_in_their_order(session: Session, sandbox: TelegramBotSandbox) -> None:
    await one(session)
    chat = sandbox.town.private(ANNA)
    message = await sandbox.arrive(chat, ANNA, {"text": "Хочу ель"})
    await sandbox.edit(message, "Хочу пихту")
    await sandbox.react(ANNA, chat, message["message_id"], "👍")
    events = [event for arrival in (await one(session)).arrivals for event in arrival.events]
    assert [type(event) for event in events] == [MessageArrived, MessageEdited, ReactionsChanged]


@pytest.mark.req("S-068")
async def test_a_group_that_becomes_a_supergroup_moves(session: Session, sandbox: TelegramBotSandbox) -> None:
    group = sandbox.town.gather("group", "Опт")
    await sandbox.arrive(group, BORIS, {"text": "Почём?"})
    large = await sandbox.migrate(BORIS, group)
    events = [event for arrival in (await one(session)).arrivals for event in arrival.events]
    (moved,) = [event for event in events if isinstance(event, PeerMoved)]
    assert (moved.old_key, moved.peer.key, moved.peer.title) == (str(group.id), str(large.id), "Опт")


@pytest.mark.req("S-070")
async def test_who_blocked_the_bot_is_known_before_and_after_an_attempt(
    session: Session, sandbox: TelegramBotSandbox
) -> None:
    await sandbox.say(ANNA, "Здравствуйте")
    await sandbox.block(ANNA)
    (_, blocked) = [event for arrival in (await one(session)).arrivals for event in arrival.events]
    assert isinstance(blocked, PeerChanged)
    assert (blocked.peer.key, blocked.reachable, blocked.code) == (str(ANNA.number), False, "blocked_by_user")
    with pytest.raises(Rejected, match="blocked_by_user"):
        await session.send(Outbound(message_id=MessageId(1), key="k" * 32, address=blocked.peer.address, text="Ау"))


@pytest.mark.req("S-068")
async def test_a_group_without_the_right_to_write_is_known(session: Session, sandbox: TelegramBotSandbox) -> None:
    group = sandbox.town.gather("supergroup", "Опт")
    rights = dict.fromkeys(RESTRICTED, False)
    await sandbox.stand(ANNA, group, {"status": "restricted", "is_member": True, "until_date": 0, **rights})
    (arrival,) = (await one(session)).arrivals
    (change,) = arrival.events
    assert isinstance(change, PeerChanged)
    assert (change.reachable, change.code) == (False, "no_rights")
    with pytest.raises(Rejected, match="no_rights"):
        await session.send(Outbound(message_id=MessageId(1), key="k" * 32, address=str(group.id), text="Ау"))


async def test_another_reader_is_named(session: Session, sandbox: TelegramBotSandbox) -> None:
    sandbox.faults.append(Fault("getUpdates", 409, "Conflict: terminated by other getUpdates request"))
    with pytest.raises(Retryable, match="second_reader"):
        await one(session)


async def test_a_foreign_webhook_is_named_and_gone_when_the_channel_opens_again(
    connector: Connector, bound: Bound, sandbox: TelegramBotSandbox
) -> None:
    async with connector.open(ChannelId(1), bound) as session:
        sandbox.delivery.hook = {"url": "http://127.0.0.1:1/other", "secret": ""}
        with pytest.raises(Retryable, match="webhook_conflict"):
            await one(session)
    await sandbox.say(ANNA, "слышно?")
    async with connector.open(ChannelId(1), bound) as session:
        assert len((await one(session)).arrivals) == 1


@pytest.mark.req("S-070")
async def test_a_revoked_token_asks_for_a_new_binding(session: Session, sandbox: TelegramBotSandbox) -> None:
    sandbox.faults.append(Fault("getUpdates", 401, "Unauthorized"))
    with pytest.raises(NeedsRebind, match="unauthorized"):
        await one(session)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("getUpdates", 500, "Internal Server Error"), "server_trouble"),
        (Fault("getUpdates", 502, "Bad Gateway"), "server_trouble"),
        (Fault("getUpdates", 0), "no_answer"),
    ],
)
async def test_reading_is_tried_again_after_trouble(
    session: Session, sandbox: TelegramBotSandbox, fault: Fault, code: str
) -> None:
    sandbox.faults.append(fault)
    with pytest.raises(Retryable, match=code):
        await one(session)
    assert await one(session) == Batch(arrivals=[], cursor=None)


async def fetched(session: Session, sandbox: TelegramBotSandbox, target: Path) -> IncomingFile:
    photo = StageFile(name="ель.jpg", mime="image/jpeg", content=b"picture" * 1000)
    await sandbox.say(ANNA, "вот", files=[photo])
    ((message,), _) = await collect(session, 1, None)
    (file,) = message.files
    assert isinstance(session, FetchesFiles)
    await session.fetch(file.remote, target)
    assert target.read_bytes() == photo.content
    return file


async def test_a_file_is_fetched_by_its_id_alone(session: Session, sandbox: TelegramBotSandbox, tmp_path: Path) -> None:
    file = await fetched(session, sandbox, tmp_path / "photo")
    assert (file.kind, file.size) == ("photo", 7000)


async def test_a_file_that_telegram_lost_is_refused_and_one_that_does_not_come_is_tried_again(
    session: Session, sandbox: TelegramBotSandbox, tmp_path: Path
) -> None:
    assert isinstance(session, FetchesFiles)
    with pytest.raises(Exception, match="file_gone"):
        await session.fetch("nobody's", tmp_path / "x")
    file = await fetched(session, sandbox, tmp_path / "photo")
    sandbox.town.lost.add(file.remote)
    with pytest.raises(Retryable, match="HTTP 404"):
        await session.fetch(file.remote, tmp_path / "photo")

"""Words, edits, deletions, reads, typing and reactions between a real client and the invented people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from telethon import errors, functions, types

from chatapp_cli.sandbox.telegram import TelegramSandbox
from tests.connectors.telegram.server_client import ANNA, BORIS, Device, device, logged_in, login, until


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(password="") as sandbox:
        yield sandbox


@pytest.fixture
async def client(sandbox: TelegramSandbox) -> AsyncIterator[Device]:
    async with logged_in(sandbox) as client:
        yield client


async def test_words_go_both_ways(client: Device, sandbox: TelegramSandbox) -> None:
    said = await sandbox.say(ANNA, "Здравствуйте, ёлки есть?")
    assert await client.hears(1) == ["Здравствуйте, ёлки есть?"]
    (message,) = client.messages
    assert (str(message.id), message.sender.first_name, message.sender.last_name) == (said, "Анна", "Белова")
    sent = await client.send_message(message.chat_id, "Есть!", reply_to=message.id)
    assert sent.id == message.id + 1
    (heard,) = await sandbox.heard(ANNA)
    assert (heard.text, heard.reply_to) == ("Есть!", said)
    assert await sandbox.heard(BORIS) == []


async def test_who_was_shown_once_writes_in_the_short_form_then(client: Device, sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "раз")
    await sandbox.say(ANNA, "два")
    await client.hears(2)
    kinds = [type(update).__name__ for update in client.told]
    assert kinds == ["UpdateNewMessage", "UpdateShortMessage"]


async def test_the_short_form_says_the_same(client: Device, sandbox: TelegramSandbox) -> None:
    stage, anna = sandbox.stage, sandbox.stage.person(ANNA)
    first = stage.write(anna, stage.private(anna), "раз")
    group = stage.groups.group("Двор", anna, sandbox.owner)
    stage.write(anna, stage.private(anna), "два", reply_to=first)
    stage.write(anna, group, "три")
    stage.write(sandbox.owner, group, "четыре")
    assert await client.hears(4) == ["раз", "два", "три", "четыре"]
    kinds = [type(update).__name__ for update in client.told if not isinstance(update, types.UpdateChatParticipants)]
    assert kinds[-3:] == ["UpdateShortMessage", "UpdateShortChatMessage", "UpdateShortChatMessage"]
    _, answer, third, fourth = client.messages
    assert (answer.reply_to.reply_to_msg_id, answer.sender_id) == (first.id_for(sandbox.owner), anna.id)
    assert (third.chat_id, third.sender_id, third.out) == (-group.id, anna.id, False)
    assert (fourth.chat_id, fourth.out) == (-group.id, True)
    boris = stage.person(BORIS)
    stage.groups.add(anna, group, boris)
    await until(lambda: sandbox.stage.devices()[0].known_users >= {boris.id})
    sandbox.stage.devices()[0].known_users.discard(boris.id)
    stage.write(boris, group, "пять")
    await client.hears(5)
    assert (type(client.told[-1]).__name__, client.messages[-1].sender.username) == ("UpdateNewMessage", "boris_y")


async def test_a_customer_forwards_and_takes_another_name(client: Device, sandbox: TelegramSandbox) -> None:
    stage, anna = sandbox.stage, sandbox.stage.person(ANNA)
    source = types.MessageFwdHeader(date=1_790_000_000, from_name="Кто-то")
    stage.write(anna, stage.private(anna), "чужое", forwarded=source)
    await client.hears(1)
    assert client.messages[0].fwd_from.from_name == "Кто-то"
    stage.rename(anna, "Анна Чернова", "anna_ch")
    told = await client.told_of(types.UpdateUserName)
    assert (told.user_id, told.last_name, told.usernames[0].username) == (anna.id, "Чернова", "anna_ch")
    assert (await client.get_entity("@anna_ch")).id == anna.id


async def test_edits_and_deletions_by_a_customer_arrive(client: Device, sandbox: TelegramSandbox) -> None:
    stage, anna = sandbox.stage, sandbox.stage.person(ANNA)
    letter = stage.write(anna, stage.private(anna), "Ёлка")
    stage.edit(letter, "Ёлка, пожалуйста")
    edit = await client.told_of(types.UpdateEditMessage)
    number = letter.id_for(sandbox.owner)
    assert (edit.message.id, edit.message.message) == (number, "Ёлка, пожалуйста")
    assert edit.message.edit_date is not None
    stage.delete(letter)
    assert (await client.told_of(types.UpdateDeleteMessages)).messages == [number]


async def test_our_edits_and_deletions_reach_the_customer(client: Device, sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "?")
    await client.hears(1)
    sent = await client.send_message(ANNA.number, "Ест")
    await client.edit_message(ANNA.number, sent.id, "Есть")
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["Есть"]
    with pytest.raises(errors.MessageNotModifiedError):
        await client.edit_message(ANNA.number, sent.id, "Есть")
    await client.delete_messages(ANNA.number, [sent.id])
    assert await sandbox.heard(ANNA) == []
    with pytest.raises(errors.MessageIdInvalidError):
        await client.edit_message(ANNA.number, sent.id, "Нет")


async def test_nobody_edits_the_words_of_others(client: Device, sandbox: TelegramSandbox) -> None:
    said = await sandbox.say(ANNA, "моё")
    await client.hears(1)
    with pytest.raises(errors.MessageAuthorRequiredError):
        await client.edit_message(ANNA.number, int(said), "наше")


async def test_reading_is_shown_to_the_author(client: Device, sandbox: TelegramSandbox) -> None:
    anna = sandbox.stage.person(ANNA)
    said = await sandbox.say(ANNA, "?")
    await client.hears(1)
    first = await client.send_message(ANNA.number, "раз")
    last = await client.send_message(ANNA.number, "два")
    chat = sandbox.stage.private(anna)
    sandbox.stage.read(anna, chat, sandbox.stage.letter(chat, sandbox.owner, first.id))
    read = await client.told_of(types.UpdateReadHistoryOutbox)
    assert (read.peer.user_id, read.max_id) == (ANNA.number, first.id)
    sandbox.stage.read(anna, chat)
    assert (await client.told_of(types.UpdateReadHistoryOutbox, 2)).max_id == last.id
    assert last.id == first.id + 1
    await client.send_read_acknowledge(ANNA.number, max_id=int(said))
    assert chat.read_outbox[anna.id] == chat.box_of(anna).of(chat)[-1].id_for(anna)
    (dialog,) = await client.get_dialogs()
    assert (dialog.unread_count, dialog.dialog.read_outbox_max_id) == (0, last.id)
    again = await client(functions.messages.ReadHistoryRequest(ANNA.number, max_id=int(said)))
    assert (again.pts, again.pts_count) == (sandbox.owner.box.pts, 0)


async def test_typing_and_reactions_are_seen_on_both_sides(client: Device, sandbox: TelegramSandbox) -> None:
    stage, anna = sandbox.stage, sandbox.stage.person(ANNA)
    letter = stage.write(anna, stage.private(anna), "Спасибо")
    await client.hears(1)
    stage.show_typing(anna, stage.private(anna))
    assert (await client.told_of(types.UpdateUserTyping)).user_id == ANNA.number
    heart = types.ReactionEmoji("❤")
    await client(functions.messages.SendReactionRequest(ANNA.number, letter.id_for(sandbox.owner), reaction=[heart]))
    assert [one.emoticon for one in letter.reactions[sandbox.owner]] == ["❤"]
    stage.react(anna, letter, "👍")
    reactions = (await client.told_of(types.UpdateMessageReactions)).reactions
    assert {(one.reaction.emoticon, one.chosen_order) for one in reactions.results} == {("❤", 0), ("👍", None)}
    await client(functions.messages.SendReactionRequest(ANNA.number, letter.id_for(sandbox.owner), reaction=[]))
    assert letter.reactions[sandbox.owner] == []


async def test_what_the_owner_writes_on_the_phone_arrives_as_outgoing(client: Device, sandbox: TelegramSandbox) -> None:
    chat = sandbox.stage.private(sandbox.stage.person(ANNA))
    sandbox.stage.write(sandbox.owner, chat, "С телефона")
    assert await client.hears(1) == ["С телефона"]
    assert client.messages[0].out
    assert client.messages[0].chat_id == ANNA.number


async def test_devices_of_one_account_hear_of_one_another(client: Device, sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "?")
    await client.hears(1)
    async with device(sandbox) as second:
        await login(second)
        sent = await client.send_message(ANNA.number, "С первого")
        assert await second.hears(1) == ["С первого"]
        assert (second.messages[0].id, second.messages[0].out) == (sent.id, True)
        await client.delete_messages(ANNA.number, [sent.id])
        assert (await second.told_of(types.UpdateDeleteMessages)).messages == [sent.id]
        await client.send_read_acknowledge(ANNA.number)
        assert (await second.told_of(types.UpdateReadHistoryInbox)).peer.user_id == ANNA.number
    assert "С первого" not in client.texts


async def test_what_was_missed_is_caught_up_in_order(sandbox: TelegramSandbox) -> None:
    stage, anna = sandbox.stage, sandbox.stage.person(ANNA)
    async with logged_in(sandbox) as client:
        kept = stage.write(anna, stage.private(anna), "до")
        await client.hears(1)
        await client.send_message(ANNA.number, "ответ")
        session = client.session
    await sandbox.vanish()
    for number in range(250):
        await sandbox.say(ANNA, str(number))
    taken_back = stage.write(anna, stage.private(anna), "ой")
    stage.edit(kept, "до и после")
    stage.delete(taken_back)
    stage.read(anna, stage.private(anna))
    await sandbox.come_back()
    async with device(sandbox, session, catch_up=True) as again:
        assert await again.hears(250) == [str(number) for number in range(250)]
        assert "ой" not in again.texts
        state = await again(functions.updates.GetStateRequest())
        assert state.pts == sandbox.owner.box.pts
        assert state.unread_count == 251


async def test_the_difference_tells_of_edits_deletions_and_reads_too(client: Device, sandbox: TelegramSandbox) -> None:
    stage, anna = sandbox.stage, sandbox.stage.person(ANNA)
    kept, gone, lost = (stage.write(anna, stage.private(anna), text) for text in ("раз", "два", "три"))
    await client.hears(3)
    sent = await client.send_message(ANNA.number, "ответ")
    before = await client(functions.updates.GetStateRequest())
    numbers = [one.id_for(sandbox.owner) for one in (gone, lost)]
    stage.edit(kept, "раз!")
    stage.delete(gone, lost)
    stage.read(anna, stage.private(anna))
    missed = await client(functions.updates.GetDifferenceRequest(pts=before.pts, date=before.date, qts=0))
    edited, deleted, read = missed.other_updates
    assert (edited.message.message, deleted.messages, read.max_id) == ("раз!", numbers, sent.id)
    assert [update.pts for update in missed.other_updates] == [before.pts + n for n in (1, 3, 4)]
    assert deleted.pts_count == 2
    assert missed.state.pts == before.pts + 4
    assert isinstance(
        await client(functions.updates.GetDifferenceRequest(pts=missed.state.pts, date=before.date, qts=0)),
        types.updates.DifferenceEmpty,
    )


async def test_a_gap_is_filled_without_a_restart(client: Device, sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "раз")
    await client.hears(1)
    sessions, sandbox.stage.devices()[0].sessions[:] = list(sandbox.stage.devices()[0].sessions), []
    await sandbox.say(ANNA, "мимо")
    sandbox.stage.devices()[0].sessions[:] = sessions
    await sandbox.say(ANNA, "три")
    assert await client.hears(3) == ["раз", "мимо", "три"]


async def test_the_same_random_id_makes_no_second_message(client: Device, sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "?")
    await client.hears(1)
    request = functions.messages.SendMessageRequest(ANNA.number, "один раз", random_id=77)
    await client(request)
    with pytest.raises(errors.RandomIdDuplicateError):
        await client(request)
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["один раз"]


async def test_a_send_without_an_answer_has_arrived_and_is_recognised(client: Device, sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "?")
    await client.hears(1)
    sandbox.stage.hush("messages.sendMessage")
    with pytest.raises(errors.RandomIdDuplicateError):
        await client(functions.messages.SendMessageRequest(ANNA.number, "дошло", random_id=78))
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["дошло"]
    assert [one.refusal for one in sandbox.stage.asked("messages.sendMessage")] == ["(silence)", "RANDOM_ID_DUPLICATE"]


async def test_a_request_may_hang_undone(client: Device, sandbox: TelegramSandbox) -> None:
    sandbox.stage.hush("users.getUsers", done=False, cut=False)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.get_me(), 0.05)
    assert (await client.get_me()).is_self


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        ("FLOOD_WAIT_90", errors.FloodWaitError),
        ("PEER_FLOOD", errors.PeerFloodError),
        ("USER_PRIVACY_RESTRICTED", errors.UserPrivacyRestrictedError),
        ("SLOWMODE_WAIT_9", errors.SlowModeWaitError),
        ("CHAT_WRITE_FORBIDDEN", errors.ChatWriteForbiddenError),
        ("FROZEN_METHOD_INVALID", errors.FrozenMethodInvalidError),
        ("PRIVACY_PREMIUM_REQUIRED", errors.ForbiddenError),
    ],
)
async def test_any_refusal_can_be_ordered(
    client: Device, sandbox: TelegramSandbox, refusal: str, kind: type[Exception]
) -> None:
    await sandbox.say(ANNA, "?")
    await client.hears(1)
    sandbox.stage.order("messages.sendMessage", refusal)
    with pytest.raises(kind) as caught:
        await client.send_message(ANNA.number, "!")
    if isinstance(caught.value, errors.FloodWaitError):
        assert caught.value.seconds == 90
    assert await sandbox.heard(ANNA) == []
    assert [one.refusal for one in sandbox.stage.asked("messages.sendMessage")] == [refusal]


async def test_whoever_blocks_us_does_not_hear_us_and_is_not_told(client: Device, sandbox: TelegramSandbox) -> None:
    anna = sandbox.stage.person(ANNA)
    await sandbox.say(ANNA, "?")
    await client.hears(1)
    anna.blocked.add(sandbox.owner.id)
    await client.send_message(ANNA.number, "!")
    assert await sandbox.heard(ANNA) == []


async def test_some_people_take_nothing_from_strangers(client: Device, sandbox: TelegramSandbox) -> None:
    boris = sandbox.stage.person(BORIS)
    boris.strangers_refused = True
    found = await client.get_entity(f"@{BORIS.username}")
    with pytest.raises(errors.RPCError, match="PRIVACY_PREMIUM_REQUIRED"):
        await client.send_message(found, "!")
    boris.strangers_refused, boris.deleted = False, True
    with pytest.raises(errors.InputUserDeactivatedError):
        await client.send_message(found, "!")


async def test_history_is_read_from_any_point_and_searched(client: Device, sandbox: TelegramSandbox) -> None:
    numbers = [int(await sandbox.say(ANNA, f"слово {n}")) for n in range(230)]
    await sandbox.say(BORIS, "слово чужое")
    await client.hears(231)
    later = [m.text async for m in client.iter_messages(ANNA.number, min_id=numbers[9], reverse=True)]
    assert later == [f"слово {n}" for n in range(10, 230)]
    newest = [m.text async for m in client.iter_messages(ANNA.number, limit=3)]
    assert newest == ["слово 229", "слово 228", "слово 227"]
    found = [m.text async for m in client.iter_messages(ANNA.number, search="СЛОВО 22")]
    assert found == [f"слово {n}" for n in range(229, 219, -1)] + ["слово 22"]
    one, gone = await client.get_messages(ANNA.number, ids=[numbers[4], 9999])
    assert (one.text, gone) == ("слово 4", None)
    assert [(d.name, d.unread_count) for d in await client.get_dialogs()] == [("Борис Ёлкин", 1), ("Анна Белова", 230)]


async def test_long_and_empty_texts_are_refused(client: Device, sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "?")
    await client.hears(1)
    with pytest.raises(errors.MessageTooLongError):
        await client.send_message(ANNA.number, "я" * 4097)
    await client.send_message(ANNA.number, "я" * 4096)
    sent = await client.send_message(ANNA.number, "в меру")
    with pytest.raises(errors.MessageTooLongError):
        await client.edit_message(ANNA.number, sent.id, "я" * 4097)
    assert [len(heard.text) for heard in await sandbox.heard(ANNA)] == [4096, 6]


async def test_some_dialogs_can_be_asked_for_with_how_far_they_were_read(
    client: Device, sandbox: TelegramSandbox
) -> None:
    anna = sandbox.stage.person(ANNA)
    await sandbox.say(ANNA, "?")
    await client.hears(1)
    sent = await client.send_message(ANNA.number, "!")
    sandbox.stage.read(anna, sandbox.stage.private(anna))
    peer = types.InputDialogPeer(await client.get_input_entity(ANNA.number))
    found = await client(functions.messages.GetPeerDialogsRequest([peer]))
    (dialog,) = found.dialogs
    assert (dialog.top_message, dialog.read_outbox_max_id, dialog.unread_count) == (sent.id, sent.id, 1)
    assert found.state.pts == sandbox.owner.box.pts


async def test_who_was_away_too_long_is_told_only_that(client: Device, sandbox: TelegramSandbox) -> None:
    sandbox.cloud.too_long = 5
    before = await client(functions.updates.GetStateRequest())
    for number in range(6):
        await sandbox.say(ANNA, str(number))
    request = functions.updates.GetDifferenceRequest(pts=before.pts, date=before.date, qts=0)
    missed = await client(request)
    assert isinstance(missed, types.updates.DifferenceTooLong)
    assert missed.pts == before.pts + 6


async def test_a_hint_makes_the_client_ask(client: Device, sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "раз")
    await client.hears(1)
    mine = sandbox.stage.devices()[0]
    sessions, mine.sessions[:] = list(mine.sessions), []
    await sandbox.say(ANNA, "два")
    mine.sessions[:] = sessions
    sandbox.stage.hint()
    assert await client.hears(2) == ["раз", "два"]


async def test_history_has_two_limits(client: Device, sandbox: TelegramSandbox) -> None:
    numbers = [int(await sandbox.say(ANNA, str(n))) for n in range(6)]
    await client.hears(6)
    peer = await client.get_input_entity(ANNA.number)
    window = {"offset_id": 0, "offset_date": None, "add_offset": 0, "limit": 100, "hash": 0}
    found = await client(functions.messages.GetHistoryRequest(peer, min_id=numbers[1], max_id=numbers[4], **window))
    assert [message.message for message in found.messages] == ["3", "2"]

"""A real client among groups, supergroups and channels of the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telethon import errors, functions, types

from chatapp_cli.sandbox.telegram import TelegramSandbox
from chatapp_cli.sandbox.telegram.chats import Channel
from chatapp_cli.sandbox.telegram.letters import Person
from tests.connectors.telegram.server_client import ANNA, BORIS, Device, device, logged_in


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(password="") as sandbox:
        yield sandbox


@pytest.fixture
async def client(sandbox: TelegramSandbox) -> AsyncIterator[Device]:
    async with logged_in(sandbox) as client:
        yield client


@pytest.fixture
def anna(sandbox: TelegramSandbox) -> Person:
    return sandbox.stage.person(ANNA)


@pytest.fixture
def boris(sandbox: TelegramSandbox) -> Person:
    return sandbox.stage.person(BORIS)


async def named(client: Device, *usernames: str) -> list[types.InputUser]:
    return [await client.get_input_entity(f"@{username}") for username in usernames]


async def test_a_group_is_made_without_those_who_refuse(
    client: Device, sandbox: TelegramSandbox, anna: Person, boris: Person
) -> None:
    boris.invites_refused = True
    users = await named(client, ANNA.username, BORIS.username)
    made = await client(functions.messages.CreateChatRequest(users, "Опт"))
    (group,) = made.updates.chats
    assert [missing.user_id for missing in made.missing_invitees] == [boris.id]
    assert (group.title, group.participants_count, group.creator) == ("Опт", 2, True)
    chat = sandbox.cloud.gatherings[group.id]
    assert chat.people == [sandbox.owner, anna]
    await client.send_message(-group.id, "Всем привет")
    assert [letter.text for letter in anna.box.of(chat)] == ["Всем привет", ""]
    with pytest.raises(errors.UsersTooFewError):
        await client(functions.messages.CreateChatRequest([], "Пусто"))


async def test_members_write_come_and_go(client: Device, sandbox: TelegramSandbox, anna: Person, boris: Person) -> None:
    stage = sandbox.stage
    group = stage.groups.group("Двор", anna, sandbox.owner)
    letter = stage.write(anna, group, "Кто за ёлкой?")
    await client.hears(1)
    (message,) = client.messages
    assert (message.text, message.chat_id, message.sender_id) == ("Кто за ёлкой?", -group.id, anna.id)
    await client.send_message(-group.id, "Я", reply_to=message.id)
    answer = anna.box.of(group)[0]
    assert (answer.text, answer.reply_to) == ("Я", letter)
    stage.groups.add(anna, group, boris)
    stage.show_typing(boris, group)
    assert (await client.told_of(types.UpdateChatUserTyping)).from_id.user_id == boris.id
    stage.read(boris, group)
    stage.groups.rename(anna, group, "Наш двор")
    stage.groups.remove(anna, group, boris)
    shown = await client.told_of(types.UpdateChatParticipants, 3)
    assert [member.user_id for member in shown.participants.participants] == [anna.id, sandbox.owner.id]
    actions = [type(u.message.action).__name__ for u in client.of(types.UpdateNewMessage) if u.message.action]
    assert actions[-3:] == ["MessageActionChatAddUser", "MessageActionChatEditTitle", "MessageActionChatDeleteUser"]


async def test_a_group_of_ours_is_filled_renamed_emptied_and_ended(
    client: Device, sandbox: TelegramSandbox, anna: Person, boris: Person
) -> None:
    a, b = await named(client, ANNA.username, BORIS.username)
    made = await client(functions.messages.CreateChatRequest([a], "Заказ 7"))
    number = made.updates.chats[0].id
    group = sandbox.cloud.gatherings[number]
    added = await client(functions.messages.AddChatUserRequest(number, b, fwd_limit=0))
    assert added.missing_invitees == []
    with pytest.raises(errors.UserAlreadyParticipantError):
        await client(functions.messages.AddChatUserRequest(number, b, fwd_limit=0))
    await client(functions.messages.EditChatTitleRequest(number, "Заказ 7 готов"))
    full = await client(functions.messages.GetFullChatRequest(number))
    assert (group.title, len(full.full_chat.participants.participants)) == ("Заказ 7 готов", 3)
    await client(functions.messages.DeleteChatUserRequest(number, b))
    assert group.people == [sandbox.owner, anna]
    assert await client(functions.messages.DeleteChatRequest(number))
    with pytest.raises(errors.ChatWriteForbiddenError):
        await client.send_message(-number, "Есть кто?")


async def test_whoever_is_thrown_out_hears_no_more(client: Device, sandbox: TelegramSandbox, anna: Person) -> None:
    stage = sandbox.stage
    group = stage.groups.group("Двор", anna, sandbox.owner)
    before = stage.write(anna, group, "При нём")
    stage.groups.remove(anna, group, sandbox.owner)
    await client.told_of(types.UpdateChat)
    stage.write(anna, group, "Без него")
    stage.edit(before, "Тоже без него")
    await sandbox.say(ANNA, "лично")
    assert await client.hears(2) == ["При нём", "лично"]
    assert client.of(types.UpdateEditMessage) == []
    (shown,) = (await client(functions.messages.GetChatsRequest([group.id]))).chats
    assert isinstance(shown, types.ChatForbidden)


async def test_an_administrator_deletes_for_everybody_and_a_member_for_themselves(
    client: Device, sandbox: TelegramSandbox, anna: Person
) -> None:
    stage = sandbox.stage
    user = await client.get_input_entity(f"@{ANNA.username}")
    ours = stage.groups.group("Наша", sandbox.owner, anna)
    theirs = stage.groups.group("Чужая", anna, sandbox.owner)
    letters = [stage.write(anna, group, "прочь") for group in (ours, theirs)]
    numbers = [letter.id_for(sandbox.owner) for letter in letters]
    await client.delete_messages(user, numbers)
    assert [letter.id_for(sandbox.owner) for letter in letters] == [None, None]
    assert [letter.id_for(anna) is None for letter in letters] == [True, False]


async def test_who_comes_by_a_link_is_announced_so(client: Device, sandbox: TelegramSandbox, anna: Person) -> None:
    group = sandbox.stage.groups.group("Двор", anna, sandbox.stage.person(BORIS))
    await client(functions.messages.ImportChatInviteRequest(group.invite))
    assert anna.box.of(group)[0].action.inviter_id == anna.id
    sandbox.stage.write(anna, group, "Привет новым")
    assert await client.hears(1) == ["Привет новым"]


async def test_a_group_becomes_a_supergroup(client: Device, sandbox: TelegramSandbox, anna: Person) -> None:
    group = sandbox.stage.groups.group("Двор", anna, sandbox.owner)
    channel = sandbox.stage.groups.upgrade(group)
    moved = await client.told_of(types.UpdateNewChannelMessage)
    assert (moved.message.action.chat_id, moved.message.peer_id.channel_id) == (group.id, channel.id)
    (shown,) = (await client(functions.messages.GetChatsRequest([group.id]))).chats
    assert (shown.migrated_to.channel_id, shown.deactivated) == (channel.id, True)
    with pytest.raises(errors.ChatIdInvalidError):
        await client.send_message(-group.id, "Поздно")
    sandbox.stage.write(anna, channel, "Теперь тут")
    await client.told_of(types.UpdateNewChannelMessage, 2)
    assert client.texts[-1] == "Теперь тут"


async def test_a_supergroup_of_ours(client: Device, sandbox: TelegramSandbox, anna: Person, boris: Person) -> None:
    boris.invites_refused = True
    made = await client(functions.channels.CreateChannelRequest("Оптовики", "о ёлках", megagroup=True))
    peer = await client.get_input_entity(made.chats[0])
    invited = await client(
        functions.channels.InviteToChannelRequest(peer, await named(client, ANNA.username, BORIS.username))
    )
    assert [missing.user_id for missing in invited.missing_invitees] == [boris.id]
    await client(functions.channels.EditTitleRequest(peer, "Оптовики 2026"))
    sent = await client.send_message(peer, "Добро пожаловать")
    channel = sandbox.cloud.gatherings[made.chats[0].id]
    assert isinstance(channel, Channel)
    assert channel.box.letters[sent.id].text == "Добро пожаловать"
    sandbox.stage.read(anna, channel)
    read = await client.told_of(types.UpdateReadChannelOutbox)
    assert (read.channel_id, read.max_id) == (channel.id, sent.id)
    spam = sandbox.stage.write(anna, channel, "Реклама").id_for(anna)
    await client.delete_messages(peer, [spam])
    assert spam not in channel.box.letters
    people = await client.get_participants(peer)
    assert {person.id for person in people} == {anna.id, sandbox.owner.id}
    await client.edit_permissions(peer, anna.id, view_messages=False)
    assert channel.people == [sandbox.owner]
    full = await client(functions.channels.GetFullChannelRequest(peer))
    assert (full.full_chat.about, full.full_chat.participants_count) == ("о ёлках", 1)
    await client(functions.channels.DeleteChannelRequest(peer))
    with pytest.raises(errors.ChannelPrivateError):
        await client.send_message(peer, "Есть кто?")


async def test_a_public_channel_is_found_joined_and_heard(
    client: Device, sandbox: TelegramSandbox, anna: Person
) -> None:
    news = sandbox.stage.groups.channel("Новости леса", anna, username="les_news")
    sandbox.stage.write(anna, news, "Было до нас")
    peer = await client.get_input_entity("@les_news")
    assert [m.text async for m in client.iter_messages(peer, limit=1)] == ["Было до нас"]
    await client(functions.channels.JoinChannelRequest(peer))
    letter = sandbox.stage.write(anna, news, "Новая ёлка")
    assert (await client.hears(1))[-1] == "Новая ёлка"
    assert (client.messages[-1].post, client.messages[-1].sender_id) == (True, client.messages[-1].chat_id)
    sandbox.stage.edit(letter, "Новая ель")
    assert (await client.told_of(types.UpdateEditChannelMessage)).message.message == "Новая ель"
    sandbox.stage.delete(letter)
    gone = await client.told_of(types.UpdateDeleteChannelMessages)
    assert (gone.channel_id, len(gone.messages)) == (news.id, 1)
    with pytest.raises(errors.ChatWriteForbiddenError):
        await client.send_message(peer, "Можно?")
    with pytest.raises(errors.ChatAdminRequiredError):
        await client.get_participants(peer)
    await client(functions.channels.LeaveChannelRequest(peer))
    assert sandbox.owner not in news.people
    with pytest.raises(errors.UserNotParticipantError):
        await client(functions.channels.LeaveChannelRequest(peer))


async def test_a_private_channel_is_entered_by_its_link(client: Device, sandbox: TelegramSandbox, anna: Person) -> None:
    secret = sandbox.stage.groups.channel("Для своих", anna)
    shown = await client(functions.messages.CheckChatInviteRequest(secret.invite))
    assert (shown.title, shown.broadcast) == ("Для своих", True)
    joined = await client(functions.messages.ImportChatInviteRequest(secret.invite))
    assert joined.updates.chats[0].id == secret.id
    with pytest.raises(errors.UserAlreadyParticipantError):
        await client(functions.messages.ImportChatInviteRequest(secret.invite))
    assert isinstance(await client(functions.messages.CheckChatInviteRequest(secret.invite)), types.ChatInviteAlready)
    with pytest.raises(errors.InviteHashExpiredError):
        await client(functions.messages.ImportChatInviteRequest("нет-такой"))
    sandbox.stage.groups.remove(anna, secret, sandbox.owner, ban=True)
    with pytest.raises(errors.ChannelPrivateError):
        await client(functions.messages.ImportChatInviteRequest(secret.invite))


async def test_posts_missed_in_an_outage_are_in_the_history_and_in_the_channels_own_difference(
    sandbox: TelegramSandbox, anna: Person
) -> None:
    news = sandbox.stage.groups.channel("Новости леса", anna, username="les_news")
    async with logged_in(sandbox) as client:
        peer = await client.get_input_entity("@les_news")
        await client(functions.channels.JoinChannelRequest(peer))
        seen = sandbox.stage.write(anna, news, "раз").id_for(anna)
        await client.hears(1)
        session = client.session
    await sandbox.vanish()
    pts = news.box.pts
    for number in range(150):
        sandbox.stage.write(anna, news, str(number))
    await sandbox.come_back()
    async with device(sandbox, session, catch_up=True) as again:
        await sandbox.say(ANNA, "конец")
        assert await again.hears(1) == ["конец"]
        missed = [m.text async for m in again.iter_messages(peer, min_id=seen, reverse=True)]
        assert missed == [str(number) for number in range(150)]
        request = functions.updates.GetChannelDifferenceRequest
        empty = types.ChannelMessagesFilterEmpty()
        part = await again(request(peer, empty, pts=pts, limit=100))
        assert ([m.message for m in part.new_messages], part.final) == ([str(n) for n in range(100)], False)
        rest = await again(request(peer, empty, pts=part.pts, limit=100))
        assert (len(rest.new_messages), rest.final, rest.pts) == (50, True, news.box.pts)


async def test_a_live_gap_in_a_channel_is_filled(client: Device, sandbox: TelegramSandbox, anna: Person) -> None:
    yard = sandbox.stage.groups.channel("Двор", anna, username="dvor", broadcast=False)
    await client(functions.channels.JoinChannelRequest(await client.get_input_entity("@dvor")))
    sandbox.stage.write(anna, yard, "раз")
    await client.hears(1)
    device = sandbox.stage.devices()[0]
    sessions, device.sessions[:] = list(device.sessions), []
    sandbox.stage.write(anna, yard, "мимо")
    device.sessions[:] = sessions
    sandbox.stage.write(anna, yard, "три")
    assert await client.hears(3) == ["раз", "мимо", "три"]


async def test_a_hint_about_a_channel_makes_the_client_ask(
    client: Device, sandbox: TelegramSandbox, anna: Person
) -> None:
    news = sandbox.stage.groups.channel("Новости", anna, username="les_news")
    peer = await client.get_input_entity("@les_news")
    await client(functions.channels.JoinChannelRequest(peer))
    sandbox.stage.write(anna, news, "раз")
    await client.hears(1)
    mine = sandbox.stage.devices()[0]
    sessions, mine.sessions[:] = list(mine.sessions), []
    sandbox.stage.write(anna, news, "два")
    mine.sessions[:] = sessions
    sandbox.stage.hint(news)
    assert await client.hears(2) == ["раз", "два"]


async def test_a_channel_that_went_on_too_long_shows_its_end(
    client: Device, sandbox: TelegramSandbox, anna: Person
) -> None:
    sandbox.cloud.too_long, sandbox.cloud.slice = 5, 2
    news = sandbox.stage.groups.channel("Новости", anna, username="les_news")
    pts = news.box.pts
    for number in range(6):
        sandbox.stage.write(anna, news, str(number))
    peer = await client.get_input_entity("@les_news")
    empty = types.ChannelMessagesFilterEmpty()
    found = await client(functions.updates.GetChannelDifferenceRequest(peer, empty, pts=pts, limit=100))
    assert isinstance(found, types.updates.ChannelDifferenceTooLong)
    assert [message.message for message in found.messages] == ["5", "4"]
    assert found.dialog.pts == news.box.pts
    sandbox.cloud.too_long = 100
    part = await client(functions.updates.GetChannelDifferenceRequest(peer, empty, pts=pts, limit=100))
    assert ([message.message for message in part.new_messages], part.final, part.pts) == (["0", "1"], False, pts + 2)
    with pytest.raises(errors.PersistentTimestampInvalidError):
        await client(functions.updates.GetChannelDifferenceRequest(peer, empty, pts=pts + 99, limit=100))


async def test_slow_mode_makes_members_wait(client: Device, sandbox: TelegramSandbox, anna: Person) -> None:
    yard = sandbox.stage.groups.channel("Двор", anna, username="dvor", broadcast=False)
    yard.slowmode = 60
    peer = await client.get_input_entity("@dvor")
    await client(functions.channels.JoinChannelRequest(peer))
    await client.send_message(peer, "раз")
    with pytest.raises(errors.SlowModeWaitError) as caught:
        await client.send_message(peer, "два")
    assert 50 < caught.value.seconds <= 60


async def test_the_list_of_dialogs_pages(client: Device, sandbox: TelegramSandbox, anna: Person) -> None:
    for number in range(130):
        sandbox.stage.groups.group(f"Группа {number}", anna, sandbox.owner)
    titles = [dialog.name async for dialog in client.iter_dialogs()]
    assert titles == [f"Группа {number}" for number in range(129, -1, -1)]


async def test_only_whoever_made_it_ends_it_and_only_those_who_rule_rename_and_remove(
    client: Device, sandbox: TelegramSandbox, anna: Person, boris: Person
) -> None:
    stage = sandbox.stage
    group = stage.groups.group("Двор", anna, sandbox.owner, boris)
    yard = stage.groups.channel("Двор", anna, username="dvor", broadcast=False)
    peer = await client.get_input_entity("@dvor")
    await client(functions.channels.JoinChannelRequest(peer))
    post = stage.write(anna, yard, "не трогать")
    user = await client.get_input_entity(f"@{BORIS.username}")
    for request in (
        functions.messages.DeleteChatRequest(group.id),
        functions.messages.DeleteChatUserRequest(group.id, user),
        functions.channels.DeleteChannelRequest(peer),
        functions.channels.EditTitleRequest(peer, "Мой двор"),
        functions.messages.ExportChatInviteRequest(peer),
    ):
        with pytest.raises(errors.ChatAdminRequiredError):
            await client(request)
    with pytest.raises(errors.MessageDeleteForbiddenError):
        await client.delete_messages(peer, [post.id_for(anna)])
    mine = await client.send_message(peer, "моё")
    await client.delete_messages(peer, [mine.id])
    assert [letter.text for letter in yard.box.of(yard) if not letter.action] == ["не трогать"]


async def test_an_administrator_writes_in_a_broadcast_channel_without_waiting(
    client: Device, sandbox: TelegramSandbox
) -> None:
    made = await client(functions.channels.CreateChannelRequest("Скидки", "", broadcast=True))
    peer = await client.get_input_entity(made.chats[0])
    channel = sandbox.cloud.gatherings[made.chats[0].id]
    assert isinstance(channel, Channel)
    channel.slowmode = 60
    for text in ("раз", "два"):
        await client.send_message(peer, text)
    assert [letter.text for letter in channel.box.of(channel)][:2] == ["два", "раз"]
    (one,) = await client.get_participants(peer, filter=types.ChannelParticipantsAdmins())
    assert one.id == sandbox.owner.id


async def test_a_wrong_access_hash_opens_nothing(client: Device, sandbox: TelegramSandbox, anna: Person) -> None:
    news = sandbox.stage.groups.channel("Новости", anna, username="les_news")
    with pytest.raises(errors.ChannelInvalidError):
        await client(functions.channels.JoinChannelRequest(types.InputChannel(news.id, 1)))
    with pytest.raises(errors.PeerIdInvalidError):
        await client.send_message(types.InputPeerUser(anna.id, 1), "!")

"""Groups and chats: made, filled, renamed, ended, listed, followed and read back."""

from __future__ import annotations

import pytest

from chatapp_cli.connectors.telegram.peers import marked
from chatapp_cli.connectors.telegram.session import AccountSession
from chatapp_cli.domain.arrival import MessageArrived, PeerChanged
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.sandbox.telegram import TelegramSandbox
from tests.connectors.telegram.conftest import Desk, outbound, texts
from tests.contract.connector_contract import ANNA, BORIS, messages


@pytest.mark.req("S-177", part="groups without a robot")
async def test_a_group_is_made_of_whom_can_be_added_and_the_others_are_named(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    sandbox.stage.person(ANNA)
    sandbox.stage.person(BORIS).invites_refused = True
    made = await session.create_group("Опт", [ANNA.phone, "@boris_y", "+79169999999"])
    assert (made.peer.title, made.peer.kind) == ("Опт", "group")
    assert made.missing == {"@boris_y": "privacy", "+79169999999": "phone_not_found"}
    assert (await desk.one(PeerChanged)).peer.key == made.peer.key
    receipt = await session.send(outbound(made.peer.address, "Добро пожаловать", chat_kind="group"))
    assert receipt.ids


@pytest.mark.req("S-177", part="groups without a robot")
async def test_nobody_to_be_added_makes_no_group(session: AccountSession) -> None:
    with pytest.raises(Rejected, match="no_members"):
        await session.create_group("Опт", ["@nobody_here"])


@pytest.mark.req("S-177", part="groups without a robot")
@pytest.mark.parametrize("large", [False, True])
async def test_members_come_and_go_titles_change_and_the_group_ends(
    session: AccountSession, sandbox: TelegramSandbox, large: bool
) -> None:
    anna, boris = sandbox.stage.person(ANNA), sandbox.stage.person(BORIS)
    made = await session.create_group("Опт", [ANNA.phone])
    group = next(chat for chat in sandbox.cloud.chats_of(sandbox.owner) if anna in chat.people)
    address = made.peer.address
    if large:
        group = sandbox.stage.groups.upgrade(group)  # type: ignore[arg-type]
        address = str(marked(group.id))
        assert address in {peer.address for peer in await session.chats()}
    assert (await session.add_members(address, ["@boris_y", "@nobody_here"])).missing == {
        "@nobody_here": "username_not_found"
    }
    assert boris in group.people
    assert (await session.remove_members(address, ["@boris_y"])).missing == {}
    assert boris not in group.people
    await session.rename_group(address, "Розница")
    assert group.title == "Розница"  # type: ignore[attr-defined]
    await session.end_group(address)
    assert address not in {peer.address for peer in await session.chats()}


@pytest.mark.req("S-177", part="groups without a robot")
async def test_a_group_that_is_not_ours_is_left(session: AccountSession, desk: Desk, sandbox: TelegramSandbox) -> None:
    anna = sandbox.stage.person(ANNA)
    group = sandbox.stage.groups.group("Опт", anna, sandbox.owner)
    address = (await desk.one(PeerChanged)).peer.address
    await session.end_group(address)
    assert sandbox.owner not in group.people
    assert anna in group.people


async def test_chats_that_the_account_is_in_are_listed(session: AccountSession, sandbox: TelegramSandbox) -> None:
    anna = sandbox.stage.person(ANNA)
    group = sandbox.stage.groups.group("Опт", anna, sandbox.owner)
    channel = sandbox.stage.groups.channel("Новости леса", anna)
    sandbox.stage.groups.join(sandbox.owner, channel)
    await sandbox.say(ANNA, "личное")
    found = {(peer.address, peer.kind, peer.title) for peer in await session.chats()}
    assert found == {(f"-{group.id}", "group", "Опт"), (str(marked(channel.id)), "channel", "Новости леса")}


@pytest.mark.parametrize("address", ["forest_news", "@Forest_News", "https://t.me/forest_news", "t.me/forest_news/"])
async def test_a_public_channel_is_joined_and_followed_by_any_of_its_names(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, address: str
) -> None:
    boris = sandbox.stage.person(BORIS)
    channel = sandbox.stage.groups.channel("Новости леса", boris, username="forest_news")
    sandbox.stage.write(boris, channel, "до")
    peer = await session.follow(address)
    assert (peer.key, peer.kind) == (str(marked(channel.id)), "channel")
    assert sandbox.owner in channel.people
    sandbox.stage.write(boris, channel, "после")
    await desk.until(texts("после"))
    (heard,) = desk.store.of(MessageArrived)
    assert (heard.text, heard.automatic, heard.peer) == ("после", True, peer)
    assert (await session.follow(peer.address)).key == peer.key


async def test_a_person_cannot_be_followed(session: AccountSession, sandbox: TelegramSandbox) -> None:
    sandbox.stage.person(ANNA)
    with pytest.raises(Rejected, match="not_a_chat"):
        await session.follow("@anna_b")


async def test_history_is_read_from_any_message_on(session: AccountSession, sandbox: TelegramSandbox) -> None:
    boris = sandbox.stage.person(BORIS)
    channel = sandbox.stage.groups.channel("Новости леса", boris, username="forest_news")
    for number in range(230):
        sandbox.stage.write(boris, channel, f"№{number}")
    peer = await session.follow("forest_news")
    found = [message async for batch in session.history(peer.address, "") for message in messages(batch)]
    assert [message.text for message in found] == [f"№{number}" for number in range(230)]
    rest = [m.text async for batch in session.history(peer.address, found[199].ext_id) for m in messages(batch)]
    assert rest == [f"№{number}" for number in range(200, 230)]


async def test_what_is_followed_stays_followed_after_a_restart(desk: Desk, sandbox: TelegramSandbox) -> None:
    boris = sandbox.stage.person(BORIS)
    channel = sandbox.stage.groups.channel("Новости леса", boris, username="forest_news")
    sandbox.stage.write(boris, channel, "до")
    async with desk.opened() as session:  # killed before anything was read
        await session.follow("forest_news")
    sandbox.stage.write(boris, channel, "после")
    async with desk.running():
        await desk.until(texts("после"))
    assert desk.store.texts == ["после"]


async def test_a_supergroup_can_be_left_out(session: AccountSession, desk: Desk, sandbox: TelegramSandbox) -> None:
    boris = sandbox.stage.person(BORIS)
    group = sandbox.stage.groups.channel("Болтовня", boris, broadcast=False)
    sandbox.stage.groups.add(boris, group, sandbox.owner)
    sandbox.stage.write(boris, group, "слышно")
    heard = await desk.one(MessageArrived)
    await session.unfollow(heard.peer.address)
    sandbox.stage.write(boris, group, "не слышно")
    await sandbox.say(ANNA, "конец")
    await desk.until(texts("конец"))
    assert desk.store.texts == ["слышно", "конец"]
    with pytest.raises(Rejected, match="always_read"):
        await session.unfollow(str(ANNA.number))

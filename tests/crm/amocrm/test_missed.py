"""What managers wrote while nobody heard it: found by the account's events, and in the histories of chats."""

from __future__ import annotations

import pytest

from chatapp_cli.crm.amocrm import names
from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.crm.amocrm.events import newest
from chatapp_cli.crm.amocrm.history import MOST_PAGES
from chatapp_cli.crm.amocrm.missed import MOST_FAILURES, AmoMissed
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt
from chatapp_cli.domain.crm.events import CrmArrival, CrmWrote, CrmWroteFirst, MirroredChat
from chatapp_cli.domain.errors import ChannelError, ReadInPart, Retryable
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import AmoChat
from tests.crm.amocrm.desk import MARK, SALES, AmoDesk, entry, pairing

NO_EVENTS = ("GET /api/v4/events", (403, {"title": "Forbidden", "status": 403}))


async def chats_of(session: AmoSession, *numbers: int) -> list[MirroredChat]:
    """Chats with a message of a client each."""
    found = []
    for n in numbers:
        person = CrmPerson(id=f"person-{n}", name=f"Клиент {n}")
        there = entry(f"m-{n}", "Привет", chat=CrmChat(id=f"chat-{n}", name=person.name), person=person)
        [receipt] = await session.deliver([there])
        assert isinstance(receipt, CrmReceipt), receipt
        found.append(MirroredChat(kind="whatsapp_web", place=str(SALES), chat=f"chat-{n}", remote=receipt.chat))
    return found


async def look(session: AmoSession | AmoMissed, chats: list[MirroredChat], since: int = 0) -> list[tuple[str, str]]:
    """What a look finds: the chat, the words."""
    looks = session.catch_up(chats, since) if isinstance(session, AmoSession) else session.owed(chats, since, since)
    found = [one.event async for some in looks for one in some]
    assert all(isinstance(one, CrmWrote | CrmWroteFirst) for one in found)
    return [(getattr(one, "chat", ""), getattr(one, "text", "")) for one in found]


async def look_in_part(session: AmoSession, chats: list[MirroredChat], since: int = 0) -> list[tuple[str, str]]:
    """What a look finds that could not read everything."""
    found: list[CrmArrival] = []
    try:
        async for some in session.catch_up(chats, since):
            found += some
    except ReadInPart:
        return sorted((getattr(one.event, "chat", ""), getattr(one.event, "text", "")) for one in found)
    raise AssertionError("everything was read")


def sparing(session: AmoSession, desk: AmoDesk, *, pages: int = MOST_PAGES) -> AmoMissed:
    """One that looks into a single chat besides those that the events name, and reads so many pages of each."""
    assert session._chats is not None
    assert desk.bound is not None
    return AmoMissed(session._api, session._chats, desk.bound.memory, names.our_ids(desk.bound), besides=1, pages=pages)


def deaf(account: Account) -> None:
    account.misbehaviour.drop_hooks = 1_000


async def writes(account: Account, world: World, chat: AmoChat, *texts: str) -> None:
    for text in texts:
        await world.clock.sleep(1)
        await account.manager_writes(chat, text)


async def test_a_long_chat_is_read_back_to_the_moment_and_not_further(
    session: AmoSession, account: Account, world: World
) -> None:
    deaf(account)
    chats = await chats_of(session, 1)
    await writes(account, world, account.chats[0], *(f"до {n}" for n in range(130)))
    await world.clock.sleep(3600)
    since = world.clock.now()
    await writes(account, world, account.chats[0], *(f"после {n}" for n in range(70)))
    before = len(account.calls)
    assert await look(session, chats, since) == [("chat-1", f"после {n}") for n in range(70)]
    pages = [one for one in account.calls[before:] if one.path.endswith("/history")]
    assert len(pages) == 3


async def test_a_chat_of_an_old_dialog_is_found_by_the_events_and_the_newest_are_looked_into_besides(
    session: AmoSession, account: Account, world: World, desk: AmoDesk
) -> None:
    deaf(account)
    chats = await chats_of(session, 1, 2, 3)
    await world.clock.sleep(3600)
    since = world.clock.now()
    await writes(account, world, account.chats[0], "Старому")
    before = len(account.calls)
    assert await look(sparing(session, desk), chats, since) == [("chat-1", "Старому")]
    read = [one.path.split("/")[-2] for one in account.calls[before:] if one.path.endswith("/history")]
    assert read == [chats[0].remote, chats[2].remote]


async def test_an_account_that_does_not_show_its_events_has_all_its_chats_read(
    session: AmoSession, account: Account, world: World, desk: AmoDesk
) -> None:
    deaf(account)
    chats = await chats_of(session, 1, 2, 3)
    await writes(account, world, account.chats[0], "Старому")
    account.misbehaviour.refuse.update([NO_EVENTS])
    assert await look(sparing(session, desk), chats) == [("chat-1", "Старому")]


async def test_one_chat_that_cannot_be_read_does_not_keep_the_others_and_the_look_says_so(
    session: AmoSession, account: Account, world: World
) -> None:
    deaf(account)
    chats = await chats_of(session, 1, 2, 3)
    for chat in account.chats:
        await writes(account, world, chat, "Ау")
    account.misbehaviour.refuse[f"GET /v2/origin/custom/*/chats/{chats[1].remote}/history"] = (500, "")
    assert await look_in_part(session, chats) == [("chat-1", "Ау"), ("chat-3", "Ау")]
    account.misbehaviour.refuse.clear()
    assert len(await look(session, chats)) == 3


async def test_a_chat_of_others_that_is_refused_and_one_without_end_keep_no_look_from_its_end(
    session: AmoSession, account: Account, world: World, desk: AmoDesk
) -> None:
    deaf(account)
    chats = await chats_of(session, 1, 2)
    for chat in account.chats:
        await writes(account, world, chat, *("Ау" for _ in range(60)))
    path = f"GET /v2/origin/custom/*/chats/{chats[1].remote}/history"
    account.misbehaviour.refuse[path] = (400, {"title": "Bad Request", "status": 400})
    brief = sparing(session, desk, pages=1)
    assert await look(brief, chats[:1]) == [("chat-1", "Ау")] * 50
    assert len(await look_in_part(session, chats)) == 60


async def test_a_look_gives_something_after_each_request_so_that_its_link_goes_on_meanwhile(
    session: AmoSession, account: Account, world: World
) -> None:
    deaf(account)
    chats = await chats_of(session, 1, 2)
    await writes(account, world, account.chats[0], "Ау")
    before = len(account.calls)
    given = [len(some) async for some in session.catch_up(chats)]
    assert (given, len(account.calls) - before) == ([0, 0, 1, 0], 4)


async def test_a_look_begins_elsewhere_each_time_so_that_none_is_always_left_out(
    session: AmoSession, account: Account, world: World
) -> None:
    chats = await chats_of(session, 1, 2, 3)
    first = set()
    for _ in range(6):
        before = len(account.calls)
        await look(session, chats)
        first.add(next(one.path for one in account.calls[before:] if one.path.endswith("/history")))
        world.clock.at = world.clock.at // 1000 * 1000 + 1000  # type: ignore[attr-defined]
    assert len(first) == len(chats)


async def test_chats_that_cannot_be_read_one_after_the_other_are_no_fault_of_theirs(
    session: AmoSession, account: Account
) -> None:
    chats = await chats_of(session, *range(1, MOST_FAILURES + 2))
    account.misbehaviour.refuse["GET /v2/origin/custom/*/history"] = (500, "")
    with pytest.raises(Retryable) as caught:
        await look(session, chats)
    assert not isinstance(caught.value, ReadInPart)


async def test_a_message_to_begin_with_that_no_hook_brought_is_found_and_nobody_guesses_its_address(
    session: AmoSession, account: Account
) -> None:
    deaf(account)
    chat = await account.writes_first("Пишу первой", source=f"chatapp-{MARK}-1", phone="+79167654321")
    [found] = [one.event async for some in session.catch_up([], 0) for one in some]
    assert isinstance(found, CrmWroteFirst)
    [written] = chat.messages
    manager = next(one for one in account.users.values() if one.amojo_id == written.author)
    assert (found.remote, found.remote_chat, found.author, found.text) == (
        written.id, chat.id, str(manager.id), "Пишу первой",
    )  # fmt: skip
    assert (found.found, found.phone, found.channel, found.at) == (True, "", pairing().channel, written.at)


async def test_next_to_another_desk_a_message_to_begin_with_is_left_to_it(
    session: AmoSession, account: Account, desk: AmoDesk
) -> None:
    deaf(account)
    await account.writes_first("Пишу первой", source=f"chatapp-{MARK}-1", phone="+79167654321")
    await session._api.post(
        "/api/v4/sources",
        [{"name": "Другая стойка", "pipeline_id": SALES, "external_id": "chatapp-0000000000ff-1", "request_id": "0"}],
    )
    assert await look(session, []) == []


async def test_of_a_message_in_a_chat_of_a_thousand_the_history_knows_that_it_is_there(
    session: AmoSession, account: Account, world: World
) -> None:
    [chat] = await chats_of(session, 1)
    there = CrmChat(id="chat-1", name="Клиент", remote=chat.remote)
    lost = entry("m-2", "Где?", chat=there, at=world.clock.now())
    missing = entry("m-3", "Не дошло", chat=there, at=world.clock.now())
    account.misbehaviour.lose_after[f"POST /v2/origin/custom/{account.channel.scope_id}"] = 1
    [outcome] = await session.deliver([lost])
    assert isinstance(outcome, ChannelError)
    deaf(account)
    await world.clock.sleep(3600)
    for n in range(1_100):
        await account.manager_writes(account.chats[0], str(n))
    assert len(account.chats[0].messages) < MOST_PAGES * 50
    assert await session.find(lost) == CrmReceipt(chat=chat.remote, remote=account.chats[0].messages[1].id)
    before = len(account.calls)
    assert await session.find(missing) is None
    assert len(account.calls) - before <= 24


def test_the_chats_that_are_looked_into_besides_are_those_of_the_newest_dialogs() -> None:
    about = {"kind": "whatsapp_web", "place": str(SALES), "remote": "c"}
    chosen = newest([MirroredChat(chat=f"chat-{n}", **about) for n in range(1, 1000)], most=600)
    assert [one.chat for one in chosen] == [f"chat-{n}" for n in range(999, 399, -1)]

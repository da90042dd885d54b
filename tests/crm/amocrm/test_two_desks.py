"""Two desks that are linked with one account by one chat channel: both count from 1, and nothing crosses over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.crm.amocrm.names import OurIds
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CrmWrote
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.amocrm import Account
from tests.crm.amocrm.desk import CONVERSATION, SALES, AmoDesk, entry, pairing

SERVICE = 3383160


@pytest.fixture
async def newer(session: AmoSession, account: Account, world: World) -> AsyncIterator[AmoDesk]:
    """A desk that was linked after the other; the channel's hooks come to it from now on."""
    del session  # it is linked first
    async with AmoDesk(account, world) as desk:
        await desk.link(way="token", token=account.long_lived(400))
        yield desk


@pytest.fixture
async def anew(newer: AmoDesk) -> AsyncIterator[AmoSession]:
    async with newer.session() as session:
        assert await session.arrange([pairing("telegram", SERVICE)]) == {}
        yield session


def of_petr(key: str = "m-1", text: str = "Это Пётр", **more: Any) -> LedgerEntry:
    """The newer desk's first client, who has the numbers of the other's."""
    told: dict[str, Any] = {"pairing": pairing("telegram", SERVICE), "chat": CrmChat(id="chat-1", name="Пётр")}
    return entry(key, text, **{**told, "person": CrmPerson(id="person-1", name="Пётр"), **more})


async def told(session: AmoSession, one: LedgerEntry) -> CrmReceipt:
    [receipt] = await session.deliver([one])
    assert isinstance(receipt, CrmReceipt)
    return receipt


async def test_clients_with_the_same_numbers_have_chats_names_and_messages_of_their_own(
    session: AmoSession, anew: AmoSession, account: Account
) -> None:
    ivan, petr = await told(session, entry()), await told(anew, of_petr())
    first, second = account.chats
    assert (ivan.chat, petr.chat) == (first.id, second.id)
    assert [[one.text for one in chat.messages] for chat in account.chats] == [["Добрый день"], ["Это Пётр"]]
    assert (first.person.id == second.person.id, first.person.name, second.person.name) == (
        False, "Иван Иванов", "Пётр",
    )  # fmt: skip
    await told(anew, of_petr(act=Act.EDIT, text="Это Пётр II"))
    assert [[one.text for one in chat.messages] for chat in account.chats] == [["Добрый день"], ["Это Пётр II"]]


async def test_an_answer_in_the_other_desks_chat_is_kept_for_a_person_to_see_and_goes_to_no_client(
    session: AmoSession, anew: AmoSession, newer: AmoDesk, account: Account
) -> None:
    await told(session, entry())
    petr = await told(anew, of_petr())
    before = len(newer.replies)
    await account.manager_writes(CONVERSATION, "Иван, ваш заказ готов")
    await account.writes_first("Пишу первой", source=account.sources[0].external_id, phone="+79160000001")
    chat = next(one for one in account.chats if one.id == petr.chat)
    await account.manager_writes(chat, "Пётр, ваш заказ готов")
    await account.settled()
    arrived = [one for reply in newer.replies[before:] for one in reply.arrivals]
    assert [one.event is None and bool(one.problem) for one in arrived] == [True, True, False]
    assert [one.stray is not None and bool(one.stray.remote) for one in arrived] == [True, True, False]
    event = arrived[2].event
    assert isinstance(event, CrmWrote)
    assert (event.chat, event.remote_chat, event.text) == ("chat-1", chat.id, "Пётр, ваш заказ готов")


async def test_a_message_of_the_other_desk_is_not_taken_for_ones_own(session: AmoSession, anew: AmoSession) -> None:
    shown = await told(session, entry())
    strange = CrmChat(id="chat-1", name="Пётр", remote=shown.chat)
    assert await anew.find(of_petr()) is None
    assert await anew.find(of_petr(chat=strange)) is None
    assert await session.find(entry()) == shown


async def test_sources_of_the_other_desk_stay_as_they_are(
    session: AmoSession, anew: AmoSession, account: Account
) -> None:
    assert [(one.pipeline, one.name.partition(":")[0]) for one in account.sources] == [
        (SALES, "WhatsApp"), (SERVICE, "Telegram"),
    ]  # fmt: skip
    await session.arrange([pairing("max", SALES, 2)])
    assert [one.pipeline for one in account.sources] == [SERVICE, SALES]
    await anew.arrange([])
    assert [one.name.partition(":")[0] for one in account.sources] == ["MAX"]


async def test_a_desk_that_departs_leaves_the_connection_to_the_other(
    session: AmoSession, anew: AmoSession, account: Account
) -> None:
    await anew.depart()
    assert ([one.pipeline for one in account.sources], account.channel.connected) == ([SALES], True)
    await session.depart()
    assert (account.sources, account.channel.connected) == ([], False)


@pytest.mark.parametrize("said", ["", "m-7", ".m-7", "another.m-7", "mark2.m-7", "mark.", "MARK.m-7"])
def test_an_id_without_ones_own_mark_is_none_of_ours(said: str) -> None:
    assert OurIds("mark").read_message(said) == ""
    assert OurIds("mark").read_message("mark.m-7") == "m-7"


@pytest.mark.parametrize("said", ["1", "chatapp-1", "chatapp-mark-", "chatapp-mark-01", "chatapp-mark2-1", "mark-1"])
def test_a_source_without_ones_own_mark_is_none_of_ours(said: str) -> None:
    assert OurIds("mark").pairing_of_source(said) is None
    assert OurIds("mark").pairing_of_source("chatapp-mark-1") == 1

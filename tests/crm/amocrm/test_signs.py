"""What is told beside messages: read marks, reactions and typing, in both directions; and messages from before."""

from __future__ import annotations

import pytest

from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt
from chatapp_cli.domain.crm.events import CrmReacted, CrmTyping
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import Misconfigured, OutcomeUnknown
from chatapp_cli.domain.message import Origin, State
from chatapp_cli.kit.crms import manifest
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import AmoChat
from tests.crm.amocrm.desk import CONVERSATION, SALES, AmoDesk, entry, pairing

IVAN = CrmPerson(id="person-1", name="Иван Иванов")
OURS = {"ours": True, "origin": Origin.OPERATOR, "author": "Анна"}


@pytest.fixture
async def chat(session: AmoSession, account: Account) -> AmoChat:
    """A chat with one message of the client."""
    await session.deliver([entry()])
    [chat] = account.chats
    return chat


def known(chat: AmoChat) -> CrmChat:
    return CrmChat(id="chat-1", name="Иван Иванов", remote=chat.id)


async def test_that_a_client_has_read_it_is_told_of_a_managers_message_and_of_a_copy_of_ours(
    session: AmoSession, account: Account, chat: AmoChat
) -> None:
    written = await account.manager_writes(CONVERSATION, "Раз")
    [copy] = await session.deliver([entry("m-2", "Два", chat=known(chat), state=State.DELIVERED, **OURS)])
    assert isinstance(copy, CrmReceipt)
    shown = chat.messages[-1]
    assert (shown.status, shown.id) == (1, copy.remote)
    told = [entry(act=Act.READ, remote=one, chat=known(chat), key="") for one in (written.id, copy.remote)]
    assert await session.deliver(told) == [CrmReceipt(), CrmReceipt()]
    assert [(one.status, one.error_code) for one in (written, shown)] == [(2, 0), (2, 0)]


async def test_a_clients_reaction_is_shown_changed_and_taken_back(
    session: AmoSession, account: Account, chat: AmoChat
) -> None:
    written = await account.manager_writes(CONVERSATION, "Раз")
    seen = []
    for emoji in ("👍", "🔥", ""):
        await session.deliver([entry(act=Act.REACT, remote=written.id, reaction=emoji, chat=known(chat))])
        seen.append(dict(written.reactions))
    who = f"{CONVERSATION.partition('.')[0]}.person-1"
    assert seen == [{who: "👍"}, {who: "🔥"}, {}]


async def test_in_a_chat_that_a_manager_began_a_reaction_bears_the_accounts_ids_and_typing_waits_for_ours(
    session: AmoSession, account: Account
) -> None:
    chat = await account.writes_first("Пишу первой", phone="+79160000007")
    await account.settled()
    there = CrmChat(id="chat-7", name="Пётр", remote=chat.id)
    person = CrmPerson(id="person-7", name="Пётр")
    about = {"remote": chat.messages[0].id, "reaction": "👍", "chat": there, "person": person}
    assert await session.deliver([entry(act=Act.REACT, **about)]) == [CrmReceipt()]
    assert chat.messages[0].reactions == {chat.person.id: "👍"}
    await session.typing(pairing(), there, person)
    assert chat.typing_until == 0
    await session.deliver([entry("m-8", "Да", chat=there, person=person)])
    await session.typing(pairing(), there, person)
    assert chat.typing_until > 0


async def test_a_managers_reaction_names_the_message_by_both_ids_and_comes_once(
    session: AmoSession, desk: AmoDesk, account: Account, chat: AmoChat
) -> None:
    account.misbehaviour.double_hooks = 1
    await account.reacts(chat.messages[0], "👍")
    written = await account.manager_writes(CONVERSATION, "Раз")
    await account.reacts(written, "🔥")
    await account.reacts(written, None)
    await account.settled()
    manager = str(next(number for number, one in account.users.items() if one.amojo_id == written.author))
    about = {"kind": "whatsapp_web", "place": str(SALES), "chat": "chat-1", "remote_chat": chat.id, "author": manager}
    assert [one for one in desk.events if isinstance(one, CrmReacted)] == [
        CrmReacted(remote=chat.messages[0].id, key="m-1", emoji="👍", **about),
        CrmReacted(remote=written.id, emoji="🔥", **about),
        CrmReacted(remote=written.id, **about),
    ]
    [first] = list(desk.replies[-1].arrivals)
    assert desk.crm.understand(desk.bound, first.raw) == first.event  # type: ignore[arg-type]


async def test_typing_of_a_manager_is_told_and_nothing_of_it_is_stored(
    session: AmoSession, desk: AmoDesk, account: Account, chat: AmoChat
) -> None:
    await account.types(CONVERSATION)
    await account.types(chat)
    await account.settled()
    reply = desk.replies[-1]
    assert list(reply.arrivals) == []
    assert reply.typed == CrmTyping(kind="whatsapp_web", place=str(SALES), chat="chat-1", remote_chat=chat.id)


async def test_typing_of_a_client_is_shown_in_a_chat_that_is_there_and_in_no_other(
    session: AmoSession, account: Account, chat: AmoChat
) -> None:
    calls = len(account.calls)
    await session.typing(pairing(), CrmChat(id="chat-9", name="Пётр"), IVAN)
    assert len(account.calls) == calls
    await session.typing(pairing(), known(chat), IVAN)
    assert chat.typing_until > chat.messages[0].at


@pytest.mark.parametrize("option", ["reactions", "delivery"])
async def test_what_the_channel_was_registered_without_is_left_out_and_not_asked_twice(
    session: AmoSession, account: Account, chat: AmoChat, option: str
) -> None:
    setattr(account.capabilities, option, False)
    written = await account.manager_writes(CONVERSATION, "Раз")
    act = Act.REACT if option == "reactions" else Act.READ
    told = entry(act=act, remote=written.id, reaction="👍", chat=known(chat))
    for _ in range(2):
        assert await session.deliver([told]) == [CrmReceipt()]
    asked = [one for one in account.calls if one.path.endswith(("/react", "/delivery_status"))]
    assert (len(asked), written.status, written.reactions) == (1, 0, {})


async def test_a_wrong_secret_is_not_taken_for_an_option_that_is_off(
    session: AmoSession, account: Account, chat: AmoChat
) -> None:
    account.channel.secret = "another"
    told = entry(act=Act.REACT, remote=chat.messages[0].id, reaction="👍", chat=known(chat))
    with pytest.raises(Misconfigured, match="signature"):
        await session.deliver([told])


async def test_messages_from_before_come_silently_without_a_lead_and_in_the_contact_that_is_known(
    session: AmoSession, account: Account
) -> None:
    contact = account._desk.office.add_contact("Иван", responsible=1)
    contact.values[193201] = [{"value": "8 (916) 123-45-67", "enum_code": "WORK"}]
    leads = len(account.leads)
    [first] = await session.deliver([entry("m-1", "Было", act=Act.IMPORT)])
    assert isinstance(first, CrmReceipt)
    [chat] = account.chats
    [_] = await session.deliver([entry("m-2", "И мы", act=Act.IMPORT, chat=known(chat), state=State.READ, **OURS)])
    assert [(one.text, one.silent, one.by_client, one.status) for one in chat.messages] == [
        ("Было", True, True, 0),
        ("Анна: И мы", True, False, 2),
    ]
    assert (len(account.leads), account.unsorted, chat.person.contact) == (leads, [], contact.id)
    assert not any(one.body and b"add_message" in one.body for one in account.hooks)


async def test_a_message_from_before_whose_answer_was_lost_is_found(session: AmoSession, account: Account) -> None:
    account.misbehaviour.lose_after[f"POST /v2/origin/custom/{account.channel.scope_id}"] = 1
    old = entry(act=Act.IMPORT)
    [outcome] = await session.deliver([old])
    assert isinstance(outcome, OutcomeUnknown)
    assert await session.find(old) == CrmReceipt(chat=account.chats[0].id, remote=account.chats[0].messages[0].id)


def test_all_of_it_belongs_to_the_chat_channel_and_a_portal_names_none_of_it() -> None:
    assert list(manifest("amocrm").tells_of({"channel_id": "c"})) == [
        "read", "reactions", "typing", "history", "remarks",
    ]  # fmt: skip
    assert list(manifest("amocrm").tells_of({})) == ["remarks"]
    assert list(manifest("bitrix24").tells_of({"channel_id": "c"})) == []

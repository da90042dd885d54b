"""A conversation both ways through the chats of an account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt, LedgerEntry, SharedFile
from chatapp_cli.domain.crm.events import CrmWrote, CrmWroteFirst, MirroredChat
from chatapp_cli.domain.crm.failure import FailureKind
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import Misconfigured, NeedsRebind, OutcomeUnknown, Rejected, Retryable
from chatapp_cli.domain.message import Origin
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.stage import StageFile
from tests.crm.amocrm.desk import CONVERSATION, IVAN_PHONE, MARK, SALES, AmoDesk, entry, pairing


async def told(session: AmoSession, *entries: LedgerEntry) -> list[CrmReceipt]:
    found = await session.deliver(entries)
    assert all(isinstance(one, CrmReceipt) for one in found), found
    return list(found)  # type: ignore[arg-type]


async def known(session: AmoSession) -> CrmChat:
    """The chat after its first message."""
    [receipt] = await told(session, entry())
    return CrmChat(id="chat-1", name="Иван Иванов", remote=receipt.chat)


async def test_a_clients_message_makes_a_chat_with_an_incoming_lead_in_the_pipeline_of_its_pairing(
    session: AmoSession, account: Account
) -> None:
    [receipt] = await told(session, entry())
    [chat] = account.chats
    [message] = chat.messages
    assert (chat.client_id, chat.source, receipt.chat, receipt.remote) == (
        CONVERSATION, f"chatapp-{MARK}-1", chat.id, message.id,
    )  # fmt: skip
    assert (message.client_id, message.text, message.by_client, message.silent) == (
        f"{MARK}.m-1", "Добрый день", True, False,
    )  # fmt: skip
    [unsorted] = account.unsorted
    assert unsorted.pipeline == SALES


@pytest.mark.parametrize(
    "phone", ["8 (916) 123-45-67", "+79161234567", "(916) 1234567", "7 916 123 45 67", "9161234567"]
)
async def test_the_chat_of_a_known_phone_is_bound_to_its_contact_before_the_first_message(
    session: AmoSession, account: Account, phone: str
) -> None:
    contact = account._desk.office.add_contact("Иван", responsible=1)
    contact.values[193201] = [{"value": phone, "enum_code": "WORK"}]
    await told(session, entry())
    [chat] = account.chats
    assert chat.person.contact == contact.id
    paths = [f"{one.method} {one.path.rpartition('/')[2]}" for one in account.calls if one.method == "POST"]
    assert paths[-3:] == ["POST chats", "POST chats", f"POST {account.channel.scope_id}"]
    assert len(account.contacts) == 1


async def test_an_answer_of_a_manager_becomes_a_message_in_the_dialog_once(
    session: AmoSession, account: Account, desk: AmoDesk
) -> None:
    await told(session, entry())
    account.misbehaviour.double_hooks = 1
    user = next(one for one in account.users.values() if one.id != session._api.account.user)
    written = await account.manager_writes(CONVERSATION, "Здравствуйте!", user=user.id)
    await account.settled()
    assert [reply.status for reply in desk.replies[1:]] == [200, 200]
    assert desk.events[1:] == [
        CrmWrote(
            kind="whatsapp_web", place=str(SALES), chat="chat-1", remote=written.id, remote_chat=account.chats[0].id,
            author=str(user.id), text="Здравствуйте!", at=written.at,
        )
    ]  # fmt: skip
    again = desk.crm.understand(desk.bound, desk.replies[1].arrivals[0].raw)  # type: ignore[arg-type]
    assert again == desk.events[1]


async def test_a_hook_is_believed_with_a_line_feed_behind_it_and_without_a_source(
    session: AmoSession, account: Account, desk: AmoDesk
) -> None:
    await told(session, entry())
    account.misbehaviour.trailing_newline = account.misbehaviour.source_left_out = True
    await account.manager_writes(CONVERSATION, "Да")
    await account.settled()
    assert desk.events[1].text == "Да"
    assert desk.events[1].chat == "chat-1"


async def test_a_file_of_a_manager_is_fetched_from_the_chats_and_from_nowhere_else(
    session: AmoSession, account: Account, desk: AmoDesk, tmp_path: Path
) -> None:
    await told(session, entry())
    await account.manager_writes(
        CONVERSATION, media=StageFile(name="счёт.pdf", content=b"%PDF", mime="application/pdf")
    )
    await account.settled()
    [file] = desk.events[1].files
    assert (file.name, file.size) == ("счёт.pdf", 4)
    await session.fetch(file.address, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"%PDF"
    with pytest.raises(Rejected, match="file_elsewhere"):
        await session.fetch(f"{desk.url}/media/secret", tmp_path / "other")


async def test_files_of_ours_are_given_one_in_a_message_with_the_words_at_the_first(
    session: AmoSession, account: Account, desk: AmoDesk
) -> None:
    desk.files = {"a.jpg": b"jpg", "b.pdf": b"pdf"}
    files = [SharedFile(name=name, url=f"{desk.url}/media/{name}") for name in desk.files]
    inner = SharedFile(name="c.png", url="http://10.0.0.1/c.png")
    await told(session, entry(files=[*files, inner]))
    await account.settled()
    first, second = account.chats[0].messages
    assert (first.type, first.client_id, first.text, first.file) == (
        "picture",
        f"{MARK}.m-1",
        "Добрый день\n[c.png]",
        b"jpg",
    )
    assert (second.type, second.client_id, second.text, second.file) == ("file", f"{MARK}.m-1.2", "", b"pdf")


async def test_what_operators_write_is_a_copy_of_theirs_and_raises_no_notification(
    session: AmoSession, account: Account
) -> None:
    chat = await known(session)
    employee = next(iter(account.users.values()))
    ours = {"ours": True, "origin": Origin.OPERATOR, "author": "Анна", "chat": chat}
    await told(
        session,
        entry("m-2", "Слушаю", employee=str(employee.id), **ours),
    )
    await told(session, entry("m-3", "Минуту", **ours))
    by_employee, by_bot = account.chats[0].messages[1:]
    assert (by_employee.author, by_employee.text, by_employee.silent) == (employee.amojo_id, "Слушаю", True)
    assert (by_bot.author, by_bot.text, by_bot.by_client) == (account.channel.bot, "Анна: Минуту", False)


async def test_a_reply_names_what_it_answers_and_a_quote_stands_in_for_what_is_not_there(
    session: AmoSession, account: Account
) -> None:
    chat = await known(session)
    written = await account.manager_writes(CONVERSATION, "Красный?")
    await told(session, entry("m-2", "Да", chat=chat, quoted="Красный?", quoted_remote=written.id))
    await told(session, entry("m-3", "Ещё", chat=chat, quoted="Добрый день", quoted_key="m-1"))
    await told(session, entry("m-4", "Это", chat=chat, quoted="давно"))
    first, *_, one, two, three = account.chats[0].messages
    assert (one.reply_to, one.text, two.reply_to, two.text) == (written.id, "Да", first.id, "Ещё")
    assert (three.reply_to, three.text) == ("", "«давно»\nЭто")


async def test_an_edited_message_gets_its_new_text_and_a_deleted_one_says_so(
    session: AmoSession, account: Account
) -> None:
    chat = await known(session)
    await told(session, entry(text="Добрый вечер", act=Act.EDIT, chat=chat))
    [message] = account.chats[0].messages
    assert (message.text, message.edited) == ("Добрый вечер", True)
    await told(session, entry(act=Act.DELETE, chat=chat))
    assert message.text == "The message was deleted."


async def test_of_a_deleted_message_with_files_every_part_says_so(
    session: AmoSession, account: Account, desk: AmoDesk
) -> None:
    files = [SharedFile(name=f"паспорт-{one}.jpg", url=f"{desk.url}/media/{one}.jpg") for one in "12"]
    desk.files = {f"{one}.jpg": b"jpg" for one in "12"}
    await told(session, entry(files=files))
    await told(session, entry(act=Act.DELETE, file_count=3))  # one was not told
    assert [one.text for one in account.chats[0].messages] == ["The message was deleted."] * 2
    account.misbehaviour.refuse[f"POST /v2/origin/custom/{account.channel.scope_id}"] = (
        400,
        {"title": "", "status": 400},
    )
    [refused] = await session.deliver([entry(act=Act.DELETE, file_count=2)])
    assert isinstance(refused, Rejected)


async def test_what_became_of_a_managers_message_is_told_with_the_reason_in_words(
    session: AmoSession, account: Account
) -> None:
    chat = await known(session)
    good, bad, odd = [await account.manager_writes(CONVERSATION, text) for text in ("Раз", "Два", "Три")]
    about = {"chat": chat, "key": ""}
    await told(
        session,
        entry(act=Act.DELIVERED, remote=good.id, **about),
        entry(act=Act.FAILED, remote=bad.id, reason="нет WhatsApp на номере", **about),
    )
    await told(session, entry(act=Act.FAILED, remote=odd.id, chat=CrmChat(id="", name=""), key="", reason=""))
    assert (good.status, good.error_code) == (1, 0)
    assert (bad.status, bad.error_code, bad.error) == (-1, 905, "нет WhatsApp на номере")
    assert (odd.status, odd.error_code, odd.error) == (-1, 904, "The message was not delivered.")


@pytest.mark.parametrize("lost", ["", "lose_before", "lose_after"])
async def test_a_remark_on_a_chat_is_one_note_in_its_deal_also_after_a_lost_answer(
    session: AmoSession, account: Account, lost: str
) -> None:
    chat = await known(session)
    [lead] = account.leads
    if lost:
        getattr(account.misbehaviour, lost)["POST /api/v4/*/notes"] = 1
    remark = entry(act=Act.REMARK, chat=chat, remote=chat.remote, key="", reason="Пишите в прежний чат")
    [outcome] = await session.deliver([remark])
    assert isinstance(outcome, OutcomeUnknown) is bool(lost)
    if lost and await session.find(remark) is None:
        assert lost == "lose_before"
        await told(session, remark)
    assert [(one.card, one.params["text"]) for one in account.notes] == [(lead, "Пишите в прежний чат")]


@pytest.mark.parametrize(
    ("kind", "code"),
    [("client_left", 901), ("channel_off", 902), ("internal", 903), ("no_conversation", 904), ("other", 905)],
)
async def test_whose_failure_it_is_that_a_message_did_not_go_out_is_told_by_the_chats_own_code(
    session: AmoSession, account: Account, kind: str, code: int
) -> None:
    chat = await known(session)
    written = await account.manager_writes(CONVERSATION, "Раз")
    failed = entry(act=Act.FAILED, remote=written.id, chat=chat, key="", reason="нет", failure=FailureKind(kind))
    await told(session, failed)
    assert (written.status, written.error_code, written.error) == (-1, code, "нет")


async def test_what_the_options_leave_out_is_not_told(session: AmoSession, account: Account) -> None:
    hidden = pairing(show_robots="off", groups="off")
    await told(
        session,
        entry("m-1", pairing=hidden, ours=True, origin=Origin.ROBOT),
        entry("m-2", pairing=hidden, chat=CrmChat(id="chat-2", name="Дом", kind="group")),
    )
    assert account.chats == []


async def test_of_a_message_whose_answer_was_lost_the_history_knows_that_it_is_there(
    session: AmoSession, account: Account
) -> None:
    account.misbehaviour.lose_after[f"POST /v2/origin/custom/{account.channel.scope_id}"] = 1
    [outcome] = await session.deliver([entry()])
    assert isinstance(outcome, OutcomeUnknown)
    found = await session.find(entry())
    [message] = account.chats[0].messages
    assert found == CrmReceipt(chat=account.chats[0].id, remote=message.id)


@pytest.mark.parametrize("body", ["", {}, {"new_message": {}}, {"error_code": 500}, [], {"new_message": {"msgid": ""}}])
async def test_a_message_of_which_the_answer_has_no_id_is_not_taken_for_told(
    session: AmoSession, account: Account, body: Any
) -> None:
    chat = await known(session)
    account.misbehaviour.refuse[f"POST /v2/origin/custom/{account.channel.scope_id}"] = (200, body)
    [outcome] = await session.deliver([entry("m-2", chat=chat)])
    assert (type(outcome), getattr(outcome, "code", "")) == (OutcomeUnknown, "strange_answer")
    assert await session.find(entry("m-2", chat=chat)) is None


@pytest.mark.parametrize("body", ["", {"_embedded": {"chats": []}}])
async def test_a_chat_that_was_not_bound_to_its_contact_shows_nothing_yet(
    session: AmoSession, account: Account, body: Any
) -> None:
    contact = account._desk.office.add_contact("Иван", responsible=min(account.users))
    field = next(one.id for one in account._desk.office.fields if one.code == "PHONE")
    contact.values[field] = [{"value": IVAN_PHONE, "enum_code": "WORK"}]
    account.misbehaviour.refuse["POST /api/v4/contacts/chats"] = (200, body)
    with pytest.raises(Retryable, match="strange_answer"):
        await session.deliver([entry()])
    assert [one.messages for one in account.chats] == [[]]


async def test_of_a_message_that_did_not_come_the_history_knows_that_it_is_not_there(
    session: AmoSession, account: Account
) -> None:
    chat = await known(session)
    account.misbehaviour.lose_before[f"POST /v2/origin/custom/{account.channel.scope_id}"] = 1
    [outcome] = await session.deliver([entry("m-2", chat=chat)])
    assert isinstance(outcome, OutcomeUnknown)
    assert await session.find(entry("m-2", chat=chat)) is None
    assert await session.find(entry("m-3", chat=CrmChat(id="chat-9", name="Пётр"))) is None


async def test_of_files_whose_rest_was_lost_only_the_rest_is_sent_again(
    session: AmoSession, account: Account, desk: AmoDesk
) -> None:
    desk.files = {"a.jpg": b"a", "b.jpg": b"b"}
    sent = entry(files=[SharedFile(name=name, url=f"{desk.url}/media/{name}") for name in desk.files])
    chat = await known(session)
    sent = entry("m-2", files=sent.files, chat=chat)
    scope = f"POST /v2/origin/custom/{account.channel.scope_id}"
    account.misbehaviour.refuse[scope] = (500, "")
    [outcome] = await session.deliver([sent])
    assert isinstance(outcome, OutcomeUnknown)
    del account.misbehaviour.refuse[scope]
    assert await session.find(sent) is None
    await told(session, sent)
    account.chats[0].messages.pop()  # the second file is not there
    assert await session.find(sent) is not None
    assert [one.client_id for one in account.chats[0].messages] == [f"{MARK}.{key}" for key in ("m-1", "m-2", "m-2.2")]


async def test_a_catch_up_finds_what_managers_wrote_while_hooks_were_lost_as_the_hooks_would_have_told_it(
    session: AmoSession, account: Account, desk: AmoDesk
) -> None:
    chat = await known(session)
    account.misbehaviour.drop_hooks = 2
    for text in ("Раз", "Два"):
        await account.manager_writes(CONVERSATION, text)
    heard = await account.manager_writes(CONVERSATION, "Три")
    await account.settled()
    mirrored = MirroredChat(kind="whatsapp_web", place=str(SALES), chat="chat-1", remote=chat.remote)
    found = [one async for some in session.catch_up([mirrored]) for one in some]
    assert [one.event.text for one in found] == ["Раз", "Два", "Три"]  # type: ignore[union-attr]
    by_hook = next(one for reply in desk.replies for one in reply.arrivals if one.provider_id.endswith(heard.id))
    assert (found[2].provider_id, found[2].event) == (by_hook.provider_id, by_hook.event)


@pytest.mark.parametrize(
    ("kind", "said", "reached"),
    [
        ("whatsapp_web", {"phone": "+7 916 765-43-21"}, "+7 916 765-43-21"),
        ("telegram", {"username": "@petr"}, "@petr"),
        ("email", {"email": "petr@example.ru"}, "petr@example.ru"),
    ],
)
async def test_a_manager_writes_first_to_what_stands_in_the_card_and_our_first_message_joins_their_chat(
    desk: AmoDesk, account: Account, kind: str, said: dict[str, str], reached: str
) -> None:
    await desk.link()
    await desk.allow()
    async with desk.session() as session:
        await session.arrange([pairing(kind)])
        chat = await account.writes_first("Пишу первой", source=f"chatapp-{MARK}-1", **said)
        await account.settled()
        [written] = chat.messages
        manager = next(one for one in account.users.values() if one.amojo_id == written.author)
        assert desk.events[1:] == [
            CrmWroteFirst(
                channel=pairing().channel, phone=reached, text="Пишу первой", mark=written.id, author=str(manager.id),
                remote=written.id, remote_chat=chat.id, at=written.at,
            )
        ]  # fmt: skip
        there = CrmChat(id="chat-7", name="Пётр", remote=chat.id)
        person = CrmPerson(id="person-7", name="Пётр")
        answer = entry("m-8", "Да", chat=there, person=person, pairing=pairing(kind))
        [receipt] = await told(session, answer)
        await told(session, entry("m-9", "Жду", chat=there, person=person, pairing=pairing(kind)))
    assert receipt.chat == chat.id
    assert [one.text for one in chat.messages] == ["Пишу первой", "Да", "Жду"]
    assert (chat.client_id, chat.person.client_id, len(account.chats)) == (
        f"{MARK}.p1.chat-7", f"{MARK}.person-7", 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("payment", Misconfigured, "payment"),
        ("html_403", Misconfigured, "suspended"),
        ("revoked", NeedsRebind, "access_ended"),
    ],
)
async def test_what_concerns_the_whole_account_stops_the_link_with_its_reason(
    session: AmoSession, account: Account, fault: str, error: type[Exception], code: str
) -> None:
    setattr(account.misbehaviour, fault, True)
    with pytest.raises(error, match=code):
        await session.deliver([entry()])


async def test_cards_are_those_of_the_chats_talk_with_stage_and_employee(session: AmoSession, account: Account) -> None:
    chat = await known(session)
    deal, contact = await session.cards(chat)
    lead = account.leads[account.chats[0].lead or 0]
    assert (deal.kind, deal.id, deal.url) == ("deal", str(lead.id), f"{account.address}/leads/detail/{lead.id}")
    assert (deal.pipeline, deal.stage) == ("Продажи", "Неразобранное")
    assert contact.kind == "contact"
    await told(session, entry(act=Act.OWNER, chat=chat, employee=str(next(iter(account.users))), key=""))
    assert lead.responsible == next(iter(account.users))
    await account.staff.deletes_deal(lead)
    assert [one.kind for one in await session.cards(chat)] == ["contact"]


async def test_a_conversation_that_was_notes_goes_on_as_a_chat_once_a_channel_is_registered(
    session: AmoSession, account: Account
) -> None:
    chat = CrmChat(id="chat-1", name="Иван Иванов", remote="1017")
    [receipt] = await told(session, entry(chat=chat))
    assert receipt.chat == account.chats[0].id
    assert await session.cards(chat) == []

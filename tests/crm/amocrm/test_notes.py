"""An account without a chat channel of ours: notes in a lead, and answers from there."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp_cli.crm.amocrm import rest
from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.crm.amocrm.notes import CHAT, MOST_FORMER, LeadsOfChat, answer_in
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt, SharedFile
from chatapp_cli.domain.crm.events import CopyCame, CrmWrote, MirroredChat
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import OutcomeUnknown, PlaceRefused, Retryable
from chatapp_cli.domain.message import Origin
from chatapp_cli.kit.records import written
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import AmoContact
from tests.crm.amocrm.desk import IVAN_PHONE, SALES, AmoDesk, entry, pairing

MIRRORED = MirroredChat(kind="whatsapp_web", place=str(SALES), chat="chat-1", remote="")


SECOND = CrmChat(id="chat-2", name="")


def mirrored(*numbers: int) -> list[MirroredChat]:
    return [MirroredChat(kind="whatsapp_web", place=str(SALES), chat=f"chat-{one}", remote="") for one in numbers]


async def answers(session: AmoSession, *numbers: int) -> set[tuple[str, str]]:
    """What a look into these chats finds: the chat, the words."""
    found = [one.event async for some in session.catch_up(mirrored(*numbers)) for one in some]
    return {(one.chat, one.text) for one in found if isinstance(one, CrmWrote)}


def known_contact(account: Account, phone: str) -> AmoContact:
    return account._desk.office.add_contact("Имя", phone=phone)


async def told(session: AmoSession, *entries: object) -> None:
    found = await session.deliver(entries)  # type: ignore[arg-type]
    assert all(isinstance(one, CrmReceipt) for one in found), found


def words(account: Account) -> list[str]:
    """What stands in the notes below their heads."""
    return [one.params["text"].partition("\n")[2] for one in account.notes if one.type != "common"]


@pytest.mark.parametrize("lost", ["", "lose_before", "lose_after"])
async def test_a_remark_is_one_note_in_the_lead_that_its_chat_stands_for_and_answers_nobody(
    noting: AmoSession, account: Account, lost: str
) -> None:
    await told(noting, entry(), entry("m-2", chat=SECOND, person=CrmPerson(id="person-2", name="Пётр")))
    lead = list(account.leads)[1]
    if lost:
        getattr(account.misbehaviour, lost)["POST /api/v4/*/notes"] = 1
    remark = entry(act=Act.REMARK, remote=str(lead), key="", reason="Пишите в прежний чат")
    [outcome] = await noting.deliver([remark])
    assert isinstance(outcome, OutcomeUnknown) is bool(lost)
    if lost and await noting.find(remark) is None:
        assert lost == "lose_before"
        await told(noting, remark)
    notes = [(one.card, one.params["text"]) for one in account.notes if one.type != "common"]
    assert notes[2:] == [(lead, "Пишите в прежний чат")]
    await told(noting, entry(act=Act.REMARK, remote="999999", key="", reason="Никому"))
    assert len(account.notes) == 3
    assert await answers(noting, 1, 2) == set()


async def test_a_new_client_gets_a_contact_and_a_lead_in_the_pipeline_and_the_words_a_note(
    noting: AmoSession, account: Account
) -> None:
    await told(noting, entry())
    await told(noting, entry("m-2", "Ау", files=[SharedFile(name="a.jpg", url="http://10.0.0.1/a.jpg")]))
    [lead] = account.leads.values()
    [contact] = account.contacts.values()
    assert (lead.pipeline, lead.contacts, lead.name) == (SALES, [contact.id], "WhatsApp: Иван Иванов")
    assert contact.name == "Иван Иванов"
    assert [one["value"] for values in contact.values.values() for one in values] == [IVAN_PHONE]
    heads = [one.params["text"].partition("\n")[0] for one in account.notes]
    assert [head.endswith(f" · № {number}") for number, head in enumerate(heads, 1)] == [True, True]
    assert heads[0].startswith("WhatsApp · Иван Иванов · ")
    assert words(account) == ["Добрый день", "Ау\na.jpg"]
    assert [card.id for card in await noting.cards(CrmChat(id="chat-1", name=""))] == [str(lead.id)]


@pytest.mark.parametrize("ruled", [False, True])
async def test_a_first_message_for_a_pipeline_that_is_gone_is_refused_for_its_place_and_told_once_it_is_back(
    noting: AmoSession, account: Account, ruled: bool
) -> None:
    sales, service = account.pipelines
    sales.main, service.main = False, True
    account.pipelines.remove(sales)
    outcome = {"outcome": CardOutcome(number=1, stage="33929752")} if ruled else {}
    (refused,) = await noting.deliver([entry(**outcome)])
    assert (type(refused), getattr(refused, "code", "")) == (PlaceRefused, "place_gone")
    account.pipelines.append(sales)
    await told(noting, entry(**outcome))
    assert [lead.pipeline for lead in account.leads.values()] == [SALES]


async def test_an_open_lead_of_the_contact_is_used_and_a_closed_one_is_not(
    noting: AmoSession, account: Account
) -> None:
    contact = account._desk.office.add_contact("Иван", responsible=next(iter(account.users)))
    contact.values[193201] = [{"value": "8 916 123-45-67", "enum_code": "WORK"}]
    lead = await account.makes_deal(contact.id)
    await told(noting, entry())
    assert [one.card for one in account.notes] == [lead.id]
    await account.moves(lead, 142)
    await told(noting, entry("m-2", chat=CrmChat(id="chat-2", name="")))
    [_, new] = account.leads.values()
    assert (account.notes[-1].card, new.contacts, len(account.contacts)) == (new.id, [contact.id], 1)


async def test_what_we_write_makes_no_lead_for_somebody_who_never_wrote(noting: AmoSession, account: Account) -> None:
    await told(noting, entry(ours=True, origin=Origin.CAMPAIGN, author="Рассылка"))
    assert (dict(account.leads), account.notes) == ({}, [])


async def test_a_change_a_deletion_and_a_failure_are_notes_of_their_own(noting: AmoSession, account: Account) -> None:
    await told(noting, entry())
    await told(noting, entry(text="Добрый вечер", act=Act.EDIT), entry(act=Act.DELETE))
    await told(noting, entry(act=Act.FAILED, reason="нет WhatsApp на номере", text="Ответ"))
    assert words(account)[1:3] == ["Changed: Добрый вечер", "The message was deleted."]
    assert account.notes[-1].params["text"] == "Not delivered: Иван Иванов\nнет WhatsApp на номере\nОтвет"


async def test_a_note_that_begins_with_a_bracket_answers_the_client_and_is_told_once(
    noting: AmoSession, account: Account, desk: AmoDesk
) -> None:
    await told(noting, entry())
    [lead] = account.leads.values()
    user = next(iter(account.users))
    await account.staff.notes(lead, "для себя", user=user)
    note = await account.staff.notes(lead, "> Да, есть красный", user=user)
    await account.settled()
    assert desk.events == [CopyCame(kind="whatsapp_web", place=str(SALES), chat="chat-1")]
    assert [one.status for one in desk.replies] == [200] * 3
    found = [one async for some in noting.catch_up([MIRRORED]) for one in some]
    assert [one.event for one in found] == [
        CrmWrote(
            kind="whatsapp_web", place=str(SALES), chat="chat-1", remote=str(note.id), author=str(user),
            text="Да, есть красный", at=note.at * 1000,
        )
    ]  # fmt: skip
    assert found[0].provider_id == f"note:{note.id}"
    assert desk.crm.understand(desk.bound, found[0].raw) == found[0].event  # type: ignore[arg-type]
    [stirred] = desk.replies[2].arrivals
    assert desk.crm.understand(desk.bound, stirred.raw) == stirred.event  # type: ignore[arg-type]


async def test_notes_older_than_the_conversation_answer_nobody(
    noting: AmoSession, account: Account, desk: AmoDesk
) -> None:
    contact = account._desk.office.add_contact("Иван", responsible=next(iter(account.users)))
    contact.values[193201] = [{"value": IVAN_PHONE, "enum_code": "WORK"}]
    lead = await account.makes_deal(contact.id)
    await account.staff.notes(lead, "> старое")
    await desk.world.clock.sleep(60)
    await told(noting, entry())
    assert [one async for some in noting.catch_up([MIRRORED]) for one in some] == []


async def test_of_many_notes_those_that_were_read_are_told_before_the_others_are_asked_for(
    noting: AmoSession, account: Account, desk: AmoDesk
) -> None:
    await told(noting, entry())
    [lead] = account.leads.values()
    await desk.world.clock.sleep(60)
    account.misbehaviour.drop_hooks = 1_000
    for n in range(rest.PAGE + 1):
        await account.staff.notes(lead, f"> {n}")
    before = len(account.calls)
    looks = noting.catch_up(mirrored(1, 2), 1)
    assert (len(await anext(looks)), len(account.calls) - before) == (rest.PAGE, 1)
    assert [len(some) async for some in looks] == [1]


async def test_a_note_whose_answer_was_lost_is_found_by_our_number_and_another_is_not(
    noting: AmoSession, account: Account
) -> None:
    await told(noting, entry("m-7"))
    account.misbehaviour.lose_after["POST /api/v4/leads/*/notes"] = 1
    [outcome] = await noting.deliver([entry("m-17")])
    assert isinstance(outcome, OutcomeUnknown)
    [lead] = account.leads
    assert await noting.find(entry("m-17")) == CrmReceipt(chat=str(lead))
    assert await noting.find(entry("m-1")) is None
    assert await noting.find(entry("m-17", at=entry().at + 3_600_000)) is None  # another desk's in the same lead
    assert await noting.find(entry("m-2", chat=CrmChat(id="chat-9", name=""))) is None


@pytest.mark.parametrize("body", ["", {"_embedded": {"notes": []}}, {"title": "Error", "status": 500}])
async def test_a_note_of_which_the_answer_has_no_number_is_not_taken_for_written(
    noting: AmoSession, account: Account, body: Any
) -> None:
    await told(noting, entry())
    account.misbehaviour.refuse["POST /api/v4/leads/*/notes"] = (200, body)
    [outcome] = await noting.deliver([entry("m-2")])
    assert (type(outcome), getattr(outcome, "code", "")) == (OutcomeUnknown, "strange_answer")
    account.misbehaviour.refuse.clear()
    assert await noting.find(entry("m-2")) is None


@pytest.mark.parametrize("phone", ["", IVAN_PHONE])
@pytest.mark.parametrize("known", [False, True])
async def test_a_card_whose_answer_was_lost_is_found_and_not_made_again(
    noting: AmoSession, account: Account, phone: str, known: bool
) -> None:
    if known and phone:
        known_contact(account, phone)
    for path in ("POST /api/v4/leads", "POST /api/v4/leads/complex"):
        account.misbehaviour.lose_after[path] = 1
    message = entry(person=CrmPerson(id="person-1", name="Немо", phone=phone))
    with pytest.raises(Retryable):
        await noting.deliver([message])
    await told(noting, message)
    assert (len(account.contacts), len(account.leads), len(account.notes)) == (1, 1, 1)


async def test_a_lead_that_was_deleted_meanwhile_is_replaced(noting: AmoSession, account: Account) -> None:
    await told(noting, entry())
    [lead] = account.leads.values()
    await account.staff.deletes_deal(lead)
    with pytest.raises(Retryable, match="lead_gone"):
        await noting.deliver([entry("m-2")])
    await told(noting, entry("m-2"))
    assert [one.card == lead.id for one in account.notes] == [True, False]


async def test_a_client_is_found_by_a_username_where_the_phone_stands(noting: AmoSession, account: Account) -> None:
    person = CrmPerson(id="person-2", name="Пётр", username="petr")
    await told(noting, entry(person=person))
    await told(noting, entry("m-2", person=person, chat=CrmChat(id="chat-2", name="")))
    [contact] = account.contacts.values()
    assert [one["value"] for values in contact.values.values() for one in values] == ["@petr"]
    assert [one.contacts for one in account.leads.values()] == [[contact.id]] * 2


async def test_two_contacts_of_one_lead_get_a_lead_each_and_each_the_answer_meant_for_them(
    noting: AmoSession, account: Account
) -> None:
    first, second = known_contact(account, IVAN_PHONE), known_contact(account, "+79160000002")
    common = await account.makes_deal(first.id)
    common.contacts.append(second.id)
    anna = CrmPerson(id="person-2", name="Анна", phone="+79160000002")
    await told(noting, entry(), entry("m-2", person=anna, chat=SECOND), entry("m-3"))
    [_, other] = account.leads.values()
    assert [one.card for one in account.notes] == [common.id, other.id, common.id]
    assert (other.contacts, len(account.contacts)) == ([second.id], 2)
    await account.staff.notes(common, "> Ивану")
    await account.staff.notes(other, "> Анне")
    assert await answers(noting, 1, 2) == {("chat-1", "Ивану"), ("chat-2", "Анне")}


async def test_one_person_in_two_channels_has_two_leads_and_an_answer_goes_where_the_words_stand(
    noting: AmoSession, account: Account, desk: AmoDesk
) -> None:
    await told(noting, entry(), entry("m-2", chat=SECOND, pairing=pairing("telegram", number=2)))
    [first, second] = account.leads.values()
    assert first.contacts == second.contacts
    await account.staff.notes(first, "> сюда")
    await account.settled()
    assert desk.events == [CopyCame(kind="whatsapp_web", place=str(SALES), chat="chat-1")]
    assert await answers(noting, 1, 2) == {("chat-1", "сюда")}


async def test_a_lead_that_is_written_down_for_two_chats_belongs_to_one_of_them_only(
    noting: AmoSession, account: Account, desk: AmoDesk
) -> None:
    await told(noting, entry())
    [lead] = account.leads.values()
    assert desk.bound
    both = LeadsOfChat(place=str(SALES), lead=lead.id)
    await desk.bound.memory.save({f"{CHAT}{SECOND.id}": written(both)})
    await account.staff.notes(lead, "> Ивану")
    assert await answers(noting, 1, 2) == {("chat-1", "Ивану")}
    await told(noting, entry("m-2", chat=SECOND))
    assert account.notes[-1].card != lead.id
    assert await answers(noting, 1, 2) == {("chat-1", "Ивану")}


async def test_an_answer_in_a_closed_deal_reaches_the_client_whose_new_deal_is_open(
    noting: AmoSession, account: Account, desk: AmoDesk
) -> None:
    await told(noting, entry())
    [old] = account.leads.values()
    await account.moves(old, 142)
    await desk.world.clock.sleep(3600)
    await told(noting, entry("m-2"))
    [_, new] = account.leads.values()
    assert [one.card for one in account.notes] == [old.id, new.id]
    await account.staff.notes(new, "> в новой")
    await account.staff.notes(old, "> в старой")
    await account.settled()
    assert [event.chat for event in desk.events] == ["chat-1"] * 2
    assert await answers(noting, 1) == {("chat-1", "в новой"), ("chat-1", "в старой")}


async def test_a_chat_keeps_its_latest_former_leads_and_forgets_those_before(
    noting: AmoSession, account: Account, desk: AmoDesk
) -> None:
    for number in range(MOST_FORMER + 2):
        await told(noting, entry(f"m-{number + 1}"))
        await account.moves(list(account.leads)[-1], 143)
        await desk.world.clock.sleep(3600)
    leads = list(account.leads.values())
    for number, lead in enumerate(leads):
        await account.staff.notes(lead, f"> {number}")
    found = {("chat-1", str(number)) for number in range(1, MOST_FORMER + 2)}
    assert (len(leads), await answers(noting, 1)) == (MOST_FORMER + 2, found)


async def test_a_deal_that_is_opened_again_takes_the_conversation_back(
    noting: AmoSession, account: Account, desk: AmoDesk
) -> None:
    await told(noting, entry())
    [old] = account.leads.values()
    stage = old.status
    await account.moves(old, 142)
    await desk.world.clock.sleep(3600)
    await told(noting, entry("m-2"))
    new = account.leads[max(account.leads)]
    await account.moves(new, 143)
    await account.moves(old, stage)
    await desk.world.clock.sleep(3600)
    await told(noting, entry("m-3"))
    assert [one.card for one in account.notes] == [old.id, new.id, old.id]
    await account.staff.notes(old, "> раз")
    await account.staff.notes(new, "> два")
    assert await answers(noting, 1) == {("chat-1", "раз"), ("chat-1", "два")}


@pytest.mark.parametrize("seconds", [-240, 240])
async def test_what_was_before_the_conversation_is_told_by_the_notes_and_not_by_two_clocks(
    noting: AmoSession, account: Account, desk: AmoDesk, seconds: int
) -> None:
    account.misbehaviour.clock_off = seconds
    lead = await account.makes_deal(known_contact(account, IVAN_PHONE).id)
    await account.staff.notes(lead, "> старое")
    await desk.world.clock.sleep(60)
    await told(noting, entry())
    await account.staff.notes(lead, "> новое")
    assert await answers(noting, 1) == {("chat-1", "новое")}


@pytest.mark.parametrize("seconds", [-1260, 0, 1260])
async def test_an_answer_is_dated_by_our_clock_whatever_the_account_s_says(
    noting: AmoSession, account: Account, desk: AmoDesk, seconds: int
) -> None:
    account.misbehaviour.clock_off = seconds
    await told(noting, entry())
    [lead] = account.leads.values()
    await account.staff.notes(lead, "> Да")
    found = [one.event async for some in noting.catch_up(mirrored(1)) for one in some]
    [at] = [one.at for one in found if isinstance(one, CrmWrote) and one.at is not None]
    assert abs(at - desk.world.clock.now()) < 2000


async def test_a_new_request_goes_into_no_deal_that_was_closed_a_minute_ago(
    noting: AmoSession, account: Account, desk: AmoDesk
) -> None:
    await told(noting, entry(at=desk.world.clock.now()))
    [lead] = account.leads.values()
    await account.moves(lead, 142)
    await desk.world.clock.sleep(60)
    await told(noting, entry("m-2", "Ещё заказ", at=desk.world.clock.now()))
    assert (account.notes[-1].card == lead.id, len(account.leads)) == (False, 2)


@pytest.mark.parametrize(
    ("note", "answer"),
    [
        ("> Да", "Да"), (">Да\nи нет", "Да\nи нет"), (" /ответ Да", "Да"), ("/ОТВЕТ\nДа", "Да"), ("Да > нет", ""),
        ("", ""), (">", ""), ("ответ Да", ""), ("/ответственный", ""),
    ],
)  # fmt: skip
def test_a_note_is_for_the_client_if_it_begins_so(note: str, answer: str) -> None:
    assert answer_in(note) == answer

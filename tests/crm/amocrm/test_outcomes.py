"""An account in which leads are made and moved as the rules said, with chats and with notes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.domain.errors import Retryable
from chatapp_cli.ports.crm import MakesCards
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import AmoChat, AmoLead, AmoRefusal, AmoUnsorted
from chatapp_cli.sandbox.amocrm.office import CHANNEL, PHONE, SERVICE
from tests.crm.amocrm.desk import IVAN_PHONE, SALES, entry

TALKS, SERVICE_FIRST = 33930755, 33930752
WON = 142
LINE, AGAIN = 1286573, 1286581


@pytest.fixture(params=["session", "noting"])
def amo(request: pytest.FixtureRequest) -> AmoSession:
    """With chats, and with notes alone."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, AmoSession)
    return found


def said(number: int = 1, chat: CrmChat | None = None, **outcome: Any) -> LedgerEntry:
    """The first message of a client of their own, as the rules decided."""
    person = CrmPerson(id=f"person-{number}", name="Иван", phone=f"{IVAN_PHONE[:-1]}{number}")
    decided = CardOutcome(**{"number": 5, "pipeline": str(SERVICE), **outcome})
    chat = chat or CrmChat(id=f"chat-{number}", name="Иван")
    return entry(f"m-{number}", chat=chat, person=person, outcome=decided)


async def told(session: AmoSession, *entries: LedgerEntry) -> list[CrmReceipt]:
    found = await session.deliver(entries)
    receipts = [one for one in found if isinstance(one, CrmReceipt)]
    assert len(receipts) == len(entries), found
    return receipts


def made(receipt: CrmReceipt) -> tuple[str, int, int]:
    return receipt.card, receipt.outcome, receipt.turn


def leads(account: Account) -> list[AmoLead]:
    return list(account.leads.values())


async def test_a_lead_is_made_as_was_decided_and_the_receipt_names_it(amo: AmoSession, account: Account) -> None:
    manager = max(account.users)
    fields = {str(LINE): "Линия 1", str(CHANNEL): "VK", str(AGAIN): "да"}
    [receipt] = await told(amo, said(stage=str(TALKS), fields=fields, tags=("опт",), employees=(str(manager),)))
    [lead] = leads(account)
    assert (lead.pipeline, lead.status, lead.responsible) == (SERVICE, TALKS, manager)
    assert {number: values[0]["value"] for number, values in lead.values.items()} == {
        LINE: "Линия 1", CHANNEL: "VK", AGAIN: True,
    }  # fmt: skip
    assert "опт" in lead.tags
    assert made(receipt) == (f"deal:{lead.id}", 5, 1)
    assert (account.unsorted, len(account.contacts)) == ([], 1)
    again = said(chat=CrmChat(id="chat-1", name="Иван", remote=receipt.chat))
    assert await amo.find(again) == receipt


async def test_an_open_lead_of_the_contact_is_used_as_it_is_and_takes_no_turn(
    amo: AmoSession, account: Account
) -> None:
    contact = account._desk.office.add_contact("Иван", responsible=min(account.users))
    contact.values[PHONE] = [{"value": f"{IVAN_PHONE[:-1]}1", "enum_code": "WORK"}]
    lead = await account.makes_deal(contact.id)
    receipts = await told(amo, said(), said(2, employees=tuple(map(str, account.users)), turn=4))
    assert [made(one) for one in receipts] == [("", 0, 0), (f"deal:{max(account.leads)}", 5, 5)]
    assert (lead.pipeline, len(leads(account))) == (SALES, 2)


async def test_those_who_are_told_together_are_each_the_next_ones(amo: AmoSession, account: Account) -> None:
    first, second = sorted(account.users)
    turns = await told(amo, *(said(n, employees=(str(first), str(second), "404")) for n in (1, 2, 3)))
    assert sorted(one.turn for one in turns) == [1, 2, 3]
    assert sorted(lead.responsible for lead in leads(account)) == [first, first, second]


async def test_whom_an_account_does_not_tell_of_is_believed_to_work_there_until_it_refuses_them(
    amo: AmoSession, account: Account
) -> None:
    admin, manager = sorted(account.users)
    account.misbehaviour.refuse["GET /api/v4/users"] = (403, {"title": "Forbidden", "status": 403})
    await amo.employees()
    fields = {str(LINE): "Линия 1"}
    await told(amo, *(said(n, stage=str(TALKS), fields=fields, employees=(str(manager), "404")) for n in (1, 2)))
    found = [(lead.status, list(lead.values), lead.responsible) for lead in leads(account)]
    assert sorted(found) == [(TALKS, [LINE], admin), (TALKS, [LINE], manager)]


@pytest.mark.parametrize(("is_active", "responsible"), [(True, "manager"), (False, "admin")])
async def test_whoever_is_responsible_for_the_contact_is_so_for_the_lead_while_they_work_there(
    amo: AmoSession, account: Account, is_active: bool, responsible: str
) -> None:
    admin, manager = sorted(account.users)
    contact = account._desk.office.add_contact("Иван", responsible=manager)
    contact.values[PHONE] = [{"value": f"{IVAN_PHONE[:-1]}1", "enum_code": "WORK"}]
    account.users[manager].active = is_active
    await told(amo, said(like_contact=True, employees=(str(admin),)))
    [lead] = leads(account)
    assert lead.responsible == {"manager": manager, "admin": admin}[responsible]
    assert lead.contacts == [contact.id]


async def test_a_lead_moves_to_the_pipeline_and_the_first_stage_that_were_decided_later(
    amo: AmoSession, account: Account
) -> None:
    [receipt] = await told(amo, said(pipeline=str(SALES)))
    [lead] = leads(account)
    chat = CrmChat(id="chat-1", name="Иван", remote=receipt.chat)
    later = said(number=1, chat=chat, moves=f"deal:{lead.id}")
    [moved] = await told(amo, entry("m-7", chat=chat, person=later.person, outcome=later.outcome))
    assert (lead.pipeline, lead.status) == (SERVICE, SERVICE_FIRST)
    assert made(moved) == (f"deal:{lead.id}", 5, 2)


async def test_a_new_lead_is_made_when_the_last_one_was_closed(amo: AmoSession, account: Account, world: Any) -> None:
    [receipt] = await told(amo, said())
    [lead] = leads(account)
    await account.moves(lead, 143)
    world.clock.at += 601_000
    chat = CrmChat(id="chat-1", name="Иван", remote=receipt.chat)
    [next_one] = await told(amo, entry("m-8", chat=chat, person=said().person, outcome=said().outcome))
    [_, new] = leads(account)
    assert (new.pipeline, new.contacts, next_one.card) == (SERVICE, lead.contacts, f"deal:{new.id}")
    assert account.unsorted == []


@pytest.mark.parametrize(
    ("gone", "pipeline", "stage", "kept"),
    [
        ("stage", SERVICE, SERVICE_FIRST, {LINE, CHANNEL}),
        ("pipeline", SALES, 33929752, {LINE, CHANNEL}),
        ("field", SERVICE, TALKS, {CHANNEL}),
        ("value", SERVICE, TALKS, {LINE}),
    ],
)
async def test_what_was_deleted_there_costs_itself_and_not_the_lead(
    amo: AmoSession, account: Account, gone: str, pipeline: int, stage: int, kept: set[int]
) -> None:
    office = account._desk.office
    service = office.pipeline(SERVICE)
    assert service is not None
    if gone == "stage":
        service.stages = [one for one in service.stages if one.id != TALKS]
    elif gone == "pipeline":
        office.pipelines.remove(service)
    elif gone == "field":
        office.fields = [one for one in office.fields if one.id != LINE]
    fields = {str(LINE): "Линия 1", str(CHANNEL): "Почта" if gone == "value" else "VK"}
    [receipt] = await told(amo, said(stage=str(TALKS), fields=fields))
    [lead] = leads(account)
    assert (lead.pipeline, lead.status if gone != "pipeline" else stage, set(lead.values)) == (pipeline, stage, kept)
    assert receipt.card == f"deal:{lead.id}"


async def test_a_lead_whose_answer_was_lost_is_told_as_made_for_its_message(amo: AmoSession, account: Account) -> None:
    account.misbehaviour.lose_after["POST /api/v4/leads*"] = 1
    with pytest.raises(Retryable):
        await amo.deliver([said(turn=2)])
    [receipt] = await told(amo, said(turn=2))
    [lead] = leads(account)
    assert made(receipt) == (f"deal:{lead.id}", 5, 3)
    assert len(account.contacts) == 1


DENIED = (403, {"title": "Forbidden", "status": 403})


@pytest.mark.parametrize(
    ("refused", "again"),
    [
        ({"GET /api/v4/contacts*": DENIED}, False),
        ({"POST /api/v4/leads": DENIED}, False),
        ({"GET /api/v4/contacts/*": (404, {"title": "Not Found", "status": 404})}, True),
        ({"GET /api/v4/talks": DENIED}, True),
    ],
)
async def test_whatever_hinders_the_lead_the_client_is_heard_and_bound_to_the_contact_that_is_known(
    session: AmoSession, account: Account, world: Any, refused: dict[str, Any], again: bool
) -> None:
    contact = account._desk.office.add_contact("Иван", responsible=min(account.users))
    contact.values[PHONE] = [{"value": f"{IVAN_PHONE[:-1]}1", "enum_code": "WORK"}]
    first = said()
    if again:
        [receipt] = await told(session, first)
        world.clock.at += 601_000
        chat = CrmChat(id="chat-1", name="Иван", remote=receipt.chat)
        first = entry("m-8", "Ещё раз", chat=chat, person=first.person, outcome=first.outcome)
    account.misbehaviour.refuse.update(refused)
    [receipt] = await told(session, first)
    assert (receipt.card, account.chats[0].messages[-1].text) == ("", first.text)
    searched = "GET /api/v4/contacts*" not in refused
    assert (account.chats[0].person.contact == contact.id) is searched


async def test_a_lead_that_may_not_be_read_counts_as_open_and_no_other_is_made(
    amo: AmoSession, account: Account, world: Any
) -> None:
    [receipt] = await told(amo, said())
    world.clock.at += 601_000
    account.misbehaviour.refuse["GET /api/v4/leads/*"] = DENIED
    chat = CrmChat(id="chat-1", name="Иван", remote=receipt.chat)
    await told(amo, entry("m-8", chat=chat, person=said().person, outcome=said().outcome))
    assert len(leads(account)) == 1


async def test_a_chat_whose_contact_no_talk_tells_is_bound_to_the_one_with_the_phone(
    session: AmoSession, account: Account, world: Any
) -> None:
    [receipt] = await told(session, said())
    world.clock.at += 601_000
    account.misbehaviour.refuse["GET /api/v4/talks"] = (204, None)
    chat = CrmChat(id="chat-1", name="Иван", remote=receipt.chat)
    before = len(account.calls)
    await told(session, *(entry(f"m-{n}", chat=chat, person=said().person, outcome=said().outcome) for n in (8, 9)))
    bound = [one for one in account.calls[before:] if one.path == "/api/v4/contacts/chats"]
    assert (len(account.contacts), len(leads(account)), len(bound)) == (1, 1, 1)


async def test_the_account_tells_its_pipelines_with_the_stages_in_which_leads_begin_and_the_fields_to_fill(
    session: AmoSession,
) -> None:
    assert isinstance(session, MakesCards)
    [sales, service] = await session.pipelines()
    assert (sales.id, sales.has_tags) == (str(SALES), True)
    assert [one.id for one in service.stages] == [str(SERVICE_FIRST), str(TALKS)]
    assert {one.id: one.name for one in sales.fields}[str(LINE)] == "Линия"


async def incoming(session: AmoSession, account: Account, world: Any) -> LedgerEntry:
    """A message that the rules decide, in a chat that came before there were rules and waits in «Неразобранное»."""
    person = said().person
    [receipt] = await told(session, entry("m-1", chat=CrmChat(id="chat-1", name="Иван"), person=person))
    [lead] = leads(account)
    assert (lead.status, lead.id) == (account.pipelines[0].unsorted.id, account.unsorted[0].lead)
    world.clock.at += 1_000
    chat = CrmChat(id="chat-1", name="Иван", remote=receipt.chat)
    return entry("m-2", "опт", chat=chat, person=person)


def decided(message: LedgerEntry, **outcome: Any) -> LedgerEntry:
    return replace(message, outcome=CardOutcome(**{"number": 5, "pipeline": str(SALES), **outcome}))


def accepted(account: Account) -> list[int]:
    return [one.status for one in account.calls if one.path.endswith("/accept")]


@pytest.mark.parametrize(
    ("outcome", "pipeline", "stage"),
    [
        ({"stage": "33929755"}, SALES, 33929755),
        ({}, SALES, 33929752),
        ({"pipeline": str(SERVICE), "stage": str(TALKS)}, SERVICE, TALKS),
        ({"pipeline": str(SERVICE)}, SERVICE, SERVICE_FIRST),
        ({"pipeline": "404", "stage": "405"}, SALES, 33929752),
        ({"stage": "405"}, SALES, 33929752),
    ],
)
async def test_an_incoming_lead_of_a_chat_is_accepted_once_where_the_rules_say(
    session: AmoSession, account: Account, world: Any, outcome: dict[str, Any], pipeline: int, stage: int
) -> None:
    manager = max(account.users)
    message = decided(
        await incoming(session, account, world),
        **outcome, employees=(str(manager),), fields={str(LINE): "Линия 1"}, tags=("опт",),
    )  # fmt: skip
    [receipt] = await told(session, message)
    [lead] = leads(account)
    assert (lead.pipeline, lead.status, lead.responsible) == (pipeline, stage, manager)
    assert ([one[0]["value"] for one in lead.values.values()], "опт" in lead.tags) == (["Линия 1"], True)
    assert made(receipt) == (f"deal:{lead.id}", 5, 1)
    assert [one.state for one in account.unsorted] == ["accepted"]
    world.clock.at += 601_000
    [later] = await told(session, replace(message, key="m-3"))
    assert (made(later), len(leads(account))) == (("", 0, 0), 1)


LOST = ["POST /api/v4/leads/unsorted/*", "PATCH /api/v4/leads"]


@pytest.mark.parametrize("what", LOST)
@pytest.mark.parametrize("how", ["lose_before", "lose_after"])
async def test_an_acceptance_whose_answer_was_lost_is_finished_and_not_repeated(
    session: AmoSession, account: Account, world: Any, what: str, how: str
) -> None:
    employees = tuple(map(str, account.users))
    said = {"pipeline": str(SERVICE), "stage": str(TALKS), "employees": employees, "turn": 3}
    message = decided(await incoming(session, account, world), **said)
    getattr(account.misbehaviour, how)[what] = 1
    with pytest.raises(Retryable):
        await session.deliver([message])
    [receipt] = await told(session, message)
    [lead] = leads(account)
    assert (lead.pipeline, lead.status, made(receipt)) == (SERVICE, TALKS, (f"deal:{lead.id}", 5, 4))
    assert accepted(account).count(200) == 1


LATER = 33929755


@pytest.mark.parametrize("person", ["accepts", "declines"])
@pytest.mark.parametrize("when", ["before", "meanwhile", "after a lost answer"])
async def test_what_a_person_did_with_an_incoming_lead_meanwhile_wins(
    session: AmoSession, account: Account, world: Any, person: str, when: str
) -> None:
    message = decided(await incoming(session, account, world), tags=("опт",))
    [lead] = leads(account)

    async def decides() -> None:
        await (account.moves(lead, LATER) if person == "accepts" else account.staff.deletes_deal(lead))

    if when == "after a lost answer":
        account.misbehaviour.lose_before[LOST[0]] = 1
        with pytest.raises(Retryable):
            await session.deliver([message])
    if when == "meanwhile":
        account.misbehaviour.slow["GET /api/v4/leads/unsorted"] = 0.05
        telling = asyncio.create_task(told(session, message))
        while not any(one.path.endswith("/unsorted") for one in account.calls):
            await asyncio.sleep(0.001)
        await decides()
        [receipt] = await telling
    else:
        await decides()
        [receipt] = await told(session, message)
    assert account.chats[0].messages[-1].text == "опт"
    assert (lead.status, lead.deleted, lead.tags) == (
        (LATER, False, []) if person == "accepts" else (account.pipelines[0].unsorted.id, True, [])
    )
    assert account.unsorted[0].state == {"accepts": "accepted", "declines": "declined"}[person]
    assert receipt.card != f"deal:{lead.id}"
    assert 200 not in accepted(account)


def joined(account: Account) -> list[int]:
    return [one.status for one in account.calls if one.path.endswith("/link")]


async def beside(session: AmoSession, account: Account, world: Any, *, older: bool) -> tuple[LedgerEntry, AmoLead]:
    """The same, while work goes on at a deal of that contact, which was made after or before it."""
    message = await incoming(session, account, world)
    [lead] = leads(account)
    if not older:
        return message, await account.makes_deal(lead.contacts[0], "Заказ на осень")
    await account.moves(lead, WON)
    await told(session, replace(message, key="m-3"))
    await account.moves(lead, LATER)
    return message, lead


@pytest.mark.req("S-188", part="an open deal is used")
@pytest.mark.parametrize("older", [False, True], ids=["newer", "older"])
@pytest.mark.parametrize("how", ["", "lose_before", "lose_after", "refuse"])
async def test_an_incoming_lead_beside_an_open_deal_of_its_contact_becomes_part_of_it_once(
    session: AmoSession, account: Account, world: Any, how: str, older: bool
) -> None:
    message, deal = await beside(session, account, world, older=older)
    [waiting] = [one for one in account.unsorted if one.state == "open"]
    [chat], before = account.chats, (deal.pipeline, deal.status)
    if how:
        fault = getattr(account.misbehaviour, how)
        fault["POST /api/v4/leads/unsorted/*"] = (404, AmoRefusal(404).body) if how == "refuse" else 1
    if how.startswith("lose"):
        with pytest.raises(Retryable):
            await session.deliver([decided(message)])
    [receipt] = await told(session, decided(message))
    joined = [one.status for one in account.calls if one.path.endswith("/link")]
    if how == "refuse":
        assert (waiting.state, joined) == ("open", [404])
    else:
        assert (waiting.state, joined.count(200), chat.lead) == ("linked", 1, deal.id)
        assert [one.id for one in leads(account) if not one.deleted] == [deal.id]
    assert ((deal.pipeline, deal.status), accepted(account), chat.messages[-1].text) == (before, [], "опт")
    assert made(receipt) == ("", 0, 0)
    world.clock.at += 601_000
    await told(session, replace(decided(message), key="m-4"))
    assert len([one for one in account.calls if one.path.endswith("/link")]) <= 2


def brings(account: Account, contact: int, category: str) -> AmoLead:
    """An incoming lead of the contact that a form or another program's chat brought, in a pipeline of its own."""
    office, service = account._desk.office, account.pipelines[1]
    lead = office.add_lead("Ещё", pipeline=service, stage=service.unsorted.id, contacts=[contact])
    about: dict[str, Any] = {
        "pipeline": service.id,
        "lead": lead.id,
        "contact": contact,
        "created_at": office.seconds(),
    }
    chat = ""
    if category == "chats":
        [ours] = account.chats
        other = AmoChat(id=office.uuid(), client_id="other", person=ours.person, talk=office.number(), source="insta")
        other.lead, chat = lead.id, other.id
        other.messages.extend(ours.messages)
        office.chats.append(other)
    office.unsorted.append(AmoUnsorted(uid=office.uuid(), chat=chat, source_name="Ещё", category=category, **about))
    return lead


@pytest.mark.parametrize("category", ["chats", "forms"])
@pytest.mark.parametrize("is_worked_at", [True, False])
async def test_what_a_form_or_another_programs_chat_brought_is_no_deal_and_is_left_to_people(
    session: AmoSession, account: Account, world: Any, category: str, is_worked_at: bool
) -> None:
    message = await incoming(session, account, world)
    [ours] = leads(account)
    deal = await account.makes_deal(ours.contacts[0], "Заказ на осень") if is_worked_at else ours
    brings(account, ours.contacts[0], category)
    await told(session, decided(message))
    assert [one.state for one in account.unsorted] == ["linked" if is_worked_at else "accepted", "open"]
    assert (deal.deleted, deal.status == account.pipelines[0].unsorted.id) == (False, False)


async def test_the_incoming_lead_of_another_programs_chat_is_not_accepted_for_the_first_message_here(
    session: AmoSession, account: Account, world: Any
) -> None:
    await incoming(session, account, world)
    [ours] = leads(account)
    await account.moves(ours, WON)
    theirs = brings(account, ours.contacts[0], "chats")
    first = entry("m-5", "Раз", chat=CrmChat(id="chat-5", name="Иван"), person=said().person)
    [receipt] = await told(session, decided(first))
    assert (made(receipt), theirs.status) == (("", 0, 0), account.pipelines[1].unsorted.id)


@pytest.mark.parametrize("order", ["only others'", "newest", "oldest"])
async def test_an_incoming_lead_becomes_part_of_no_deal_in_which_its_client_is_not_the_main_contact(
    session: AmoSession, account: Account, world: Any, order: str
) -> None:
    message = await incoming(session, account, world)
    [ours], other = leads(account), account._desk.office.add_contact("Пётр", phone="+79990000000")
    own = await account.makes_deal(ours.contacts[0], "Свой") if order == "newest" else None
    strange = await account.makes_deal(other.id, "Стройка Петра")
    strange.contacts.append(ours.contacts[0])
    own = await account.makes_deal(ours.contacts[0], "Свой") if order == "oldest" else own
    await told(session, decided(message))
    assert account.unsorted[0].state == ("accepted" if own is None else "linked")
    links = [one.body["link"]["entity_id"] for one in account.calls if one.path.endswith("/link")]
    assert (links, strange.contacts) == ([] if own is None else [own.id], [other.id, ours.contacts[0]])


async def test_an_incoming_lead_is_found_behind_all_newer_ones(
    session: AmoSession, account: Account, world: Any
) -> None:
    message = await incoming(session, account, world)
    [lead], office, sales = leads(account), account._desk.office, account.pipelines[0]
    deal = await account.makes_deal(lead.contacts[0], "Заказ на осень")
    about: dict[str, Any] = {
        "pipeline": sales.id,
        "lead": 0,
        "contact": None,
        "source_name": "Ещё",
        "category": "chats",
    }
    office.unsorted.extend(AmoUnsorted(uid=f"{n:032x}", created_at=office.seconds(), **about) for n in range(251))
    await told(session, decided(message))
    assert (account.unsorted[0].state, account.chats[0].lead) == ("linked", deal.id)


@pytest.mark.parametrize("has_deal", [True, False])
async def test_what_keeps_failing_holds_the_clients_words_back_for_some_tries_and_is_done_with_the_next_message(
    session: AmoSession, account: Account, world: Any, has_deal: bool
) -> None:
    message = await incoming(session, account, world)
    [lead] = leads(account)
    if has_deal:
        await account.makes_deal(lead.contacts[0], "Заказ на осень")
    account.misbehaviour.refuse["POST /api/v4/leads/unsorted/*"] = (500, {"title": "x", "status": 500})
    for _ in range(2):
        with pytest.raises(Retryable):
            await session.deliver([decided(message)])
    await told(session, decided(message))
    await told(session, replace(decided(message), key="m-3"))
    assert [one.text for one in account.chats[0].messages][-2:] == ["опт", "опт"]
    assert account.unsorted[0].state == "open"
    account.misbehaviour.refuse.clear()
    await told(session, replace(decided(message), key="m-4"))
    assert account.unsorted[0].state == ("linked" if has_deal else "accepted")

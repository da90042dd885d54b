"""Whom a card of an account is about: by its chats and phones, its contacts' or its company's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.domain.crm.cards import CardChat, CardPhone, CardRef
from chatapp_cli.domain.crm.entry import CrmReceipt
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import AmoChat
from tests.crm.amocrm.desk import IVAN_PHONE, entry


@pytest.fixture(params=["session", "noting"])
def amo(request: pytest.FixtureRequest) -> AmoSession:
    """With chats, and with notes alone."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, AmoSession)
    return found


async def test_a_deal_and_its_contact_name_the_clients_chat_and_phone(amo: AmoSession, account: Account) -> None:
    [receipt] = await amo.deliver([entry()])
    assert isinstance(receipt, CrmReceipt)
    [lead], [contact] = account.leads, account.contacts
    for named in (f"deal:{lead}", f"lead:{lead}"):
        found = await amo.client_of(CardRef.parse(named))
        own = CardChat(remote=receipt.chat, whose="Иван Иванов", of_card=True)
        assert ((found.card.kind, found.card.id), found.chats) == (("deal", str(lead)), [own])
        assert found.people == ["Иван Иванов"]
        assert [(f"+{one.phone.lstrip('+')}", one.whose) for one in found.phones] == [(IVAN_PHONE, "Иван Иванов")]
    theirs = await amo.client_of(CardRef("contact", str(contact)))
    assert ((theirs.card.kind, theirs.card.id), theirs.chats) == (
        ("contact", str(contact)),
        [CardChat(remote=receipt.chat)],
    )
    for gone in ("deal:99", "contact:99", "company:99"):
        with pytest.raises(Rejected, match=": card_gone"):
            await amo.client_of(CardRef.parse(gone))
    await account.staff.deletes_deal(lead)
    with pytest.raises(Rejected, match=": card_gone"):
        await amo.client_of(CardRef("deal", str(lead)))


async def test_two_people_of_one_name_are_two_and_a_company_speaks_for_those_without_a_phone(
    session: AmoSession, account: Account
) -> None:
    office = account._desk.office
    first, second = (office.add_contact("Иван", phone=one) for one in ("+79161110001", "+79161110002"))
    deal = await account.makes_deal(first.id, "Ёлки")
    deal.contacts.append(second.id)
    found = await session.client_of(CardRef("deal", str(deal.id)))
    called = [f"Иван (contact:{one.id})" for one in (first, second)]
    assert (list(found.people), [one.whose for one in found.phones], list(found.chats)) == (called, called, [])
    mute, firm, phone = office.add_contact("Пётр"), office.add_contact("Хвоя"), office.field("contacts", code="PHONE")
    assert phone is not None
    office.fields.append(replace(phone, id=777, kind="companies"))
    firm.values[777] = [{"value": "+74951234567", "enum_code": "WORK"}]
    firm.kind, office.companies[firm.id] = "companies", office.contacts.pop(firm.id)
    deal = await account.makes_deal(mute.id, "Пихты")
    deal.companies.append(firm.id)
    found = await session.client_of(CardRef("deal", str(deal.id)))
    assert (found.people, found.phones) == (["Пётр"], [CardPhone(phone="+74951234567", whose="Хвоя")])
    own = await session.client_of(CardRef("company", str(firm.id)))
    assert (own.card.title, own.phones) == ("Хвоя", [CardPhone(phone="+74951234567")])


@pytest.mark.parametrize(("status", "code"), [(400, "refused"), (403, "scope"), (404, "")])
async def test_a_contact_that_may_not_be_read_is_told_as_such_and_not_left_out(
    session: AmoSession, account: Account, status: int, code: str
) -> None:
    anna, oleg = (account._desk.office.add_contact(one, phone=IVAN_PHONE) for one in ("Анна", "Олег"))
    deal = await account.makes_deal(anna.id, "Двое")
    deal.contacts.append(oleg.id)
    title = {"title": "x", "status": status}
    account.misbehaviour.refuse[f"GET /api/v4/contacts/{anna.id}"] = (status, title)
    card = CardRef("deal", str(deal.id))
    if not code:
        assert (await session.client_of(card)).people == ["Олег"]
        assert [one.card.title for one in await session.contacts_of(card, everyone=True)] == ["Олег"]
        return
    for asked in (session.client_of(card), session.contacts_of(card, everyone=True)):
        with pytest.raises(Rejected, match=code):
            await asked


async def test_a_chat_in_a_deal_is_told_with_whose_it_is_also_when_they_left_the_deal(
    amo: AmoSession, account: Account
) -> None:
    [receipt] = await amo.deliver([entry()])
    assert isinstance(receipt, CrmReceipt)
    [lead], [ivan] = account.leads.values(), account.contacts
    oleg = account._desk.office.add_contact("Олег", phone="+79161110002")
    lead.contacts[:] = [oleg.id]
    found = await amo.client_of(CardRef("deal", str(lead.id)))
    assert list(found.chats) == [CardChat(remote=receipt.chat, whose=f"contact:{ivan}", of_card=True)]
    assert found.people == ["Олег"]


async def test_behind_a_company_stand_the_contacts_of_its_deals(session: AmoSession, account: Account) -> None:
    [receipt] = await session.deliver([entry()])
    assert isinstance(receipt, CrmReceipt)
    [lead], office = account.leads.values(), account._desk.office
    firm, oleg = office.add_contact("Хвоя"), office.add_contact("Олег")
    firm.kind, office.companies[firm.id] = "companies", office.contacts.pop(firm.id)
    other = await account.makes_deal(oleg.id, "Пихты")
    for one in (lead, other):
        one.companies.append(firm.id)
    found = await session.client_of(CardRef("company", str(firm.id)))
    assert set(found.people) == {"Иван Иванов", "Олег"}
    assert list(found.chats) == [CardChat(remote=receipt.chat, whose="Иван Иванов")]


async def test_a_chat_of_another_program_in_a_deal_does_not_hide_the_contacts_own(
    session: AmoSession, account: Account
) -> None:
    [receipt] = await session.deliver([entry()])
    assert isinstance(receipt, CrmReceipt)
    office, [ours] = account._desk.office, account.chats
    assert ours.person.contact
    deal = await account.makes_deal(ours.person.contact, "Вторая")
    other = AmoChat(id=office.uuid(), client_id="another", person=ours.person, talk=office.number(), source="insta")
    other.lead = deal.id
    other.messages.extend(ours.messages)
    office.chats.append(other)
    found = await session.client_of(CardRef("deal", str(deal.id)))
    assert {one.remote: one.is_own for one in found.chats} == {other.id: True, receipt.chat: False}


async def test_a_chat_that_went_on_in_another_lead_is_known_from_its_former_one(
    noting: AmoSession, account: Account, world: Any
) -> None:
    await noting.deliver([entry()])
    [former] = account.leads.values()
    await account.moves(former, 143)
    world.clock.at += 601_000
    [receipt] = await noting.deliver([entry("m-2")])
    assert isinstance(receipt, CrmReceipt)
    assert receipt.chat != str(former.id)
    found = await noting.client_of(CardRef("deal", str(former.id)))
    assert [one.remote for one in found.chats] == [receipt.chat]

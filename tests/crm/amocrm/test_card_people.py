"""Whom a card of an account is about: by its chats and phones, its contacts' or its company's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.domain.crm.cards import CardChat, CardPhone, CardRef
from chatapp_cli.domain.crm.entry import CrmReceipt
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.sandbox.amocrm import Account
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
        assert ((found.card.kind, found.card.id), found.chats) == (("deal", str(lead)), [CardChat(remote=receipt.chat)])
        assert found.people == ["Иван Иванов"]
        assert [(f"+{one.phone.lstrip('+')}", one.whose) for one in found.phones] == [(IVAN_PHONE, "Иван Иванов")]
    theirs = await amo.client_of(CardRef("contact", str(contact)))
    assert ((theirs.card.kind, theirs.card.id), theirs.chats) == (
        ("contact", str(contact)),
        [CardChat(remote=receipt.chat)],
    )
    for gone in ("deal:99", "contact:99", "company:99"):
        with pytest.raises(Rejected, match="card_gone"):
            await amo.client_of(CardRef.parse(gone))
    await account.staff.deletes_deal(lead)
    with pytest.raises(Rejected, match="card_gone"):
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

"""The cards of a chat, and the client of a card, whatever becomes of the card meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.domain.crm.cards import CardChat, CardPhone, CardRef
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt
from chatapp_cli.domain.crm.link import Card
from chatapp_cli.domain.errors import ChannelError, Rejected, Retryable
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from tests.crm.bitrix24.desk import LINE, entry

TRACKED = 4.0
"""Seconds after which the tracker has made its cards."""


async def chat_with_cards(session: Bitrix24Session, portal: Portal, world: World) -> CrmChat:
    """Ivan wrote, and the portal has made what it makes."""
    (receipt,) = await session.deliver([entry()])
    assert isinstance(receipt, CrmReceipt)
    await asyncio.gather(world.clock.sleep(TRACKED), portal.cards_made())
    return CrmChat(id="d-1", name="Иван Иванов", remote=receipt.chat)


def card(portal: Portal, kind: str, number: int, title: str, stage: str = "") -> Card:
    return Card(
        kind=kind,
        id=str(number),
        title=title,
        pipeline="Общая" if kind == "deal" else "",
        stage=stage,
        responsible="Светлана Белова",
        url=f"{portal.address}/crm/{kind}/details/{number}/",
    )


@pytest.mark.req("S-165", part="the cards of a dialog")
async def test_the_cards_of_a_chat_are_told_in_words_and_none_before_the_tracker_made_them(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    (receipt,) = await session.deliver([entry()])
    assert isinstance(receipt, CrmReceipt)
    chat = CrmChat(id="d-1", name="Иван Иванов", remote=receipt.chat)
    assert list(await session.cards(chat)) == []
    await asyncio.gather(world.clock.sleep(TRACKED), portal.cards_made())
    assert list(await session.cards(chat)) == [
        card(portal, "deal", 17, "Иван Иванов", "Новая"),
        card(portal, "contact", 2301, "Иван Иванов"),
    ]


@pytest.mark.parametrize("stale", [False, True])
async def test_a_converted_lead_leads_to_its_deal_also_while_the_chat_still_names_the_lead(
    session: Bitrix24Session, portal: Portal, world: World, stale: bool
) -> None:
    portal.lines[LINE].settings["CRM_CREATE"] = "lead"
    portal.misbehaviour.stale_cards = stale
    chat = await chat_with_cards(session, portal, world)
    assert list(await session.cards(chat)) == [card(portal, "lead", 1209, "Иван Иванов", "Не обработан")]
    await portal.staff.converts(portal.cards[0])
    assert card(portal, "deal", 17, "Иван Иванов", "Новая") in await session.cards(chat)
    assert [one.kind for one in await session.cards(chat) if one.kind == "lead"] == []


async def test_a_merged_contact_is_found_by_the_chat_that_the_other_took_over(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    portal.misbehaviour.stale_cards = True
    chat = await chat_with_cards(session, portal, world)
    other = portal.server.office.add_card("contact", title="Иван И.", responsible=27)
    await portal.staff.merges(next(one for one in portal.cards if one.kind == "contact"), other)
    assert card(portal, "contact", other.id, "Иван И.") in await session.cards(chat)


async def test_a_deleted_card_is_not_shown_and_a_portal_that_does_not_answer_is_no_deletion(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    portal.misbehaviour.stale_cards = True
    chat = await chat_with_cards(session, portal, world)
    await portal.staff.deletes_card(next(one for one in portal.cards if one.kind == "deal"))
    assert [one.kind for one in await session.cards(chat)] == ["contact"]
    portal.misbehaviour.answer_with["crm.item.get"] = [(500, "INTERNAL_SERVER_ERROR")]
    with pytest.raises(Retryable):
        await session.cards(chat)


@pytest.mark.req("S-165", part="the client of a card")
async def test_the_client_of_a_deal_has_its_chat_and_the_phones_of_its_contact(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    chat = await chat_with_cards(session, portal, world)
    client = await session.client_of(CardRef("deal", "17"))
    assert (client.card.kind, client.card.id, list(client.chats)) == ("deal", "17", [CardChat(remote=chat.remote)])
    assert list(client.phones) == [CardPhone(phone="+79161234567", whose="Иван Иванов")]
    contact = await session.client_of(CardRef("contact", "2301"))
    assert (list(contact.chats), list(contact.phones)) == (list(client.chats), list(client.phones))


async def test_a_deal_without_a_chat_tells_whose_the_chats_and_phones_of_its_contacts_are(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    chat = await chat_with_cards(session, portal, world)
    deal = portal.server.office.add_card("deal", title="Ёлки", responsible=29, contact=2301, stage="NEW")
    client = await session.client_of(CardRef("deal", str(deal.id)))
    assert list(client.chats) == [CardChat(remote=chat.remote, whose="Иван Иванов")]
    portal.server.office.add_card("contact", title="Пётр", responsible=29, phone="8 916 000-00-01")
    deal.more_contacts.append(2302)
    client = await session.client_of(CardRef("deal", str(deal.id)))
    assert [(one.phone, one.whose) for one in client.phones] == [
        ("+79161234567", "Иван Иванов"),
        ("8 916 000-00-01", "Пётр"),
    ]


async def test_a_converted_lead_is_written_to_by_its_deal_and_a_deleted_card_says_that_it_is_gone(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    portal.lines[LINE].settings["CRM_CREATE"] = "lead"
    await chat_with_cards(session, portal, world)
    assert (await session.client_of(CardRef("lead", "1209"))).card.kind == "lead"
    deal = await portal.staff.converts(portal.cards[0])
    assert (await session.client_of(CardRef("lead", "1209"))).card == card(
        portal, "deal", deal.id, "Иван Иванов", "Новая"
    )
    await portal.staff.deletes_card(deal)
    for ref in (CardRef("deal", str(deal.id)), CardRef("company", "1")):
        with pytest.raises(Rejected) as gone:
            await session.client_of(ref)
        assert (gone.value.code, gone.value.detail) == ("card_gone", str(ref))


async def test_people_of_different_clients_are_not_mixed(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    await chat_with_cards(session, portal, world)
    other = entry(
        "m-2", chat=CrmChat(id="d-2", name="Яна"), person=CrmPerson(id="u-2", name="Яна", phone="+79990000002")
    )
    outcomes = await session.deliver([other])
    assert [one for one in outcomes if isinstance(one, ChannelError)] == []
    await asyncio.gather(world.clock.sleep(TRACKED), portal.cards_made())
    found = {
        one.id: await session.client_of(CardRef("deal", str(one.id))) for one in portal.cards if one.kind == "deal"
    }
    assert [[chat.remote for chat in one.chats] for one in found.values()] == [["1767"], ["1768"]]
    assert [[phone.phone for phone in one.phones] for one in found.values()] == [["+79161234567"], ["+79990000002"]]

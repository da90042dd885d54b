"""The forms of a channel in the portal, line by line: each switch is there, and changes what the portal sees."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.domain.crm.entry import CrmChat, CrmReceipt
from chatapp_cli.domain.crm.events import CardChanged, PlaceConfigured
from chatapp_cli.domain.crm.link import Account, Pairing
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.message import Origin
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.browser import ShownForm
from tests.crm.bitrix24.desk import LINE, SVETLANA, OfficeDesk, entry, pairing

OLEG = 29
AVITO, VK = "chatapp_avito", "chatapp_vk"


async def chosen(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, kind: str, changes: Mapping[str, str | None]
) -> Pairing:
    """Let an administrator choose these answers on the page of a connector, and arrange what comes of it."""
    connector = f"chatapp_{kind}"
    await session.offer([Account(channel=ChannelId(7), kind=kind, name="Магазин · Продажи")])
    page = await portal.opens_settings(connector, LINE)
    asked = {f"option_{name}": value for name, value in changes.items()}
    assert set(asked) <= {*ShownForm(page.body).values, *(name for name, value in asked.items() if value == "on")}
    assert (await portal.submits(connector, page, act="save", **asked)).status == 200
    event = [one for one in desk.events if isinstance(one, PlaceConfigured)][-1]
    made = pairing(kind, number=7, **event.options)
    assert await session.arrange([made]) == {}
    return made


async def tracked(session: Bitrix24Session, portal: Portal, world: World, made: Pairing) -> CrmChat:
    (one,) = await session.deliver([entry(pairing=made)])
    assert isinstance(one, CrmReceipt)
    await world.clock.sleep(4)
    await portal.cards_made()
    return CrmChat(id="d-1", name="Иван Иванов", remote=one.chat)


async def synchronises(session: Bitrix24Session, portal: Portal, world: World, made: Pairing) -> None:
    """See that who is responsible goes both ways."""
    chat = await tracked(session, portal, world, made)
    owner = entry(act=Act.OWNER, pairing=made, chat=chat, employee=str(OLEG), text="", key="")
    assert await session.deliver([owner]) == [CrmReceipt()]
    assert {card.responsible for card in portal.cards} == {OLEG}
    await world.clock.sleep(5)
    deal = next(card for card in portal.cards if card.kind == "deal")
    await portal.staff.changes(deal, assignedById=SVETLANA)
    (told,) = await session.owners([CardChanged(card="deal", id=str(deal.id))], [made])
    assert (told.kind, told.employee) == (made.kind, str(SVETLANA))


@pytest.mark.req("S-162")
async def test_the_form_of_avito_sets_the_widget_and_synchronises_who_is_responsible(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, world: World
) -> None:
    answers = {"widget_name": "Магазин на Авито", "widget_phone": "+79990000000", "owner_sync": "both"}
    made = await chosen(session, portal, desk, "avito", answers)
    assert portal.connector_data[AVITO, LINE] == {
        "ID": "pairing-7", "NAME": "Магазин на Авито", "URL": "tel:+79990000000", "URL_IM": "tel:+79990000000",
    }  # fmt: skip
    await synchronises(session, portal, world, made)
    made = await chosen(session, portal, desk, "avito", {"widget_name": "", "widget_phone": "", "owner_sync": "off"})
    assert portal.connector_data[AVITO, LINE] == {"ID": "pairing-7", "NAME": "+79990000000"}
    assert [one.event for one in portal.bindings if one.event.startswith("ONCRM")] == []
    assert await session.owners([CardChanged(card="deal", id="17")], [made]) == []


@pytest.mark.req("S-163")
async def test_each_line_of_the_form_of_vkontakte_changes_what_the_portal_sees(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, world: World
) -> None:
    await session.offer([])
    page = (await portal.opens_settings(VK, LINE)).body
    assert f"<code>{desk.address('event')}</code>" in page
    assert "без срока" in page
    hidden = dict.fromkeys(("show_phone", "show_desk", "show_robots", "show_campaigns", "show_api", "groups"))
    answers = {**hidden, "widget_url": "https://vk.me/shop", "name_sync": "on", "owner_sync": "both"}
    made = await chosen(session, portal, desk, "vk", answers)
    assert portal.connector_data[VK, LINE]["URL"] == "https://vk.me/shop"
    ours = (Origin.PHONE, Origin.OPERATOR, Origin.ROBOT, Origin.CAMPAIGN, Origin.API)
    group = CrmChat(id="d-9", name="Стройка", kind="group")
    for number, origin in enumerate(ours, 10):
        await session.deliver([entry(f"m-{number}", "наше", pairing=made, ours=True, origin=origin)])
    await session.deliver([entry("m-20", "в группе", pairing=made, chat=group, author="Олег")])
    assert [message.text for chat in portal.chats for message in chat.messages] == []
    await synchronises(session, portal, world, made)
    contact = next(card for card in portal.cards if card.kind == "contact")
    await portal.staff.changes(contact, name="Иван Петрович")
    for _ in range(3):
        await world.clock.sleep(700)
        await session.deliver([entry("m-30", "Ау", pairing=made)])
        await world.clock.sleep(6)
    assert [chat.name for chat in portal.chats] == ["Иван Петрович"]
    shown = dict.fromkeys(hidden, "on")
    made = await chosen(session, portal, desk, "vk", {**shown, "owner_sync": "off"})
    for number, origin in enumerate(ours, 40):
        await session.deliver([entry(f"m-{number}", f"{origin}", pairing=made, ours=True, origin=origin)])
    await session.deliver([entry("m-50", "в группе", pairing=made, chat=group, author="Олег")])
    texts = [message.text for chat in portal.chats for message in chat.messages]
    assert texts[-6:] == [*(f"{origin}" for origin in ours), "Олег: в группе"]

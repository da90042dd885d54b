"""The switches of a pairing: what each of them changes in an open line, for the channels that have it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt, LedgerEntry
from chatapp_cli.domain.message import Origin
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from tests.crm.bitrix24.desk import entry, pairing

TRACKED = 4.0
"""Seconds after which the tracker has made its cards."""


HIDES = {
    "show_phone": [Origin.PHONE],
    "show_desk": [Origin.OPERATOR],
    "show_robots": [Origin.AUTOREPLY, Origin.ROBOT, Origin.RULE],
    "show_campaigns": [Origin.CAMPAIGN],
    "show_api": [Origin.API],
}
ORIGINS = [Origin.CLIENT, *(origin for some in HIDES.values() for origin in some)]


async def shown(session: Bitrix24Session, *entries: LedgerEntry) -> list[CrmReceipt]:
    outcomes = [one for one in await session.deliver(entries) if isinstance(one, CrmReceipt)]
    assert len(outcomes) == len(entries)
    return outcomes


@pytest.mark.req("S-160")
@pytest.mark.parametrize("kind", ["whatsapp_web", "telegram", "telegram_bot", "avito"])
async def test_a_group_has_its_name_and_its_members_before_their_words(
    session: Bitrix24Session, portal: Portal, kind: str
) -> None:
    assert await session.arrange([pairing(kind)]) == {}
    group = {
        "pairing": pairing(kind),
        "chat": CrmChat(id="d-9", name="Стройка 🏗 2", kind="group"),
        "person": CrmPerson(id="g-9", name="Стройка 🏗 2"),
        "author": "Олег",
        "author_phone": "+79990000001",
    }
    await shown(session, entry("m-1", "Везём", **group))
    with_phones = pairing(kind, group_phones="on")
    await shown(session, entry("m-2", "Везём", **{**group, "pairing": with_phones}))
    assert [one.text for one in portal.messages("d-9")] == ["Олег: Везём", "Олег (+79990000001): Везём"]
    (call, _) = [one for one in portal.calls if one.method == "imconnector.send.messages"]
    assert call.params["MESSAGES"][0]["user"] == {"id": "g-9", "name": "Стройка"}
    assert call.params["MESSAGES"][0]["message"]["disable_crm"] == "Y"


@pytest.mark.req("S-159")
@pytest.mark.req("S-163", part="whose messages are shown, groups")
@pytest.mark.parametrize("kind", ["whatsapp_web", "telegram", "avito", "vk"])
async def test_only_the_chosen_origins_are_shown(session: Bitrix24Session, portal: Portal, kind: str) -> None:
    assert await session.arrange([pairing(kind)]) == {}
    switches = [switch for switch in HIDES if switch in pairing(kind).options]
    assert len(switches) >= len(HIDES) - 1
    told = [
        entry(
            f"m-{at}{n}",
            origin,
            pairing=pairing(kind, **{switch: "off"}),
            chat=CrmChat(id=switch, name="Анна"),
            ours=origin != Origin.CLIENT,
            origin=origin,
        )
        for at, switch in enumerate(switches, 1)
        for n, origin in enumerate(ORIGINS)
    ]
    await shown(session, *told)
    assert {switch: [one.text for one in portal.messages(switch)] for switch in switches} == {
        switch: [origin for origin in ORIGINS if origin not in HIDES[switch]] for switch in switches
    }


@pytest.mark.req("S-163", part="whose messages are shown, groups")
async def test_groups_are_shown_only_if_chosen(session: Bitrix24Session, portal: Portal) -> None:
    group = CrmChat(id="d-9", name="Стройка", kind="group")
    for said in ("off", "on"):
        await shown(session, entry("m-1", said, chat=group, author="Олег", pairing=pairing(groups=said)))
    assert [one.text for one in portal.messages("d-9")] == ["Олег: on"]


@pytest.mark.req("S-161")
async def test_a_chat_gets_the_name_of_its_contact_only_if_chosen(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    kinds = ("whatsapp_web", "telegram", "telegram_bot", "vk")
    assert await session.arrange([pairing(kind) for kind in kinds]) == {}
    chats: list[dict[str, Any]] = [
        {
            "pairing": pairing(kind, name_sync=said),
            "chat": CrmChat(id=f"{kind} {said}", name="Иван Иванов"),
            "person": CrmPerson(id=f"{kind} {said}", name="Иван Иванов"),
        }
        for kind in kinds
        for said in ("off", "on")
    ]
    receipts = await shown(
        session, *(entry(f"m-1{n}", **{**one, "pairing": pairing(one["pairing"].kind)}) for n, one in enumerate(chats))
    )
    await world.clock.sleep(TRACKED)
    await portal.cards_made()
    for contact in [card for card in portal.cards if card.kind == "contact"]:
        await portal.staff.changes(contact, name="Иван Оптовик")
    for one, receipt in zip(chats, receipts, strict=True):
        one["chat"] = CrmChat(id=one["chat"].id, name="Иван Иванов", remote=receipt.chat, session=receipt.session)
    await shown(session, *(entry(f"m-2{n}", **one) for n, one in enumerate(chats)))
    async with asyncio.timeout(5):
        while sum(chat.name == "Иван Оптовик" for chat in portal.chats) < len(kinds):
            await asyncio.sleep(0.01)
    assert {chat.outside: chat.name for chat in portal.chats} == {
        f"{kind} {said}": name for kind in kinds for said, name in (("off", "Иван Иванов"), ("on", "Иван Оптовик"))
    }

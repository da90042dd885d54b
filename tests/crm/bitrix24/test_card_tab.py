"""The tab in cards: where it is bound, and which calls open it."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.domain.crm.cards import CardRef, CardSheet, ChannelOnCard
from chatapp_cli.domain.crm.events import CrmWroteFirst
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.text import T
from chatapp_cli.ports.crm import CrmReply
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.browser import ShownForm
from chatapp_cli.sandbox.bitrix24.objects import PlacementBinding
from tests.crm.bitrix24.desk import SVETLANA, OfficeDesk, pairing

TABS = {f"CRM_{kind}_DETAIL_TAB" for kind in ("LEAD", "DEAL", "CONTACT", "COMPANY")}


def bound(portal: Portal) -> list[tuple[str, str]]:
    return sorted((one.placement, one.handler) for one in portal.placements)


def body(portal: Portal, **said: str) -> bytes:
    """What the portal posts when a deal is opened."""
    usual = {
        "AUTH_ID": "token",
        "member_id": portal.member_id,
        "APPLICATION_TOKEN": portal.application_token,
        "PLACEMENT": "CRM_DEAL_DETAIL_TAB",
        "PLACEMENT_OPTIONS": json.dumps({"ID": "17"}),
    }
    return urlencode({**usual, **said}).encode()


@pytest.mark.req("S-165", part="the tab in cards")
async def test_each_kind_of_card_has_one_tab_at_the_present_address(
    session: Bitrix24Session, desk: OfficeDesk, portal: Portal
) -> None:
    ours = sorted((place, desk.address("card")) for place in TABS)
    assert bound(portal) == ours
    old = f"{desk.address('card')}/"
    foreign = PlacementBinding(placement="CRM_DEAL_LIST_TOOLBAR", handler=old)
    portal.placements.extend([PlacementBinding(placement="CRM_DEAL_DETAIL_TAB", handler=old), foreign])
    portal.placements.pop(0)
    assert await session.arrange([pairing()]) == {}
    assert bound(portal) == sorted([*ours, (foreign.placement, foreign.handler)])
    assert {one.title for one in portal.placements if one is not foreign} == {"ChatApp"}
    await session.arrange([])
    assert portal.placements == [foreign]


async def test_a_portal_that_refuses_the_tab_has_everything_else(desk: OfficeDesk, portal: Portal) -> None:
    portal.misbehaviour.missing_scopes.add("placement")
    await desk.install()
    async with desk.session() as session:
        assert await session.arrange([pairing()]) == {}
        assert portal.active
        assert portal.placements == []
        portal.misbehaviour.missing_scopes.clear()
        await session.arrange([pairing()])
        assert {place for place, _ in bound(portal)} == TABS


async def test_a_session_departs_with_tabs_events_connections_and_connectors(
    session: Bitrix24Session, portal: Portal
) -> None:
    portal.connectors["of_another_application"] = {"ID": "of_another_application", "NAME": "Other"}
    await session.depart()
    assert (portal.placements, portal.bindings, portal.active) == ([], [], set())
    assert set(portal.connectors) == {"of_another_application"}


async def test_a_card_is_opened_only_by_the_linked_portal(
    session: Bitrix24Session, desk: OfficeDesk, portal: Portal
) -> None:
    opened = (await desk.accept("card", body(portal), LANG="ru")).card
    assert opened is not None
    assert (opened.card, opened.proof) == (CardRef("deal", "17"), "token")
    assert "token" not in repr(opened)
    for wrong in ({"APPLICATION_TOKEN": ""}, {"APPLICATION_TOKEN": "x"}, {"member_id": "x"}, {"member_id": "😀"}):
        reply = await desk.accept("card", body(portal, **wrong))
        assert (reply.status, reply.card) == (403, None), wrong
    for strange in (
        {"PLACEMENT": "NOWHERE"},
        *({"PLACEMENT_OPTIONS": said} for said in ("", "[", "[]", '{"ID":"x"}', '{"ID":"-1"}', "[" * 100_000)),
    ):
        reply = await desk.accept("card", body(portal, **strange))
        assert (reply.status, reply.card) == (404, None)
    unsigned = await desk.accept("card", body(portal, AUTH_ID=""))
    assert (unsigned.status, unsigned.card, b"<form" in unsigned.body) == (403, None, False)
    assert (await desk.accept("card", body(portal), method="GET")).status == 405
    assert (await desk.accept("card", b"&".join([b"a=1"] * 30_000))).status == 400


async def test_a_form_is_one_message_of_whoever_opened_the_card(
    session: Bitrix24Session, desk: OfficeDesk, portal: Portal
) -> None:
    opened = (await desk.accept("card", body(portal), LANG="en")).card
    assert opened is not None
    page = opened.show(CardSheet(channels=[ChannelOnCard(id=ChannelId(3), title="SMS")], employee="27"))
    fields = {**ShownForm(page.body.decode()).values, "phone": "+79160000001", "text": "Готов <b>\r\nё</b>"}
    replies = [await desk.accept("write", urlencode(fields).encode()) for _ in range(2)]
    events = [arrival for reply in replies for arrival in reply.arrivals]
    assert len({arrival.provider_id for arrival in events}) == 1
    event = events[0].event
    assert isinstance(event, CrmWroteFirst)
    assert (event.channel, event.phone, event.text, event.author) == (3, "+79160000001", "Готов <b>\nё</b>", "27")
    assert desk.bound
    again = desk.crm.understand(desk.bound, events[0].raw)
    assert isinstance(again, CrmWroteFirst)
    assert replace(again, files=()) == event
    refused = replies[0].refused
    assert refused is not None
    said = refused(T("Нельзя <script>")).body.decode()
    assert ("<script" in said, "Нельзя &lt;script&gt;" in said) == (False, True)
    nobodys = opened.show(CardSheet(channels=[ChannelOnCard(id=ChannelId(3), title="SMS")]))
    unsigned = {**fields, "ticket": ShownForm(nobodys.body.decode()).values["ticket"]}
    assert (await desk.accept("write", urlencode(unsigned).encode())).status == 403
    elsewhere = {**fields, "channel": "4"}
    assert (await desk.accept("write", urlencode(elsewhere).encode())).status == 400


async def test_names_that_look_like_html_are_only_shown(
    session: Bitrix24Session, desk: OfficeDesk, portal: Portal
) -> None:
    opened = (await desk.accept("card", body(portal))).card
    assert opened is not None
    page: CrmReply = opened.show(
        CardSheet(channels=[ChannelOnCard(id=ChannelId(3), title='"><script>alert(1)</script>')])
    )
    assert b"<script" not in page.body


@pytest.mark.req("S-165", part="only for an employee who may see the card")
async def test_a_card_is_read_with_the_token_of_an_active_employee_and_as_the_portal_shows_it_to_them(
    session: Bitrix24Session, portal: Portal
) -> None:
    office = portal.server.office
    contact = office.add_card("contact", title="Яна", responsible=SVETLANA, phone="+79160000001")
    deal = office.add_card("deal", title="Ёлки", responsible=SVETLANA, contact=contact.id, stage="NEW")
    ref = CardRef("deal", str(deal.id))

    async def visit() -> tuple[str, list[str]]:
        seen = await session.visited(ref, portal.authority.access_for(SVETLANA))
        return seen.employee, [one.phone for one in seen.client.phones]

    assert await visit() == (str(SVETLANA), ["+79160000001"])
    await portal.moves()
    office.hidden.add((SVETLANA, "contact", contact.id))
    assert await visit() == (str(SVETLANA), [])
    office.hidden.add((SVETLANA, "deal", deal.id))
    assert [one.phone for one in (await session.client_of(ref)).phones] == ["+79160000001"]
    office.employees[29].active = False
    for proof in (portal.authority.access_for(SVETLANA), portal.authority.access_for(29), "a-forged-token"):
        with pytest.raises(ChannelError) as refused:
            await session.visited(ref, proof)
        assert proof not in str(refused.value)

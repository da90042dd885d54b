"""The page of a connector in the portal: choosing the account, the switches, connecting and disconnecting."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

import pytest

from chatapp_cli.crm.bitrix24.card_tab import CardTicket
from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.crm.bitrix24.form_tickets import LATE, SENT, signed, terms
from chatapp_cli.crm.bitrix24.place_form import READ_ONLY, UNKNOWN, PlaceTicket
from chatapp_cli.domain.crm.events import PlaceConfigured, PlaceDetached
from chatapp_cli.domain.crm.link import Account
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.text import Text
from chatapp_cli.i18n import show, speaking
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.browser import ShownForm
from tests.crm.bitrix24.desk import LINE, SVETLANA, WHATSAPP, OfficeDesk, pairing

SHOP = Account(channel=ChannelId(4), kind="whatsapp_web", name="+79990000000 · Продажи")
OTHER = Account(channel=ChannelId(5), kind="whatsapp_web", name="<b>{x} · Опт")
BOT = Account(channel=ChannelId(6), kind="telegram_bot", name="@shop_bot · Продажи")


@pytest.mark.req("S-157", part="in the portal: account, save and connect, disconnect")
async def test_an_administrator_chooses_account_and_switches_in_the_portal(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    await session.offer([SHOP, OTHER, BOT])
    page = await portal.opens_settings("chatapp_tgbot", LINE)
    form = ShownForm(page.body)
    assert (page.status, form.choices["channel"]) == (200, {"6": "@shop_bot · Продажи"})
    assert form.buttons == {"save": "Сохранить и подключить"}
    assert form.values["option_show_desk"] == "on"
    answered = await portal.submits(
        "chatapp_tgbot", page, act="save", option_show_desk=None, option_owner_sync="both", option_name_sync="on"
    )
    assert answered.status == 200
    (event,) = [one for one in desk.events if isinstance(one, PlaceConfigured)]
    assert (event.kind, event.place, event.channel) == ("telegram_bot", str(LINE), 6)
    wanted = {"show_desk": "off", "owner_sync": "both", "name_sync": "on", "show_api": "on", "widget_name": ""}
    assert {name: event.options[name] for name in wanted} == wanted
    assert set(event.options) == set(manifest("bitrix24").channels["telegram_bot"].options)


@pytest.mark.req("S-157", part="in the portal: account, save and connect, disconnect")
async def test_an_administrator_disconnects_in_the_portal(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    await session.offer([SHOP, OTHER])
    page = await portal.opens_settings(WHATSAPP, LINE)
    assert "+79990000000 · Продажи" in page.body
    assert set(ShownForm(page.body).buttons) == {"save", "leave"}
    assert (await portal.submits(WHATSAPP, page, act="leave")).status == 200
    ended = [(one.kind, one.place) for one in desk.events if isinstance(one, PlaceDetached)]
    assert ended == [("whatsapp_web", str(LINE))]


async def test_the_page_shows_the_options_as_they_are_kept(session: Bitrix24Session, portal: Portal) -> None:
    await session.offer([SHOP])
    await session.arrange([pairing(groups="off", widget_name='Про"дажи', owner_sync="to_crm")])
    form = ShownForm((await portal.opens_settings(WHATSAPP, LINE)).body)
    assert "option_groups" not in form.values
    assert (form.values["option_widget_name"], form.values["option_owner_sync"]) == ('Про"дажи', "to_crm")


def russian(said: Text) -> str:
    """As the page of a portal in Russian says it."""
    with speaking("ru"):
        return show(said)


async def test_a_form_is_taken_once_and_only_for_a_quarter_of_an_hour_and_nobody_can_make_one(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, world: World
) -> None:
    await session.offer([SHOP])
    page = await portal.opens_settings(WHATSAPP, LINE)
    form = dict(ShownForm(page.body).filled({"act": "leave"}))
    body, _, signature = form["ticket"].rpartition(".")
    for token in ("", "....", body, f"{body}0.{signature}", f"{body[:-1]}9.{signature}", f"{body}.\ud800"):
        forged = {**form, "ticket": token}
        sent = urlencode(forged, errors="replace").encode()
        assert (await desk.accept("save", sent)).status == 403
    assert (await portal.submits(WHATSAPP, page, act="leave")).status == 200
    again = await portal.submits(WHATSAPP, page, act="leave")
    assert (again.status, russian(SENT) in again.body) == (409, True)
    late = await portal.opens_settings(WHATSAPP, LINE)
    await world.clock.sleep(901)
    answered = await portal.submits(WHATSAPP, late, act="leave")
    assert (answered.status, russian(LATE) in answered.body) == (410, True)
    assert [type(one).__name__ for one in desk.events] == ["LinkInstalled", "PlaceDetached"]


@pytest.mark.req("S-157", part="in the portal: only an administrator changes it")
async def test_another_employee_reads_how_the_line_stands_and_gets_no_form(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    await session.offer([SHOP])
    page = await portal.opens_settings(WHATSAPP, LINE, employee=SVETLANA)
    assert (page.status, ShownForm(page.body).names) == (200, set())
    assert "+79990000000" in page.body
    assert russian(READ_ONLY) in page.body
    assert desk.address("event") not in page.body
    employees = portal.server.office.employees
    employees[SVETLANA].admin = True
    assert "ticket" in ShownForm((await portal.opens_settings(WHATSAPP, LINE, employee=SVETLANA)).body).names
    employees[SVETLANA].active = False
    dismissed = await portal.opens_settings(WHATSAPP, LINE, employee=SVETLANA)
    assert (dismissed.status, ShownForm(dismissed.body).names) == (403, set())


async def test_whoever_the_portal_does_not_name_as_its_own_gets_nothing_of_the_page(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, world: World
) -> None:
    """They know what the browser of every employee knows: our address, ``member_id`` and the application's token."""
    await session.offer([SHOP])
    async with Portal(name="south", clock=world.clock) as south:
        old, foreign = portal.hand_out().access, south.hand_out().access
        await world.clock.sleep(portal.authority.lives + 1)
        known = {"member_id": portal.member_id, "APPLICATION_TOKEN": portal.application_token}
        options = {"PLACEMENT_OPTIONS": json.dumps({"CONNECTOR": WHATSAPP, "LINE": LINE})}
        for proof in (old, foreign, "a-forged-token", "", "x" * 5000):
            form = [*{**known, **options, "AUTH_ID": proof}.items()]
            answered = await portal.posts(desk.address("connector"), form)
            assert answered.status == 403, proof[:20]
            assert russian(UNKNOWN) in answered.body
            assert "+79990000000" not in answered.body
        theirs = {**known, "member_id": south.member_id, "APPLICATION_TOKEN": south.application_token}
        form = [*{**theirs, **options, "AUTH_ID": foreign}.items()]
        assert (await portal.posts(desk.address("connector"), form)).status == 403
    assert [type(one).__name__ for one in desk.events] == ["LinkInstalled"]


async def test_a_form_without_the_ticket_of_this_link_and_of_an_administrator_changes_nothing(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, world: World
) -> None:
    await session.offer([SHOP])
    page = await portal.opens_settings(WHATSAPP, LINE)
    shown = dict(ShownForm(page.body).filled({"act": "leave"}))
    assert desk.bound
    of_line = partial(PlaceTicket, connector=WHATSAPP, line=str(LINE), **terms(world, "ru"))
    elsewhere = replace(desk.bound, hook_key="of-another-link")
    for ticket in (
        signed(elsewhere, of_line(employee="1")),
        signed(desk.bound, of_line(employee="")),
        signed(desk.bound, CardTicket(card="deal:17", channels=[4], employee="1", **terms(world, "ru"))),
    ):
        assert (await desk.accept("save", urlencode({**shown, "ticket": ticket}).encode())).status == 403
    del shown["ticket"]
    known = {"member_id": portal.member_id, "APPLICATION_TOKEN": portal.application_token}
    foreign = urlencode({**shown, **known}).encode()
    assert (await desk.accept("save", foreign)).status == 403
    assert [type(one).__name__ for one in desk.events] == ["LinkInstalled"]


async def test_what_is_wrong_stands_on_the_page_and_nothing_is_kept(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    await session.offer([SHOP])
    page = await portal.opens_settings(WHATSAPP, LINE)
    for wrong in ({"channel": "6"}, {"option_widget_phone": "звоните"}, {"option_owner_sync": "nobody"}):
        answered = await portal.submits(WHATSAPP, page, act="save", option_widget_name="Опт", **wrong)
        assert (answered.status, "<strong>" in answered.body) == (200, True)
        assert ShownForm(answered.body).values["option_widget_name"] == "Опт"
    assert [one for one in desk.events if isinstance(one, PlaceConfigured)] == []
    assert (await portal.submits(WHATSAPP, answered, act="save", option_owner_sync="off")).status == 200


@pytest.mark.req("S-156")
async def test_without_a_bound_channel_the_page_says_what_comes_first(session: Bitrix24Session, portal: Portal) -> None:
    page = await portal.opens_settings("chatapp_avito", LINE)
    assert "chatapp line bind avito" in page.body
    assert "<form" not in page.body


@pytest.mark.req("S-163", part="webhook, valid until")
async def test_the_page_shows_the_webhook_and_until_when_the_line_works(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    await session.offer([SHOP])
    page = await portal.opens_settings(WHATSAPP, LINE)
    assert desk.address("event") in page.body
    assert {one.handler for one in portal.bindings} == {desk.address("event")}
    assert "без срока" in page.body


async def test_only_the_portal_may_show_the_page(session: Bitrix24Session, portal: Portal) -> None:
    await session.offer([SHOP])
    shown = await portal.opens_settings(WHATSAPP, LINE)
    assert "<script" not in shown.body
    policy = {name.lower(): said for name, said in shown.headers.items()}["content-security-policy"]
    assert policy.endswith(f"form-action 'self'; frame-ancestors {portal.address}")
    assert (await portal.opens_settings(WHATSAPP, LINE, application_token="forged")).status == 403


async def test_what_a_channels_account_is_called_cannot_break_out_of_the_page(
    desk: OfficeDesk, session: Bitrix24Session, portal: Portal
) -> None:
    evil = "<script>alert(1)</script>"
    await session.offer([SHOP, OTHER])
    await session.arrange([pairing(widget_name=evil)])
    shown = await portal.opens_settings(WHATSAPP, LINE)
    assert evil not in shown.body
    assert ShownForm(shown.body).choices["channel"]["5"] == OTHER.name
    options = json.dumps({"CONNECTOR": WHATSAPP, "LINE": evil})
    form = {"member_id": portal.member_id, "APPLICATION_TOKEN": portal.application_token, "PLACEMENT_OPTIONS": options}
    assert (await desk.accept("connector", urlencode(form).encode())).status == 404

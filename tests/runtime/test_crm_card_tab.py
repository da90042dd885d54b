"""An employee who opens our tab in a card of the portal, and writes from there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.crm.bitrix24 import card_pages
from chatapp_cli.crm.bitrix24.card_tab import CardTicket
from chatapp_cli.crm.bitrix24.form_tickets import signed
from chatapp_cli.domain.crm.cards import CardSheet, ChannelOnCard
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.domain.message import Origin
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.browser import ShownForm
from chatapp_cli.sandbox.bitrix24.objects import Answered, PortalCard
from chatapp_cli.sandbox.sms import SmsSandbox
from chatapp_cli.services import (
    channels,
    crm_intake,
    employees,
    ledger,
    links,
    operators,
    options,
    pairings,
    transcript,
)
from tests.contract.connector_contract import ANNA, ScriptedAsker
from tests.runtime.desk import answer, attached, bound, call_here, eventually, serving, the_dialogs
from tests.stores import OWNER

SVETLANA, LINE = 27, 107
SHEET = CardSheet(channels=[ChannelOnCard(id=ChannelId(1), title="SMS")])


@dataclass(slots=True)
class CardDesk:
    """A desk with a gateway, and a portal with the tab in its cards."""

    company: Company
    gateway: SmsSandbox
    portal: Portal
    channel: ChannelId
    link: LinkId

    def sent(self) -> list[tuple[str, str]]:
        return [(short.phone, short.text) for short in self.gateway.sent]

    def messages(self) -> list[tuple[str, str]]:
        """Texts and origins of what stands in the only dialog."""
        (dialog,) = the_dialogs(self.company)
        found = self.company.read(lambda tx: transcript.latest(tx, dialog.id))
        return [(entry.message.text, entry.message.origin) for entry in found]

    def told_all(self) -> bool:
        return self.company.read(ledger.everything) == []

    def card(self, kind: str, title: str = "Яна", **more: Any) -> PortalCard:
        return self.portal.server.office.add_card(kind, title=title, responsible=SVETLANA, **more)


@pytest.fixture
async def desk(companies: Callable[..., Company]) -> AsyncIterator[CardDesk]:
    company = companies(http_port=0)
    async with SmsSandbox() as gateway, Portal(rate=50.0) as portal, serving(company) as address:
        channel = await bound(company, gateway)
        company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
        call_here(company, gateway, channel, address)
        answers = {
            "portal": portal.address,
            "client_id": portal.client_id,
            "client_secret": portal.client_secret,
            "auth_server": portal.auth_address,
        }
        link = await linking.link(company, ScriptedAsker(answers), kind="bitrix24")
        found = CardDesk(company, gateway, portal, channel, link)
        await _installed(found, address)
        portal.misbehaviour.tracker_delay = (0.0, 0.0)
        yield found
        await portal.settled()
        assert portal.problems == []


async def _installed(desk: CardDesk, address: str) -> None:
    row = desk.company.read(lambda tx: links.one(tx, desk.link))

    async def installs() -> bool:
        return (await desk.portal.install(f"{address}/hooks/{row.hook_key}/install")).status == 200

    await eventually(installs)
    await eventually(lambda: desk.company.read(lambda tx: links.one(tx, desk.link)).state == LinkState.OK)
    channel = desk.company.read(lambda tx: channels.one(tx, desk.channel))
    await attached(desk.company, row, channel, str(LINE), {})
    await eventually(lambda: len(desk.portal.placements) == 4)


async def filled(desk: CardDesk, page: Answered, phone: str, text: str) -> Answered:
    return await desk.portal.fills_form(page, phone=phone, text=text, channel=str(desk.channel))


@pytest.mark.req("S-165", part="an existing dialog in the card")
async def test_the_tab_shows_the_dialogs_of_the_card_and_may_be_framed_by_the_portal_alone(desk: CardDesk) -> None:
    await desk.gateway.say(ANNA, "Где ёлка?")
    await eventually(lambda: [one.kind for one in desk.portal.cards] == ["contact", "deal"] and desk.told_all())
    (dialog,) = the_dialogs(desk.company)
    for card in desk.portal.cards:
        page = await desk.portal.opens_card(card)
        assert page.status == 200
        assert f"<code>chatapp dialog show {dialog.id}</code>" in page.body
        assert f"<td>{dialog.name}</td><td>SMS</td>" in page.body
        assert "<script" not in page.body
        policy = page.headers["Content-Security-Policy"]
        assert policy.endswith(f"form-action 'self'; frame-ancestors {desk.portal.address}")
    assert ShownForm(page.body).values["phone"] == ANNA.phone
    for secret in (desk.portal.application_token, desk.portal.client_secret, desk.portal.member_id):
        assert secret not in page.body


@pytest.mark.req("S-165", part="an existing dialog in the card")
async def test_the_tab_shows_the_last_messages_that_the_portal_has_and_no_other(desk: CardDesk) -> None:
    await desk.gateway.say(ANNA, "Где <ёлка> & шары?")
    await eventually(lambda: [one.kind for one in desk.portal.cards] == ["contact", "deal"] and desk.told_all())
    (dialog,) = the_dialogs(desk.company)
    answer(desk.company, desk.channel, dialog, "Едет")
    there = desk.portal.chats[0].id
    await eventually(lambda: any("Едет" in one.text for one in desk.portal.messages(there)) and desk.told_all())
    (pairing,) = desk.company.read(lambda tx: pairings.of_link(tx, desk.link))
    desk.company.write(lambda tx: pairings.configure(tx, manifest("bitrix24"), pairing, {"show_desk": "off"}))
    answer(desk.company, desk.channel, dialog, "Скидка")
    await eventually(lambda: len(desk.sent()) > 1 and desk.told_all())
    chat = desk.portal.chats[0]
    await desk.portal.staff.writes(chat.connector, chat.line, chat.outside, "Приедет завтра")
    await eventually(lambda: len(desk.sent()) > 2 and desk.told_all())
    page = await desk.portal.opens_card(desk.portal.cards[0])
    talk = page.body.partition("<details open>")[2].partition("</details>")[0]
    (client, ours, theirs) = talk.split("</p>")[:-1]
    assert client.startswith(f'<summary>{dialog.name} · SMS</summary><p class="them"><small>{dialog.name} · ')
    assert client.endswith("</small><br>Где &lt;ёлка&gt; &amp; шары?")
    assert ours.startswith(f'<p class="us"><small>{OWNER.name} · ')
    assert ours.endswith(("· отправлено</small><br>Едет", "· доставлено</small><br>Едет"))
    assert theirs.startswith('<p class="us"><small>Светлана Белова · ')
    assert theirs.endswith("</small><br>Приедет завтра")
    assert "Скидка" not in page.body


@pytest.mark.req("S-165", part="writing by phone from the card")
async def test_an_employee_writes_to_the_phone_of_a_card_once_however_often_the_form_is_sent(desk: CardDesk) -> None:
    svetlana = Employee(id=str(SVETLANA), name="Светлана Белова")
    desk.company.write(lambda tx: employees.map_to(tx, desk.link, "Ольга", svetlana))
    contact = desk.card("contact", phone="+79160000001")
    deal = desk.card("deal", "Ёлки", contact=contact.id, stage="NEW")
    page = await desk.portal.opens_card(deal)
    assert ShownForm(page.body).values["phone"] == "+79160000001"
    said = await filled(desk, page, "8 (916) 000-00-01", "Заказ готов")
    assert (said.status, "accepted" in said.body or "принято" in said.body) == (200, True)
    await eventually(lambda: desk.sent() == [("79160000001", "Заказ готов")])
    assert desk.messages() == [("Заказ готов", Origin.CRM)]
    (dialog,) = the_dialogs(desk.company)
    (entry,) = desk.company.read(lambda tx: transcript.latest(tx, dialog.id))
    assert entry.message.author == "Ольга"
    for text in ("Заказ готов", "Другое"):
        assert (await filled(desk, page, "+79160000001", text)).status == 409
    await eventually(lambda: [one.text for one in desk.portal.messages(1767)] == ["Заказ готов"])
    assert desk.portal.messages(1767)[0].author == SVETLANA
    assert desk.sent() == [("79160000001", "Заказ готов")]


async def test_an_employee_who_is_no_operator_is_named_as_the_portal_names_them_and_never_taken_for_one(
    desk: CardDesk,
) -> None:
    deal = desk.card("deal", "Ёлки", contact=desk.card("contact", phone="+79160000001").id, stage="NEW")
    for n, name in enumerate(("Светлана Белова", "Светлана Белова (CRM)"), 1):
        page = await desk.portal.opens_card(deal)
        assert (await filled(desk, page, "+79160000001", f"Заказ {n} готов")).status == 200
        (dialog,) = the_dialogs(desk.company)
        found = desk.company.read(lambda tx, dialog=dialog: transcript.latest(tx, dialog.id))
        assert [(one.message.author, one.message.origin) for one in found][-1] == (name, Origin.CRM)
        await eventually(lambda n=n: len(desk.portal.messages(1767)) == n and desk.told_all())
        shown = desk.portal.messages(1767)[-1]
        assert shown.text == f"{name}: Заказ {n} готов"
        if n == 1:
            desk.company.write(lambda tx: operators.add(tx, "Светлана  белова", "", ()))


@pytest.mark.req("S-165")
@pytest.mark.parametrize("kind", ["contact", "lead", "deal"])
async def test_from_a_contact_lead_or_deal_the_dialog_is_opened_and_the_client_written_to_by_phone(
    desk: CardDesk, kind: str
) -> None:
    desk.portal.lines[LINE].settings["CRM_CREATE"] = "lead" if kind == "lead" else "deal"
    await desk.gateway.say(ANNA, "Где ёлка?")
    await eventually(lambda: kind in {one.kind for one in desk.portal.cards} and desk.told_all())
    (dialog,) = the_dialogs(desk.company)
    page = await desk.portal.opens_card(next(one for one in desk.portal.cards if one.kind == kind))
    assert f"chatapp dialog show {dialog.id}" in page.body
    assert ShownForm(page.body).values["phone"] == ANNA.phone
    assert (await filled(desk, page, ANNA.phone, "Едет")).status == 200
    await eventually(lambda: [text for _, text in desk.sent()] == ["Едет"])
    assert desk.messages() == [("Где ёлка?", Origin.CLIENT), ("Едет", Origin.CRM)]
    there = ["Где ёлка?", "Светлана Белова: Едет"]
    await eventually(lambda: [one.text for one in desk.portal.messages(1767)] == there)


async def test_what_cannot_be_written_is_said_at_once_and_the_form_can_be_sent_again(desk: CardDesk) -> None:
    page = await desk.portal.opens_card(desk.card("lead", stage="NEW"))
    for phone in ("звонить Яне", "😀", "12"):
        refused = await filled(desk, page, phone, "Здравствуйте")
        assert refused.status == 400, phone
        assert phone in refused.body
    refused = await filled(desk, page, '8"><b>', "Ваш заказ <готов> & ждёт")
    assert 'name="phone" type="tel" required maxlength="40" list="phones" value="8&quot;&gt;&lt;b&gt;"' in refused.body
    assert "Ваш заказ &lt;готов&gt; &amp; ждёт</textarea>" in refused.body
    title = ShownForm(page.body).values[f"title-{desk.channel}"]
    assert f'<option value="{desk.channel}" selected>{title}</option>' in refused.body
    empty = await filled(desk, page, "+79160000001", "  ")
    elsewhere = await desk.portal.fills_form(page, phone="+79160000001", text="Здравствуйте", channel="99")
    assert (empty.status, elsewhere.status) == (400, 400)
    assert the_dialogs(desk.company) == []
    assert desk.company.read(crm_intake.dead) == []
    assert (await filled(desk, refused, "+79160000001", "Здравствуйте")).status == 200
    await eventually(lambda: desk.sent() == [("79160000001", "Здравствуйте")])


async def test_a_forged_a_foreign_and_an_old_form_send_nothing(desk: CardDesk) -> None:
    card = desk.card("company")
    assert (await desk.portal.opens_card(card, application_token="of-somebody-else")).status == 403
    page = await desk.portal.opens_card(card)
    ticket = ShownForm(page.body).values["ticket"]
    body, _, signature = ticket.partition(".")
    for forged in ("", ".", "x", body, f"{body[:-4]}AAAA.{signature}", f"{body}.{signature[::-1]}", "é" * 5000):
        said = await desk.portal.fills_form(
            page, ticket=forged, phone="+79160000001", text="Здравствуйте", channel=str(desk.channel)
        )
        assert said.status in {400, 403}, forged
    assert desk.sent() == []
    late = await _as_of_two_hours_ago(desk)
    assert (await filled(desk, late, "+79160000001", "Здравствуйте")).status == 410
    assert desk.sent() == []


async def _as_of_two_hours_ago(desk: CardDesk) -> Answered:
    """A page whose form has ended."""
    row = desk.company.read(lambda tx: links.one(tx, desk.link))
    bound = desk.company.read(lambda tx: links.bound(tx, desk.company.vault, row))
    now = desk.company.world.clock.now()
    ticket = CardTicket(card="deal:1", channels=[desk.channel], employee=str(SVETLANA), until=now - 1, number="n1")
    page = card_pages.card(desk.portal.address, "ru", SHEET, signed(bound, ticket))
    return Answered(status=200, body=page.body.decode(), headers=dict(page.headers))


@pytest.mark.req("S-165", part="only for an employee who may see the card")
async def test_nothing_of_a_card_is_shown_and_no_form_unless_the_portal_says_that_the_employee_may_see_it(
    desk: CardDesk,
) -> None:
    await desk.gateway.say(ANNA, "Где ёлка?")
    await eventually(lambda: [one.kind for one in desk.portal.cards] == ["contact", "deal"] and desk.told_all())
    card = desk.portal.cards[1]
    row = desk.company.read(lambda tx: links.one(tx, desk.link))
    told = {
        "member_id": desk.portal.member_id,
        "APPLICATION_TOKEN": desk.portal.application_token,
        "PLACEMENT": "CRM_DEAL_DETAIL_TAB",
        "PLACEMENT_OPTIONS": json.dumps({"ID": str(card.id)}),
    }
    address = next(one.handler for one in desk.portal.placements)
    assert f"/hooks/{row.hook_key}/card" in address
    pages = [await desk.portal.posts(address, [*told.items(), *more]) for more in ([], [("AUTH_ID", "forged")])]
    desk.portal.server.office.hidden.add((29, "deal", card.id))
    pages.append(await desk.portal.opens_card(card, employee=29))
    desk.portal.misbehaviour.answer_with["crm.item.get"] = [(500, "INTERNAL_SERVER_ERROR")]
    pages.append(await desk.portal.opens_card(card))
    for page in pages:
        assert (page.status, "<form" in page.body, "Где ёлка?" in page.body) == (403, False, False)
        assert ANNA.phone not in page.body
    assert "Где ёлка?" in (await desk.portal.opens_card(card)).body


async def test_the_tab_goes_with_the_last_pairing_and_the_link(desk: CardDesk) -> None:
    row = desk.company.read(lambda tx: links.one(tx, desk.link))
    assert {one.placement for one in desk.portal.placements} == {
        f"CRM_{kind}_DETAIL_TAB" for kind in ("LEAD", "DEAL", "CONTACT", "COMPANY")
    }
    assert {(one.title, one.handler.rpartition("/")[2]) for one in desk.portal.placements} == {("ChatApp", "card")}
    assert await linking.unlink(desk.company, row, force=False) is None
    assert (desk.portal.placements, desk.portal.bindings, desk.portal.connectors) == ([], [], {})
    assert desk.company.read(links.everything) == []


async def test_what_a_portal_refuses_to_take_away_is_said_and_the_rest_is_gone(desk: CardDesk) -> None:
    row = desk.company.read(lambda tx: links.one(tx, desk.link))
    desk.portal.misbehaviour.answer_with["imconnector.unregister"] = [(500, "INTERNAL_SERVER_ERROR")]
    left = await linking.unlink(desk.company, row, force=False)
    assert left is not None
    assert (desk.portal.placements, desk.portal.bindings, len(desk.portal.connectors)) == ([], [], 1)
    assert desk.company.read(links.everything) == []


async def test_a_link_that_lost_its_access_says_that_its_connectors_stay(desk: CardDesk) -> None:
    row = desk.company.read(lambda tx: links.one(tx, desk.link))
    desk.portal.authority.withdraw()
    left = await linking.unlink(desk.company, row, force=True)
    assert left is not None
    assert str(left.what).startswith("Bitrix24 does not accept the application's token")
    assert desk.company.read(links.everything) == []


async def test_a_link_ends_also_while_the_portal_is_away_and_says_what_stays_there(desk: CardDesk) -> None:
    row = desk.company.read(lambda tx: links.one(tx, desk.link))
    await desk.portal.vanish()
    left = await linking.unlink(desk.company, row, force=True)
    assert left is not None
    assert str(left.what).startswith("The portal cannot be reached.")
    assert desk.company.read(links.everything) == []
    await desk.portal.come_back()
    assert len(desk.portal.placements) == 4

"""Arranging a portal: exact names, one address, each option seen there, and nothing done twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.crm.bitrix24.events import BOUND
from chatapp_cli.crm.bitrix24.record import installation
from chatapp_cli.domain.crm.entry import CrmChat
from chatapp_cli.domain.crm.events import CrmWrote
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.errors import Misconfigured, NeedsRebind, Rejected
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from tests.crm.bitrix24.desk import LINE, WHATSAPP, OfficeDesk, entry, pairing

NAMES = {
    "whatsapp_web": "ChatApp - WhatsApp (external provider)",
    "avito": "ChatApp – Avito",
    "telegram": "ChatApp - Telegram",
    "telegram_bot": "ChatApp – Telegram bot",
    "vk": "ChatApp – VKontakte",
}


@pytest.mark.req("S-006")
@pytest.mark.req("S-155")
async def test_connectors_stand_in_the_contact_centre_under_their_exact_names(
    session: Bitrix24Session, portal: Portal
) -> None:
    there = {said["NAME"] for said in portal.connectors.values()}
    assert set(NAMES.values()) <= there
    for kind, name in NAMES.items():
        assert portal.connectors[manifest("bitrix24").channels[kind].id]["NAME"] == name


@pytest.mark.req("S-157")
async def test_a_paired_channel_is_connected_and_an_unpaired_one_disconnected(
    session: Bitrix24Session, portal: Portal
) -> None:
    assert portal.active == {(WHATSAPP, LINE)}
    assert portal.connector_data[WHATSAPP, LINE] == {"ID": "pairing-1", "NAME": "+79990000000"}
    assert await session.arrange([pairing("telegram", 109, 2)]) == {}
    assert portal.active == {("chatapp_telegram", 109)}
    assert await session.arrange([]) == {}
    assert portal.active == set()


async def test_what_is_done_is_not_repeated(session: Bitrix24Session, portal: Portal) -> None:
    before = len(portal.calls)
    assert await session.arrange([pairing()]) == {}
    assert {call.method for call in portal.calls[before:]} == {
        "event.get", "imconnector.list", "batch", "imconnector.status", "placement.get",
    }  # fmt: skip


async def test_a_line_that_somebody_disconnected_is_connected_again(session: Bitrix24Session, portal: Portal) -> None:
    await portal.staff.disconnects(WHATSAPP, LINE)
    assert await session.arrange([pairing()]) == {}
    assert portal.active == {(WHATSAPP, LINE)}


async def test_each_event_comes_to_one_address_and_old_ones_are_removed(desk: OfficeDesk, portal: Portal) -> None:
    await desk.install()
    async with desk.session() as session:
        await session.arrange([])
        assert {(one.event.upper(), one.handler) for one in portal.bindings} == {
            (event.upper(), desk.address("event")) for event in BOUND
        }
    assert desk.bound
    before, desk.url = desk.url, desk.url.replace("127.0.0.1", "localhost")
    async with desk.session() as session:
        await session.arrange([])
    assert {one.handler for one in portal.bindings} == {desk.address("event")}
    assert len(portal.bindings) == len(BOUND)
    assert portal.connectors[WHATSAPP]["PLACEMENT_HANDLER"].startswith("http://localhost:")
    desk.url = f"{before}/"
    async with desk.crm.open(None, desk.bound, public_url=desk.url) as session:  # type: ignore[arg-type]
        await session.arrange([])
    assert {one.handler for one in portal.bindings} == {f"{before}/hooks/{desk.bound.hook_key}/event"}


@pytest.mark.req("S-162", part="the widget on the site")
@pytest.mark.req("S-163", part="the widget on the site")
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"widget_name": "Продажи", "widget_phone": "+79990000000"}, ("Продажи", "tel:+79990000000")),
        ({"widget_url": "https://vk.me/shop"}, ("+79990000000", "https://vk.me/shop")),
        ({"widget_url": "javascript:alert(1)"}, ("+79990000000", None)),
    ],
)
async def test_the_widget_on_the_site_shows_name_and_link(
    session: Bitrix24Session, portal: Portal, options: dict[str, str], told: tuple[str, str | None]
) -> None:
    assert await session.arrange([pairing(**options)]) == {}
    data = portal.connector_data[WHATSAPP, LINE]
    assert (data["NAME"], data.get("URL"), data.get("URL_IM")) == (*told, told[1])


@pytest.mark.parametrize(("said", "text"), [("off", "Добрый день!"), ("on", "Светлана:\nДобрый день!")])
async def test_clients_are_told_the_employees_name_only_if_chosen(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, said: str, text: str
) -> None:
    assert await session.arrange([pairing(show_operator_name=said)]) == {}
    assert portal.connectors[WHATSAPP]["NEED_SIGNATURE"] in ([True, "1"] if said == "on" else [False, "0"])
    await session.deliver([entry()])
    await portal.staff.writes(WHATSAPP, LINE, "d-1", "[b]Светлана:[/b] [br]Добрый день!")
    await portal.settled()
    assert [one.text for one in desk.events if isinstance(one, CrmWrote)] == [text]


async def test_one_account_of_a_channel_stands_on_a_line(session: Bitrix24Session) -> None:
    refused = await session.arrange([pairing(), pairing(number=2), pairing("telegram", number=3)])
    assert {number: (type(one), one.code) for number, one in refused.items()} == {2: (Rejected, "place_taken")}


async def test_a_line_that_is_not_there_is_refused_and_the_others_are_connected(
    session: Bitrix24Session, portal: Portal
) -> None:
    unknown = replace(pairing(number=3), kind="fax")
    refused = await session.arrange([pairing(), pairing("telegram", 999, 2), unknown])
    assert set(refused) == {2, 3}
    assert portal.active == {(WHATSAPP, LINE)}


async def test_a_registration_that_fails_with_200_is_seen(desk: OfficeDesk, portal: Portal) -> None:
    await desk.install()
    portal.misbehaviour.register_error = "GENERAL_CONNECTOR_REGISTRATION_ERROR"
    async with desk.session() as session:
        refused = await session.arrange([pairing()])
        assert {number: one.code for number, one in refused.items()} == {1: "refused"}
        assert portal.active == set()
        portal.misbehaviour.register_error = ""
        assert await session.arrange([pairing()]) == {}


async def test_a_lacking_right_is_named(desk: OfficeDesk, portal: Portal) -> None:
    await desk.install()
    portal.misbehaviour.missing_scopes = {"imopenlines"}
    async with desk.session() as session:
        with pytest.raises(Misconfigured, match="scope"):
            await session.arrange([pairing()])


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({}, ()),
        ({"CRM": "N"}, ("crm_off",)),
        ({"CRM_CREATE": "none"}, ("card_none",)),
        ({"CRM_CREATE": "deal", "CRM_CREATE_THIRD": "N"}, ("deal_each_time",)),
        (
            {"CRM_FORWARD": "N", "CRM_CHAT_TRACKER": "N", "QUEUE": []},
            ("responsible_ignored", "tracker_off", "queue_empty"),
        ),
    ],
)
async def test_lines_are_listed_with_the_settings_that_make_trouble(
    session: Bitrix24Session, portal: Portal, settings: dict[str, object], codes: tuple[str, ...]
) -> None:
    number = portal.add_line("Опт", **settings)
    places = {one.id: one for one in await session.places()}
    assert (places[str(number)].name, places[str(number)].warnings) == ("Опт", codes)
    assert set(codes) <= set(manifest("bitrix24").errors)
    assert places[str(LINE)].name == "Продажи"


@pytest.mark.parametrize(
    ("settings", "made"),
    [
        ({}, ("deal", "Общая")),
        ({"CRM_CREATE_SECOND": ""}, ("deal", "Общая")),
        ({"CRM_CREATE_SECOND": "N"}, ("deal", "Общая")),
        ({"CRM_CREATE_SECOND": "9"}, ("deal", "Опт")),
        ({"CRM_CREATE_SECOND": "11"}, ("deal", "11")),
        ({"CRM_CREATE": "lead", "CRM_CREATE_SECOND": "9"}, ("lead", "")),
        ({"CRM_CREATE": "none", "CRM_CREATE_SECOND": "9"}, ("", "")),
        ({"CRM": "N"}, ("", "")),
    ],
)
async def test_lines_are_listed_with_the_cards_that_they_make_and_the_pipeline_of_those(
    session: Bitrix24Session, portal: Portal, settings: dict[str, object], made: tuple[str, str]
) -> None:
    portal.server.office.funnels[9] = "Опт"
    number = portal.add_line("Опт", **settings)
    (place,) = [one for one in await session.places() if one.id == str(number)]
    assert (place.makes, place.pipeline) == made


async def test_everybody_who_works_there_is_listed(session: Bitrix24Session, portal: Portal) -> None:
    there = {one.id: one for one in await session.employees()}
    assert set(there) == {str(one.id) for one in portal.employees.values() if one.active}
    olga = portal.employees[27]
    assert there["27"] == Employee(id="27", name=f"{olga.name} {olga.last_name}", email=olga.email)


async def test_the_cards_of_a_chat_are_read_anew(session: Bitrix24Session, portal: Portal, world: World) -> None:
    (one,) = await session.deliver([entry()])
    chat = CrmChat(id="d-1", name="x", remote=one.chat)  # type: ignore[union-attr]
    assert await session.cards(chat) == []
    await world.clock.sleep(4)
    await portal.cards_made()
    before = {card.kind: card for card in await session.cards(chat)}
    made = {card.kind: card for card in portal.cards}
    assert {kind: card.id for kind, card in before.items()} == {kind: str(card.id) for kind, card in made.items()}
    main = next(kind for kind in ("deal", "lead") if kind in before)
    assert before[main].title == made[main].title
    assert before[main].url == f"{portal.address}/crm/{main}/details/{made[main].id}/"
    assert before[main].responsible
    await portal.staff.deletes_card(made[main])
    assert main not in {card.kind for card in await session.cards(chat)}


async def test_the_application_token_is_learned_from_our_own_test_event_only(desk: OfficeDesk, portal: Portal) -> None:
    bound = await desk.link()
    code = portal.authorise(desk.address("code"), bound.secrets["state"])
    query = dict(parse_qsl(urlsplit(code).query))
    await desk.accept("code", method="GET", **query)
    portal.misbehaviour.drop_events = 1
    async with desk.session() as session:
        await session.arrange([])
        await portal.settled()
    forged = {"event": "ONAPPTEST", "data[QUERY][chatapp]": "guess", "auth[member_id]": portal.member_id}
    reply = await desk.accept("event", urlencode({**forged, "auth[application_token]": "mine"}).encode())
    assert reply.status == 403
    known = await installation(bound)
    assert known
    assert known.application_token == ""


def test_the_manifest_names_only_options_that_the_code_reads() -> None:
    program = Path(__file__).parents[3] / "chatapp_cli"
    read = [*(program / "crm" / "bitrix24").glob("*.py"), *(program / "domain" / "crm").glob("*.py")]
    code = "".join(path.read_text("utf-8") for path in read)
    about = manifest("bitrix24")
    named = {field.name for field in about.pairing_fields}
    assert {name for name in named if f'"{name}"' not in code} == set()
    assert {name for there in about.channels.values() for name in there.options} == named
    assert NeedsRebind("not_installed").code in about.errors


TROUBLED = {
    "CRM": "N", "CRM_CREATE": "deal", "CRM_CREATE_SECOND": "9", "CRM_CREATE_THIRD": "N", "CRM_FORWARD": "N",
    "CRM_CHAT_TRACKER": "N", "WELCOME_MESSAGE_TEXT": "Здравствуйте!",
    "QUEUE": [{"ENTITY_TYPE": "user", "ENTITY_ID": 27}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("codes", "set_there"),
    [
        (("deal_each_time",), {"CRM_CREATE_THIRD": "Y"}),
        (("crm_off", "responsible_ignored"), {"CRM": "Y", "CRM_FORWARD": "Y"}),
        (("tracker_off", "queue_empty", "card_none"), {"CRM_CHAT_TRACKER": "Y"}),
        ((), {}),
    ],
)
async def test_exactly_the_named_settings_of_a_line_are_mended_and_everything_else_stays(
    session: Bitrix24Session, portal: Portal, codes: tuple[str, ...], set_there: dict[str, str]
) -> None:
    number, other = portal.add_line("Опт", **TROUBLED), portal.add_line("Возвраты", **TROUBLED)
    before, asked = dict(portal.lines[number].settings), len(portal.calls)
    after = await session.mend(str(number), codes)
    assert portal.lines[number].settings == {**before, **set_there}
    assert (portal.lines[number].name, portal.lines[number].active) == ("Опт", True)
    assert portal.lines[other].settings == before
    told = [call.params for call in portal.calls[asked:] if call.method == "imopenlines.config.update"]
    assert told == ([{"CONFIG_ID": number, "PARAMS": set_there}] if set_there else [])
    assert (after.id, after.name) == (str(number), "Опт")
    assert set(after.warnings) == {"crm_off", "deal_each_time", "responsible_ignored", "tracker_off"} - set(codes)


async def test_a_line_without_a_card_gets_a_deal_that_is_used_again(session: Bitrix24Session, portal: Portal) -> None:
    number = portal.add_line("Опт", CRM_CREATE="none", CRM_CREATE_THIRD="N")
    (place,) = [one for one in await session.places() if one.id == str(number)]
    assert place.mends == {"card_none": "CRM_CREATE=deal, CRM_CREATE_THIRD=Y"}
    assert (await session.mend(place.id, ["card_none"])).warnings == ()
    settings = portal.lines[number].settings
    assert (settings["CRM_CREATE"], settings["CRM_CREATE_THIRD"]) == ("deal", "Y")


@pytest.mark.parametrize("line", ["999", "нет", "-1"])
async def test_a_line_that_is_gone_is_not_mended(session: Bitrix24Session, line: str) -> None:
    with pytest.raises(Rejected):
        await session.mend(line, ["crm_off"])

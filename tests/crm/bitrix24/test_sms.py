"""The provider of SMS of a pairing: registered once, called by the portal alone, told what became of each message."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CrmTexted
from chatapp_cli.domain.crm.states import Act, TextFate
from chatapp_cli.domain.errors import Misconfigured, Rejected, Retryable
from chatapp_cli.domain.message import Origin
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.crm import CrmReply
from chatapp_cli.sandbox.bitrix24 import Portal
from tests.crm.bitrix24.desk import LINE, SVETLANA, OfficeDesk, entry, pairing

CODE = "chatapp_whatsapp_web_1"
PHONE = "+79161234567"
STATUS = "messageservice.message.status.update"


@pytest.fixture
async def provider(session: Bitrix24Session) -> Bitrix24Session:
    """WhatsApp is a provider of SMS."""
    assert await session.arrange([pairing(sms="on")]) == {}
    return session


def told(portal: Portal) -> list[str]:
    """The methods of SMS that were called since the beginning."""
    return [call.method.removeprefix("messageservice.") for call in portal.calls if "messageservice" in call.method]


def texted(desk: OfficeDesk) -> list[CrmTexted]:
    return [one for one in desk.events if isinstance(one, CrmTexted)]


def form(portal: Portal, **changes: str | None) -> bytes:
    """The portal's call, with changes; ``None`` leaves a field out."""
    said = {
        "module_id": "crm", "code": CODE, "type": "SMS", "message_id": "6557", "message_to": PHONE,
        "message_body": "Заказ готов", "auth[member_id]": portal.member_id,
        "auth[application_token]": portal.application_token, "auth[access_token]": "secret-of-the-call",
    }  # fmt: skip
    return urlencode({name: value for name, value in {**said, **changes}.items() if value is not None}).encode()


async def call(desk: OfficeDesk, portal: Portal, **changes: str | None) -> CrmReply:
    return await desk.accept("sms", form(portal, **changes))


def fate(remote: str, fate: TextFate, **more: Any) -> LedgerEntry:
    known = {"pairing": pairing(sms="on"), "remote": remote, "fate": fate, "texted": True, "employee": str(SVETLANA)}
    return entry("m-9", "Заказ готов", act=Act.TEXTED, **{**known, **more})


@pytest.mark.req("S-158", part="the channel is a provider of SMS while the option is on")
async def test_a_channel_is_a_provider_of_sms_while_the_option_is_on(
    provider: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    (sender,) = portal.senders.values()
    assert (sender["CODE"], sender["TYPE"], sender["HANDLER"]) == (CODE, "SMS", desk.address("sms"))
    assert set(sender["NAME"]) == {"ru", "en"}
    assert all("+79990000000" in name and str(LINE) in name for name in sender["NAME"].values())
    assert await provider.arrange([replace(pairing(sms="on"), place_name="Продажи")]) == {}
    (sender,) = portal.senders.values()
    assert all(name.endswith(" Продажи") for name in sender["NAME"].values())
    assert await provider.arrange([pairing(sms="off")]) == {}
    assert portal.senders == {}
    assert portal.active


async def test_a_portal_whose_pairings_send_no_sms_is_not_asked_about_providers(
    session: Bitrix24Session, portal: Portal
) -> None:
    assert await session.arrange([pairing(), pairing("telegram", 109, 2)]) == {}
    assert told(portal) == []


async def test_a_provider_that_stands_as_it_should_is_only_looked_at(provider: Bitrix24Session, portal: Portal) -> None:
    before = told(portal)
    assert await provider.arrange([pairing(sms="on")]) == {}
    assert told(portal)[len(before) :] == ["sender.list"]


async def test_a_provider_follows_its_account_and_the_address_of_the_desk(
    provider: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    assert await provider.arrange([pairing(place=109, sms="on")]) == {}
    (sender,) = portal.senders.values()
    assert all("109" in name for name in sender["NAME"].values())
    desk.url = desk.url.replace("127.0.0.1", "localhost")
    async with desk.session() as elsewhere:
        assert await elsewhere.arrange([pairing(place=109, sms="on")]) == {}
    assert [one["HANDLER"] for one in portal.senders.values()] == [desk.address("sms")]
    assert "localhost" in desk.address("sms")
    assert told(portal).count("sender.add") == 1


@pytest.mark.parametrize("kind", ["whatsapp_web", "whatsapp", "telegram", "sms"])
async def test_each_pairing_is_a_provider_of_its_own_and_goes_with_it(
    provider: Bitrix24Session, portal: Portal, kind: str
) -> None:
    assert await provider.arrange([pairing(sms="on"), pairing(kind, 109, 2, sms="on")]) == {}
    assert set(portal.senders) == {CODE, f"chatapp_{kind}_2"}
    assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", code) for code in portal.senders)
    assert await provider.arrange([pairing(sms="on")]) == {}
    assert set(portal.senders) == {CODE}
    assert await provider.arrange([]) == {}
    assert portal.senders == {}


def test_channels_that_can_write_first_to_a_phone_have_the_option() -> None:
    having = {kind for kind, there in manifest("bitrix24").channels.items() if "sms" in there.options}
    assert having == {"whatsapp_web", "whatsapp", "telegram", "sms"}


async def test_a_registration_whose_answer_was_lost_is_made_once(session: Bitrix24Session, portal: Portal) -> None:
    portal.misbehaviour.lose_after["messageservice.sender.add"] = 1
    with pytest.raises(Retryable):
        await session.arrange([pairing(sms="on")])
    assert set(portal.senders) == {CODE}
    assert await session.arrange([pairing(sms="on")]) == {}
    assert told(portal) == ["sender.list", "sender.add", "sender.list", "sender.update"]


async def test_a_provider_that_may_have_been_registered_is_removed_when_it_is_not_wanted_any_more(
    session: Bitrix24Session, portal: Portal
) -> None:
    portal.misbehaviour.lose_after["messageservice.sender.add"] = 1
    with pytest.raises(Retryable):
        await session.arrange([pairing(sms="on")])
    assert await session.arrange([pairing()]) == {}
    assert portal.senders == {}
    before = told(portal)
    assert await session.arrange([pairing()]) == {}
    assert told(portal) == before


async def test_a_provider_that_somebody_removed_there_is_made_again(provider: Bitrix24Session, portal: Portal) -> None:
    portal.senders.clear()
    assert await provider.arrange([pairing(sms="on")]) == {}
    assert set(portal.senders) == {CODE}
    portal.senders.clear()
    assert await provider.arrange([pairing()]) == {}


@pytest.mark.parametrize("how", ["scope", "refused"])
async def test_a_refused_provider_is_reported_and_the_line_is_connected_all_the_same(
    session: Bitrix24Session, portal: Portal, how: str
) -> None:
    if how == "scope":
        portal.misbehaviour.missing_scopes = {"messageservice"}
    else:
        portal.misbehaviour.answer_with["messageservice.sender.add"] = [(400, "ERROR_SENDER_ADD_FAILURE")]
    refused = await session.arrange([pairing(sms="on"), pairing("telegram", 109, 2)])
    assert {number: (type(one), one.code) for number, one in refused.items()} == {1: (Rejected, f"sms_{how}")}
    assert f"sms_{how}" in manifest("bitrix24").errors
    assert portal.active == {("chatapp_whatsapp", LINE), ("chatapp_telegram", 109)}
    portal.misbehaviour.missing_scopes = set()
    assert await session.arrange([pairing(sms="on"), pairing("telegram", 109, 2)]) == {}
    assert set(portal.senders) == {CODE}


async def test_an_ended_subscription_stops_the_link_and_not_only_the_provider(
    session: Bitrix24Session, portal: Portal
) -> None:
    portal.misbehaviour.answer_with["messageservice.sender.list"] = [(402, "PAYMENT_REQUIRED")]
    with pytest.raises(Misconfigured, match="payment"):
        await session.arrange([pairing(sms="on")])


async def test_what_an_employee_and_a_robot_send_arrives_with_phone_text_and_sender(
    provider: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    portal.misbehaviour.doubled_sms = 1
    number, answered = await portal.sends_sms(CODE, PHONE, "Заказ готов\nЖдём")
    robots, _ = await portal.robot_sends_sms(CODE, "+79169999999", "Оплатите счёт")
    assert (answered.status, answered.body) == (200, "ok")
    asked = {"pairing": 1, "employee": str(SVETLANA)}
    assert texted(desk) == [
        CrmTexted(remote=number, phone=PHONE, text="Заказ готов\nЖдём", automatic=False, **asked),  # type: ignore[arg-type]
        CrmTexted(remote=robots, phone="+79169999999", text="Оплатите счёт", automatic=True, **asked),  # type: ignore[arg-type]
    ]
    first, second, _ = (one for reply in desk.replies for one in reply.arrivals if one.provider_id.startswith("sms:"))
    assert first.provider_id == second.provider_id == f"sms:{number}"
    assert desk.bound
    assert desk.crm.understand(desk.bound, first.raw) == first.event


async def test_no_token_of_a_call_is_kept(provider: Bitrix24Session, portal: Portal, desk: OfficeDesk) -> None:
    (arrived,) = (await call(desk, portal)).arrivals
    assert b"secret-of-the-call" not in arrived.raw
    assert portal.application_token.encode() not in arrived.raw


async def test_a_call_without_an_employee_is_taken(provider: Bitrix24Session, portal: Portal, desk: OfficeDesk) -> None:
    portal.misbehaviour.events_without_tokens = True
    await portal.sends_sms(CODE, PHONE, "раз")
    assert [(one.text, one.employee) for one in texted(desk)] == [("раз", "")]


@pytest.mark.parametrize(
    "changes",
    [
        {"auth[application_token]": "forged"},
        {"auth[application_token]": None},
        {"auth[application_token]": "ё"},
        {"auth[member_id]": "of-another-portal"},
        {"auth[member_id]": None},
    ],
)
async def test_a_forged_or_foreign_call_is_refused_and_keeps_nothing(
    provider: Bitrix24Session, portal: Portal, desk: OfficeDesk, changes: dict[str, str | None]
) -> None:
    reply = await call(desk, portal, **changes)
    assert (reply.status, reply.arrivals) == (403, ())


async def test_nobody_calls_before_the_installation(desk: OfficeDesk, portal: Portal) -> None:
    await desk.link()
    assert (await call(desk, portal)).status == 403
    assert (await desk.accept("sms", method="GET")).status == 405


@pytest.mark.parametrize(
    "changes",
    [{"message_id": None}, {"message_id": ""}, {"code": "chatapp_wa_x"}, {"code": None}, {"code": "sms.ru_1"},
     {"code": "chatapp_whatsapp_web_" + "9" * 40}],
)  # fmt: skip
async def test_a_call_that_names_no_message_or_no_provider_of_ours_is_kept_for_a_person(
    provider: Bitrix24Session, portal: Portal, desk: OfficeDesk, changes: dict[str, str | None]
) -> None:
    reply = await call(desk, portal, **changes)
    (arrived,) = reply.arrivals
    assert (reply.status, arrived.event, bool(arrived.problem)) == (200, None, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"message_to": "+7916ABC"}, {"message_to": None}, {"message_to": "+" + "7" * 5000}, {"message_to": "🙂\x00"},
        {"message_body": ""}, {"message_body": None}, {"message_body": "а" * 500_000}, {"message_body": "\x00\ud7ff"},
    ],
)  # fmt: skip
async def test_whatever_phone_and_text_are_the_call_is_taken_and_judged_later(
    provider: Bitrix24Session, portal: Portal, desk: OfficeDesk, changes: dict[str, str | None]
) -> None:
    reply = await call(desk, portal, **changes)
    (arrived,) = reply.arrivals
    assert (reply.status, isinstance(arrived.event, CrmTexted)) == (200, True)
    assert isinstance(arrived.event, CrmTexted)
    assert len(arrived.event.phone) <= 500
    assert "\x00" not in arrived.event.text + arrived.event.phone


@pytest.mark.parametrize(
    "body", [b"[" * 1_000_000, b"a[]=1&" * 10_000, b"\xff\xfe", b"auth=x", b"auth[member_id][x]=1"]
)
async def test_a_body_that_is_no_call_stores_nothing_and_breaks_nothing(
    provider: Bitrix24Session, desk: OfficeDesk, body: bytes
) -> None:
    reply = await desk.accept("sms", body)
    assert reply.status in {400, 403}
    assert reply.arrivals == ()


@pytest.mark.req("S-158", part="what became of a message is seen in the portal")
async def test_what_became_of_a_message_is_seen_in_the_portal(provider: Bitrix24Session, portal: Portal) -> None:
    number, _ = await portal.sends_sms(CODE, PHONE, "Заказ готов")
    for one in (TextFate.QUEUED, TextFate.SENT, TextFate.DELIVERED, TextFate.UNDELIVERED, TextFate.FAILED):
        assert await provider.deliver([fate(number, one)]) == [CrmReceipt()]
    assert portal.sms_statuses == {number: ["queued", "sent", "delivered", "undelivered", "failed"]}
    assert portal.notices == []


async def test_who_sent_a_message_that_failed_is_told_why(provider: Bitrix24Session, portal: Portal) -> None:
    number, _ = await portal.sends_sms(CODE, PHONE, "Заказ готов")
    none = {"chat": CrmChat(id="", name=""), "person": CrmPerson(id="", name="")}
    failed = fate(number, TextFate.FAILED, reason="Это не номер телефона.", **none)
    assert await provider.deliver([failed]) == [CrmReceipt()]
    (notice,) = portal.notices
    assert (notice.user, notice.text) == (SVETLANA, "Это не номер телефона.\nЗаказ готов")
    assert portal.sms_statuses[number] == ["failed"]


async def test_a_status_whose_answer_was_lost_is_simply_told_again(provider: Bitrix24Session, portal: Portal) -> None:
    number, _ = await portal.sends_sms(CODE, PHONE, "Заказ готов")
    portal.misbehaviour.lose_after[STATUS] = 1
    sent = fate(number, TextFate.SENT)
    with pytest.raises(Retryable):
        await provider.deliver([sent])
    assert await provider.find(sent) is None
    assert await provider.deliver([sent]) == [CrmReceipt()]
    assert portal.sms_statuses[number] == ["sent", "sent"]


async def test_an_older_portal_that_knows_no_steps_on_the_way_is_told_the_end(
    provider: Bitrix24Session, portal: Portal
) -> None:
    number, _ = await portal.sends_sms(CODE, PHONE, "Заказ готов")
    refusals = [(400, "ERROR_MESSAGE_STATUS_INCORRECT")] * 3
    portal.misbehaviour.answer_with[STATUS] = refusals
    for step in (TextFate.QUEUED, TextFate.SENT):
        assert await provider.deliver([fate(number, step)]) == [CrmReceipt()]
    (answer,) = await provider.deliver([fate(number, TextFate.DELIVERED)])
    assert isinstance(answer, Rejected)


async def test_a_message_that_the_portal_does_not_know_waits_for_a_person(
    provider: Bitrix24Session, portal: Portal
) -> None:
    number, _ = await portal.sends_sms(CODE, PHONE, "Заказ готов")
    known, strange = await provider.deliver([fate(number, TextFate.SENT), fate("gone", TextFate.SENT)])
    assert known == CrmReceipt()
    assert isinstance(strange, Rejected)
    assert strange.detail.startswith("ERROR_MESSAGE_NOT_FOUND")


async def test_a_right_that_was_taken_away_stops_the_fate_of_a_message_and_not_the_link(
    provider: Bitrix24Session, portal: Portal
) -> None:
    number, _ = await portal.sends_sms(CODE, PHONE, "Заказ готов")
    portal.misbehaviour.missing_scopes = {"messageservice"}
    (answer,) = await provider.deliver([fate(number, TextFate.SENT)])
    assert (type(answer), answer.code) == (Rejected, "sms_scope")  # type: ignore[union-attr]


async def test_a_portal_without_the_provider_is_told_nothing(provider: Bitrix24Session, portal: Portal) -> None:
    number, _ = await portal.sends_sms(CODE, PHONE, "Заказ готов")
    assert await provider.arrange([pairing()]) == {}
    before = len(portal.calls)
    assert await provider.deliver([fate(number, TextFate.SENT, pairing=pairing())]) == [CrmReceipt()]
    assert len(portal.calls) == before


@pytest.mark.parametrize(("said", "shown"), [("on", ["Заказ готов"]), ("off", [])])
@pytest.mark.parametrize("origin", [Origin.CRM, Origin.ROBOT])
async def test_what_the_portal_sent_as_sms_is_shown_in_the_line_as_a_robots_message_is(
    provider: Bitrix24Session, portal: Portal, said: str, shown: list[str], origin: Origin
) -> None:
    sent = entry(
        "m-9", "Заказ готов", ours=True, origin=origin, texted=True, pairing=pairing(sms="on", show_robots=said)
    )
    await provider.deliver([sent])
    assert [one.text for one in portal.messages("d-1")] == shown
    assert all(not one.by_client for one in portal.messages("d-1"))

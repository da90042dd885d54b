"""Robots in the portal: registered once at our address, called by the portal alone, given what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import RobotAsked
from chatapp_cli.domain.crm.robots import RobotPresence, RobotThere
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import OutcomeUnknown, RateLimited, Rejected, Retryable
from chatapp_cli.domain.robot import ROBOTS, YES
from chatapp_cli.domain.text import T
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.crm import CrmReply
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from chatapp_cli.sandbox.stage import StageFile
from tests.crm.bitrix24.desk import OfficeDesk, entry, pairing

SEND = "chatapp_send_message"
ENGLISH = {
    SEND: "[ChatApp] - Send a message",
    "chatapp_send_file": "[ChatApp] - Send a file from the disk",
    "chatapp_send_document": "[ChatApp] - Send a CRM document",
    "chatapp_check_phone": "[ChatApp] - Check a phone",
    "chatapp_set_tags": "[ChatApp] - Tags of the dialog",
    "chatapp_rename_chat": "[ChatApp] - Rename the chat",
    "chatapp_create_group": "[ChatApp] - Create a group",
    "chatapp_add_members": "[ChatApp] - Add a member to the group",
    "chatapp_send_to_group": "[ChatApp] - Send to the group",
    "chatapp_send_file_to_group": "[ChatApp] - Send a file from the disk to the group",
    "chatapp_end_group": "[ChatApp] - Delete the group",
}
RUSSIAN = {
    SEND: "[ChatApp] - Отправить сообщение",
    "chatapp_send_file": "[ChatApp] - Отправить файл с диска",
    "chatapp_send_document": "[ChatApp] - Отправить документ CRM",
    "chatapp_check_phone": "[ChatApp] - Проверить телефон",
    "chatapp_set_tags": "[ChatApp] - Метки диалога",
    "chatapp_rename_chat": "[ChatApp] - Переименовать чат",
    "chatapp_create_group": "[ChatApp] - Создать группу",
    "chatapp_add_members": "[ChatApp] - Добавить участника в группу",
    "chatapp_send_to_group": "[ChatApp] - Отправить в группу",
    "chatapp_send_file_to_group": "[ChatApp] - Отправить файл с диска в группу",
    "chatapp_end_group": "[ChatApp] - Удалить группу",
}
PRICES = StageFile(name="Прайс.pdf", mime="application/pdf", content=b"%PDF of prices")
BILL = StageFile(name="a.docx", mime="application/octet-stream", content=b"docx of a bill")
BILL_PDF = StageFile(name="a.pdf", mime="application/pdf", content=b"%PDF of a bill")


def told(portal: Portal) -> list[str]:
    """The methods of robots that were called, in order."""
    return [call.method.removeprefix("bizproc.robot.") for call in portal.calls if "bizproc.robot" in call.method]


def registered(portal: Portal) -> Mapping[str, Any]:
    return portal.server.office.robots


def presences(there: Sequence[RobotThere]) -> set[RobotPresence]:
    return {one.presence for one in there}


@pytest.fixture
async def installed(session: Bitrix24Session) -> Bitrix24Session:
    assert presences(await session.install_robots()) == {RobotPresence.THERE}
    return session


@pytest.fixture
def deal(portal: Portal) -> PortalCard:
    return portal.server.office.add_card("deal", title="Заказ", responsible=1, stage="NEW")


async def moved(portal: Portal, desk: OfficeDesk, *cards: PortalCard, times: int = 1) -> list[RobotAsked]:
    """Move deals to the stage with robots; what was asked by the first of them."""
    for card in cards:
        await portal.staff.changes(card, stageId="PREPARATION")
    while len(desk.robots_asked) < len(cards) or len(desk.arrivals) < times:
        await asyncio.sleep(0)
    return desk.robots_asked


def result(asked: RobotAsked, **results: str) -> LedgerEntry:
    return entry("m-40", act=Act.RESULT, remote=asked.remote, results=results, reason="1 of 1")


@pytest.mark.req("S-170", part="the eleven robots with their names")
@pytest.mark.req("S-176", part="they stand in the portal")
@pytest.mark.req("S-177", part="they stand in the portal")
async def test_eleven_robots_stand_in_the_portal_by_their_names(installed: Bitrix24Session, portal: Portal) -> None:
    assert {code: one["NAME"]["en"] for code, one in registered(portal).items()} == ENGLISH
    assert {code: one["NAME"]["ru"] for code, one in registered(portal).items()} == RUSSIAN


async def test_a_robot_waits_for_us_at_our_address_and_has_every_field_and_result(
    installed: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    for robot in ROBOTS.values():
        said = registered(portal)[robot.name]
        assert (said["HANDLER"], said["USE_SUBSCRIPTION"], said["AUTH_USER_ID"]) == (desk.address("robot"), "Y", "1")
        assert {name: (one["Type"], one["Required"] == YES) for name, one in said["PROPERTIES"].items()} == {
            one.name: (one.kind, one.required) for one in robot.fields
        }
        assert {name: one["Default"] for name, one in said["RETURN_PROPERTIES"].items()} == {
            one.name: one.default for one in robot.results
        }
        labels = {one["Name"]["ru"] for one in said["PROPERTIES"].values()}
        assert "Id линии ChatApp" in labels
        assert ("Асинхронный результат" in labels) == robot.has("async")
        assert "Добавлять результат в комментарии карточки CRM" in labels
        results = [one["Name"]["ru"] for one in said["RETURN_PROPERTIES"].values()]
        assert results[:3] == ["Статус отправки", "Подробный результат", "Тайм-аут операции"]
    assert set(registered(portal)["chatapp_set_tags"]["PROPERTIES"]["action"]["Options"]) == {"attach", "detach"}
    assert [one["Name"]["ru"] for one in registered(portal)["chatapp_send_message"]["PROPERTIES"].values()] == [
        "Телефон", "Id чата", "Поле «Мессенджер»", "Сообщение", "Имя", "Фамилия", "Ответственный",
        "Id линии ChatApp", "Канал", "Асинхронный результат", "Добавлять результат в комментарии карточки CRM",
    ]  # fmt: skip


async def test_installing_again_changes_nothing_and_mends_what_differs(
    installed: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    assert told(portal) == ["list", *["add"] * 11]
    await installed.install_robots()
    assert told(portal)[12:] == ["list"]
    del registered(portal)["chatapp_end_group"]  # type: ignore[attr-defined]
    registered(portal)["chatapp_old"] = {"NAME": "x"}  # type: ignore[index]
    assert desk.bound
    await desk.bound.memory.save({"robot chatapp_set_tags": "another version", "robot chatapp_old": "x"})
    there = {one.robot: one.presence for one in await installed.robots_there()}
    odd = {robot: how for robot, how in there.items() if how is not RobotPresence.THERE}
    assert odd == {"end_group": "missing", "old": "strange", "set_tags": "old"}
    await installed.install_robots()
    assert sorted(told(portal)[14:]) == ["add", "delete", "list", "update"]
    assert registered(portal).keys() == ENGLISH.keys()
    assert {name.removeprefix("robot ") for name in await desk.bound.memory.known("robot ")} == ENGLISH.keys()


async def test_a_robot_that_came_or_went_meanwhile_is_registered_the_other_way(
    session: Bitrix24Session, portal: Portal
) -> None:
    portal.misbehaviour.answer_with = {"bizproc.robot.add": [(400, "ERROR_ACTIVITY_ALREADY_INSTALLED")]}
    there = {one.robot: one for one in await session.install_robots()}
    assert told(portal) == ["list", *["add"] * 11, "update"]
    assert (there["send_message"].presence, there["send_message"].code) == (RobotPresence.REFUSED, "refused")
    assert presences(await session.install_robots()) == {RobotPresence.THERE}
    assert registered(portal).keys() == ENGLISH.keys()


async def test_robots_follow_our_address_and_come_back_when_the_portal_forgot_them(
    installed: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    registered(portal).clear()  # type: ignore[attr-defined]
    assert await installed.arrange([pairing()]) == {}
    assert registered(portal).keys() == ENGLISH.keys()
    assert desk.bound
    async with desk.crm.open(1, desk.bound, public_url=f"{desk.url}/new") as there:  # type: ignore[arg-type]
        assert await there.arrange([pairing()]) == {}
    assert {one["HANDLER"] for one in registered(portal).values()} == {
        desk.address("robot").replace(desk.url, f"{desk.url}/new")
    }


async def test_a_portal_in_which_nobody_installed_robots_is_not_asked_about_them(
    session: Bitrix24Session, portal: Portal
) -> None:
    assert await session.arrange([pairing()]) == {}
    await session.depart()
    assert told(portal) == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"missing_scopes": {"bizproc"}}, "robots_scope"),
        ({"answer_with": {"bizproc.robot.list": [(403, "ACCESS_DENIED")]}}, "robots_scope"),
        ({"answer_with": {"bizproc.robot.list": [(404, "ERROR_METHOD_NOT_FOUND")]}}, "robots_not_offered"),
    ],
)
@pytest.mark.req("S-178", part="robots need a commercial tariff")
async def test_a_portal_without_robots_says_so_and_the_link_goes_on(
    session: Bitrix24Session, portal: Portal, fault: dict[str, Any], code: str
) -> None:
    for name, value in fault.items():
        setattr(portal.misbehaviour, name, value)
    with pytest.raises(Rejected) as refused:
        await session.install_robots()
    assert refused.value.code == code
    assert code in manifest("bitrix24").errors
    assert await session.arrange([pairing()]) == {}


async def test_an_application_at_another_address_gets_no_robots_and_says_why(
    session: Bitrix24Session, portal: Portal
) -> None:
    portal.server.office.application_host = "elsewhere.test"
    there = await session.install_robots()
    assert {(one.presence, one.code) for one in there} == {(RobotPresence.REFUSED, "robots_elsewhere")}
    assert registered(portal) == {}


async def test_robots_are_removed_by_hand_and_with_the_link(installed: Bitrix24Session, portal: Portal) -> None:
    assert presences(await installed.remove_robots()) == {RobotPresence.MISSING}
    assert registered(portal) == {}
    await installed.install_robots()
    await installed.depart()
    assert registered(portal) == {}


async def test_a_deals_move_tells_what_was_filled_in_and_until_when(
    installed: Bitrix24Session, portal: Portal, desk: OfficeDesk, deal: PortalCard, world: World
) -> None:
    filled = {"phone": "79000000000; 79000000001", "message": "Заказ [b]готов[/b]\n+1 & 2 = 3", "async": "Y"}
    portal.automation.place(SEND, "PREPARATION", filled, timeout=60)
    (asked,) = await moved(portal, desk, deal)
    (run,) = portal.automation.runs
    assert (asked.remote, asked.robot, asked.card) == (run.token, "send_message", CardRef("deal", str(deal.id)))
    assert {name: asked.arguments[name] for name in filled} == filled
    assert (asked.arguments["comment"], asked.waits) == ("N", True)
    assert asked.until == world.clock.now() + 55_000
    (arrival,) = [one for one in desk.arrivals if one.event == asked]
    assert arrival.provider_id == f"robot {run.token}"
    assert desk.bound
    assert desk.crm.understand(desk.bound, arrival.raw) == asked
    assert not [secret for secret in portal.authority.secrets if secret.encode() in arrival.raw]
    assert await installed.deliver([result(asked, status="Y", other="x")]) == [CrmReceipt()]
    assert (run.returned, run.is_timeout, run.log) == ({"status": "Y"}, 0, ["1 of 1"])


def form(portal: Portal, **changes: str | None) -> bytes:
    """The portal's call, with changes; ``None`` leaves a field out."""
    said = {
        "code": SEND, "event_token": "6ab5bcfde8e8b0.39728274|A1|rKrs.e02c", "document_id[0]": "crm",
        "document_id[1]": "CCrmDocumentDeal", "document_id[2]": "DEAL_17", "properties[message]": "x",
        "use_subscription": "Y", "timeout_duration": "0", "auth[member_id]": portal.member_id,
        "auth[application_token]": portal.application_token,
    }  # fmt: skip
    return urlencode({name: value for name, value in {**said, **changes}.items() if value is not None}).encode()


async def call(desk: OfficeDesk, portal: Portal, **changes: str | None) -> CrmReply:
    return await desk.accept("robot", form(portal, **changes))


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"timeout_duration": "0"}, {"until": 600_000}),
        ({"timeout_duration": "9999"}, {"until": 600_000}),
        ({"timeout_duration": "6"}, {"until": 3_000}),
        ({"timeout_duration": "soon"}, {"until": 600_000}),
        ({"use_subscription": "N", "timeout_duration": "60"}, {"until": None, "waits": False}),
        ({"use_subscription": ""}, {"waits": True}),
        ({"document_id[2]": "LEAD_5"}, {"card": CardRef("lead", "5")}),
        ({"document_id[2]": "DYNAMIC_1030_5"}, {"card": CardRef("dynamic_1030", "5")}),
        ({"document_id[2]": "SMART_INVOICE_5"}, {"card": None}),
        ({"document_id[0]": None, "document_id[1]": None, "document_id[2]": None}, {"card": None}),
        ({"code": "chatapp_unheard_of"}, {"robot": "unheard_of", "arguments": {"message": "x"}}),
        ({"properties[message]": None}, {"arguments": {}}),
        (
            {"properties[phone][0]": "1", "properties[phone][1]": "2", "properties[odd]": "x"},
            {"arguments": {"message": "x", "phone": "1; 2"}},
        ),
        ({"properties[comment]": "1"}, {"arguments": {"message": "x", "comment": "Y"}}),
    ],
)
async def test_a_call_is_read_as_it_came(
    session: Bitrix24Session,
    desk: OfficeDesk,
    portal: Portal,
    world: World,
    changes: dict[str, Any],
    known: dict[str, Any],
) -> None:
    (arrival,) = (await call(desk, portal, **changes)).arrivals
    assert isinstance(arrival.event, RobotAsked)
    until = arrival.event.until
    shown = {"until": None if until is None else until - world.clock.now()}
    assert {name: shown.get(name, getattr(arrival.event, name)) for name in known} == known


async def test_only_the_linked_portal_calls_robots_and_a_call_without_its_step_is_kept_with_the_reason(
    session: Bitrix24Session, desk: OfficeDesk, portal: Portal
) -> None:
    for forged in ({"auth[application_token]": "x"}, {"auth[member_id]": "x"}, {"auth[application_token]": None}):
        reply = await call(desk, portal, **forged)  # type: ignore[arg-type]
        assert (reply.status, reply.arrivals) == (403, ())
    assert (await desk.accept("robot", b"", method="GET")).status == 405
    (arrival,) = (await call(desk, portal, event_token=None)).arrivals
    assert (arrival.event, arrival.problem) == (
        None,
        T("A robot called without its event_token, by which alone it is answered."),
    )


async def test_a_repeated_call_is_the_same_arrival(
    installed: Bitrix24Session, portal: Portal, desk: OfficeDesk, deal: PortalCard
) -> None:
    portal.automation.place(SEND, "PREPARATION", {"message": "x"})
    portal.misbehaviour.doubled_robots = 1
    before = len(desk.arrivals)
    (asked,) = await moved(portal, desk, deal, times=before + 2)
    assert [one.event for one in desk.arrivals[before:]] == [asked, asked]


async def test_a_step_that_ended_meanwhile_is_answered_in_vain_and_one_of_nobody_is_refused(
    installed: Bitrix24Session, portal: Portal, desk: OfficeDesk, deal: PortalCard, world: World
) -> None:
    portal.automation.place(SEND, "PREPARATION", {"message": "x"}, timeout=60)
    (asked,) = await moved(portal, desk, deal)
    await world.clock.sleep(61)
    await portal.automation.settled()
    (done,) = await installed.deliver([result(asked, status="Y")])
    assert done == CrmReceipt()
    assert portal.automation.runs[0].returned == {}
    (fine, refused) = await installed.deliver([
        result(asked, status="Y"), entry("m-41", act=Act.RESULT, remote="1|A1|2", results={"status": "Y"}),
    ])  # fmt: skip
    assert (fine, getattr(refused, "code", "")) == (CrmReceipt(), "step_gone")
    assert "step_gone" in manifest("bitrix24").errors


@pytest.mark.req("S-178", part="several robots of a stage run one after another")
async def test_deals_moved_at_once_run_their_robots_in_order_and_all_end(
    installed: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    for text in ("1", "2"):
        portal.automation.place(SEND, "PREPARATION", {"message": text}, timeout=600)
    deals = [portal.server.office.add_card("deal", title=f"№ {n}", responsible=1, stage="NEW") for n in range(20)]
    answered: set[str] = set()
    await moved(portal, desk, *deals)
    while len(answered) < 2 * len(deals):
        new = [one for one in desk.robots_asked if one.remote not in answered]
        assert set(await installed.deliver([result(one, status="Y") for one in new])) <= {CrmReceipt()}
        answered |= {one.remote for one in new}
        await asyncio.sleep(0)
    await portal.automation.settled()
    assert {run.state for run in portal.automation.runs} == {"answered"}
    assert {answer.status for run in portal.automation.runs for answer in run.answered} == {200}
    for one in deals:
        mine = [run.placed.properties["message"] for run in portal.automation.runs if run.card is one]
        assert mine == ["1", "2"]


@pytest.mark.req("S-174", part="the comment in the card")
@pytest.mark.parametrize("kind", ["deal", "lead", "contact", "company", "dynamic_1030"])
async def test_a_card_of_any_kind_is_commented_once(session: Bitrix24Session, portal: Portal, kind: str) -> None:
    card = portal.server.office.add_card(kind, title="x", responsible=1)
    said = entry("m-42", "79000000000:Y", act=Act.COMMENT, card=CardRef(kind, str(card.id)))
    assert await session.find(said) is None
    portal.misbehaviour.lose_after = {"crm.timeline.comment.add": 1}
    (lost,) = await session.deliver([said])
    assert isinstance(lost, OutcomeUnknown)
    assert await session.find(said) == CrmReceipt()
    assert [(one.kind, one.entity, one.text) for one in portal.comments] == [(kind, card.id, "79000000000:Y")]
    later = entry("m-43", "79000000000:Y", act=Act.COMMENT, card=said.card, at=portal.comments[0].at + 120_000)
    assert await session.find(later) is None


async def test_a_file_of_the_disk_comes_with_its_name_and_type(
    session: Bitrix24Session, portal: Portal, tmp_path: Path
) -> None:
    number = portal.server.office.keep_file(PRICES)
    assert await session.fetch_disk_file(str(number), tmp_path / "a") == ("Прайс.pdf", "application/pdf")
    assert (tmp_path / "a").read_bytes() == PRICES.content


@pytest.mark.parametrize(
    ("number", "refusal", "code"),
    [("1", None, "file_gone"), ("one", None, "file_gone"), ("1", (403, "ACCESS_DENIED"), "file_denied")],
)
async def test_a_file_that_is_gone_or_not_ours_to_read_is_refused_for_itself_alone(
    session: Bitrix24Session, portal: Portal, tmp_path: Path, number: str, refusal: Any, code: str
) -> None:
    if refusal:
        portal.misbehaviour.answer_with = {"disk.file.get": [refusal]}
    with pytest.raises(Rejected) as refused:
        await session.fetch_disk_file(number, tmp_path / "a")
    assert refused.value.code == code
    assert code in manifest("bitrix24").errors


@pytest.mark.parametrize(
    ("made", "kind", "name", "waited"),
    [
        ({"pdf_after": 0}, "pdf", "Счёт 12.pdf", 0),
        ({"pdf_after": 30}, "pdf", "Счёт 12.pdf", 35),
        ({"pdf_after": 60}, "pdf", "Счёт 12.docx", 35),
        ({"failed": True}, "pdf", "Счёт 12.docx", 0),
        ({"pdf_after": 60}, "docx", "Счёт 12.docx", 0),
    ],
)
async def test_a_documents_pdf_is_waited_for_once_and_then_the_document_itself_is_taken(
    session: Bitrix24Session,
    portal: Portal,
    deal: PortalCard,
    world: World,
    tmp_path: Path,
    made: dict[str, Any],
    kind: str,
    name: str,
    waited: int,
) -> None:
    number = str(portal.server.office.add_document(deal, "Счёт 12", BILL, BILL_PDF, **made).id)
    if waited:
        with pytest.raises(RateLimited) as later:
            await session.fetch_document(number, tmp_path / "a", kind=kind)
        assert (later.value.code, later.value.retry_after) == ("pdf_awaited", waited)
        await world.clock.sleep(waited)
    assert (await session.fetch_document(number, tmp_path / "a", kind=kind))[0] == name
    assert (tmp_path / "a").read_bytes() == (BILL_PDF if name.endswith("pdf") else BILL).content


async def test_no_error_of_a_download_repeats_the_tokens_of_its_link(
    session: Bitrix24Session, portal: Portal, tmp_path: Path
) -> None:
    number = portal.server.office.keep_file(PRICES)
    portal.authority.lives = 0
    with pytest.raises(Retryable) as failed:
        await session.fetch_disk_file(str(number), tmp_path / "a")
    words = f"{failed.value!r} {failed.value} {getattr(failed.value, 'detail', '')}"
    assert not [secret for secret in portal.authority.secrets if secret in words]


async def test_the_check_names_robots_that_are_missing_old_or_at_an_old_address(
    installed: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    async def said() -> list[tuple[bool, str]]:
        assert desk.bound
        return [(one.ok, str(one.what)) for one in await desk.crm.check(desk.bound) if one.name == "robots"]

    assert await said() == [(True, "Bitrix24 has all 11 robots.")]
    assert desk.bound
    await desk.bound.memory.save({"called at": "https://elsewhere.test/hooks/k/event"})
    assert await said() == [(False, f"Bitrix24 calls our robots at an old address: {desk.address('robot')}.")]
    del registered(portal)["chatapp_end_group"]  # type: ignore[attr-defined]
    registered(portal)["chatapp_old"] = {"NAME": "x"}  # type: ignore[index]
    await desk.bound.memory.save({"robot chatapp_set_tags": "another version"})
    assert await said() == [
        (False, "Bitrix24 lacks robots of ours: end_group."),
        (False, "Bitrix24 has robots of ours with an old address or old fields: set_tags."),
        (False, "Bitrix24 has robots of ours that we have no more: old."),
    ]

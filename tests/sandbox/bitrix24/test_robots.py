"""The robots of the stand-in: what it refuses, how it calls them, and what it takes from an answer."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.automation import RobotRun, RobotTiming
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from chatapp_cli.sandbox.stage import StageFile
from tests.sandbox.bitrix24.desk import Client, Handler
from tests.sandbox.clock import HandClock

CODE = "chatapp_send_message"
ADD, UPDATE, DELETE, LIST, SEND, LOG = (
    *(f"bizproc.robot.{name}" for name in ("add", "update", "delete", "list")),
    "bizproc.event.send", "bizproc.activity.log",
)  # fmt: skip
DOCX = StageFile(name="a.docx", mime="application/octet-stream", content=b"docx")
PDF = StageFile(name="a.pdf", mime="application/pdf", content=b"%PDF")


def robot(handler: Handler, **changes: Any) -> dict[str, Any]:
    """What a robot is registered with."""
    said = {
        "CODE": CODE, "HANDLER": f"{handler.url}/event", "USE_SUBSCRIPTION": "Y", "NAME": {"ru": "Р", "en": "R"},
        "PROPERTIES": {
            "phone": {"Name": "Телефон", "Type": "string"},
            "message": {"Name": "Сообщение", "Type": "text", "Required": "Y"},
            "async": {"Name": "Асинхронный результат", "Type": "bool", "Default": "N"},
        },
        "RETURN_PROPERTIES": {"status": {"Name": "Статус отправки", "Type": "string"}},
        "FILTER": {"INCLUDE": [["crm", "CCrmDocumentDeal"]]},
    }  # fmt: skip
    return {name: value for name, value in {**said, **changes}.items() if value is not None}


@pytest.fixture
async def deal(portal: Portal, client: Client, handler: Handler) -> PortalCard:
    """A deal in front of a stage with a robot of ours."""
    assert await client.done(ADD, **robot(handler)) is True
    return portal.server.office.add_card("deal", title="Заказ", responsible=1, stage="NEW")


async def enters(portal: Portal, card: PortalCard, client: Client) -> None:
    await client.done("crm.item.update", entityTypeId=2, id=card.id, fields={"stageId": "PREPARATION"})
    while not all(run.answered for run in portal.automation.runs):
        await asyncio.sleep(0)


async def began(portal: Portal, count: int) -> RobotRun:
    """The last of so many steps, once it was called."""
    while len(portal.automation.runs) < count or not portal.automation.runs[-1].answered:
        await asyncio.sleep(0)
    return portal.automation.runs[-1]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"CODE": ""}, (400, "ERROR_ACTIVITY_VALIDATION_FAILURE")),
        ({"CODE": "[ChatApp]"}, (400, "ERROR_ACTIVITY_VALIDATION_FAILURE")),
        ({"NAME": None}, (400, "ERROR_ACTIVITY_VALIDATION_FAILURE")),
        ({"PROPERTIES": {"1st": {"Name": "x", "Type": "string"}}}, (400, "ERROR_ACTIVITY_VALIDATION_FAILURE")),
        ({"PROPERTIES": []}, (400, "ERROR_ACTIVITY_VALIDATION_FAILURE")),
        ({"RETURN_PROPERTIES": {"status": {"Type": "string"}}}, (400, "ERROR_ACTIVITY_VALIDATION_FAILURE")),
        ({"HANDLER": "ftp://desk.test/robot"}, (400, "ERROR_UNSUPPORTED_PROTOCOL")),
        ({"HANDLER": "robot"}, (400, "ERROR_WRONG_HANDLER_URL")),
        ({"HANDLER": "https://elsewhere.test/robot"}, (400, "ERROR_HANDLER_URL_MATCH")),
        ({}, (400, "ERROR_ACTIVITY_ALREADY_INSTALLED")),
    ],
)
async def test_a_robot_is_refused_for_what_the_portal_refuses(
    careless: Portal, client: Client, handler: Handler, changes: dict[str, Any], answer: tuple[int, str]
) -> None:
    await careless.install(f"{handler.url}/event")
    await client.done(ADD, **robot(handler))
    assert await client.refused(ADD, **robot(handler, **changes)) == answer
    assert await client.done(LIST) == [CODE]


async def test_only_an_administrators_application_registers_robots(
    careless: Portal, handler: Handler, client: Client
) -> None:
    employee = Client(careless, careless.authority.hand_out(27).access)
    assert await employee.refused(ADD, **robot(handler)) == (403, "ACCESS_DENIED")
    status, answer = await client.post(f"{careless.webhook}{ADD}", robot(handler))
    assert (status, answer["error"]) == (403, "WRONG_AUTH_TYPE")
    for method, more in ((UPDATE, {"FIELDS": {"NAME": "x"}}), (DELETE, {})):
        assert await client.refused(method, CODE=CODE, **more) == (400, "ERROR_ACTIVITY_NOT_FOUND")


async def test_the_designer_offers_and_saves_only_what_is_registered(
    portal: Portal, client: Client, deal: PortalCard
) -> None:
    for code, kind, filled in (
        ("chatapp_other", "deal", {"message": "x"}),
        (CODE, "lead", {"message": "x"}),
        (CODE, "deal", {"message": "x", "text": "y"}),
        (CODE, "deal", {"phone": "1"}),
    ):
        with pytest.raises(LookupError):
            portal.automation.place(code, "PREPARATION", filled, kind=kind)
    with pytest.raises(LookupError):
        portal.automation.place(CODE, "PREPARATION", {"message": "x"}, timing=RobotTiming(only_if={"WEATHER": "snow"}))
    assert portal.automation.place(CODE, "PREPARATION", {"message": "x"}).properties["async"] == "N"


async def test_a_robot_whose_time_had_not_come_when_the_portal_went_down_begins_when_it_has_and_gets_earlier_results(
    portal: Portal, client: Client, deal: PortalCard, handler: Handler, clock: HandClock
) -> None:
    portal.automation.place(CODE, "PREPARATION", {"message": "x"})
    late = RobotTiming(after=60)
    portal.automation.place(CODE, "PREPARATION", {"message": "{=A1:status} {=Document:NONE}"}, timing=late)
    await enters(portal, deal, client)
    assert await client.done(SEND, EVENT_TOKEN=portal.automation.runs[0].token, RETURN_VALUES={"status": "Y"}) is True
    await portal.vanish()
    await portal.come_back()
    assert len(handler.forms) == 1
    clock.passed += 61
    await client.done(SEND, EVENT_TOKEN=(await began(portal, 2)).token)
    await portal.automation.settled()
    assert [one["properties"]["message"] for one in handler.forms] == ["x", "Y {=Document:NONE}"]


async def test_the_robots_of_a_stage_are_called_one_after_another_each_when_the_one_before_was_answered(
    portal: Portal, client: Client, handler: Handler, deal: PortalCard
) -> None:
    for text in ("первое", "второе"):
        portal.automation.place(CODE, "PREPARATION", {"message": text, "phone": "79990000000"}, timeout=60)
    await enters(portal, deal, client)
    (first,) = handler.forms
    assert first["document_id"] == ["crm", "CCrmDocumentDeal", f"DEAL_{deal.id}"]
    assert first["document_type"] == ["crm", "CCrmDocumentDeal", "DEAL"]
    assert first["properties"] == {"message": "первое", "phone": "79990000000", "async": "N"}
    assert (first["use_subscription"], first["timeout_duration"]) == ("Y", "60")
    assert first["event_token"].count("|") == 2
    assert first["auth"]["application_token"] == portal.application_token
    assert first["auth"]["refresh_token"]
    said = {"RETURN_VALUES": {"status": "Y", "other": "x"}, "LOG_MESSAGE": "1 из 1"}
    assert await client.done(LOG, EVENT_TOKEN=first["event_token"], LOG_MESSAGE="в очереди") is True
    assert await client.done(SEND, EVENT_TOKEN=first["event_token"], **said) is True
    run, following = portal.automation.runs
    assert (run.returned, run.is_timeout, run.log) == ({"status": "Y"}, 0, ["в очереди", "1 из 1"])
    assert await client.done(SEND, EVENT_TOKEN=first["event_token"], RETURN_VALUES={"status": "N"}) is True
    assert run.returned == {"status": "Y"}
    await client.done(SEND, EVENT_TOKEN=following.token)
    await portal.automation.settled()
    assert [one["properties"]["message"] for one in handler.forms] == ["первое", "второе"]


async def test_a_step_ends_by_its_time_and_takes_no_answer_after_that(
    portal: Portal, client: Client, deal: PortalCard, clock: HandClock
) -> None:
    portal.automation.place(CODE, "PREPARATION", {"message": "x"}, timeout=60)
    await enters(portal, deal, client)
    (run,) = portal.automation.runs
    clock.passed += 61
    await portal.automation.settled()
    assert (run.state, run.is_timeout) == ("timed_out", 1)
    assert await client.done(SEND, EVENT_TOKEN=run.token, RETURN_VALUES={"status": "Y"}) is True
    assert run.returned == {}


async def test_a_token_of_nobody_answers_nothing_and_an_empty_line_is_not_logged(
    portal: Portal, client: Client, deal: PortalCard
) -> None:
    portal.automation.place(CODE, "PREPARATION", {"message": "x"}, waits=False)
    await enters(portal, deal, client)
    (run,) = portal.automation.runs
    assert run.state == "not_awaited"
    assert await client.refused(SEND, EVENT_TOKEN=f"{run.token}0") == (403, "ACCESS_DENIED")
    assert await client.refused(LOG, EVENT_TOKEN=run.token, LOG_MESSAGE="") == (400, "ERROR_EMPTY_LOG_MESSAGE")
    assert portal.problems == ["bizproc.activity.log needs LOG_MESSAGE"]
    portal.problems.clear()


async def test_a_removed_robot_is_called_by_nobody_and_a_call_can_come_twice(
    portal: Portal, client: Client, handler: Handler, deal: PortalCard
) -> None:
    portal.automation.place(CODE, "PREPARATION", {"message": "x"}, waits=False)
    portal.misbehaviour.doubled_robots = 1
    await enters(portal, deal, client)
    assert len({form["event_token"] for form in handler.forms}) == 1
    assert len(handler.forms) == 2
    assert await client.done(DELETE, CODE=CODE) is True
    await portal.staff.changes(deal, stageId="NEW")
    await portal.staff.changes(deal, stageId="PREPARATION")
    await portal.automation.settled()
    assert [run.state for run in portal.automation.runs] == ["not_awaited", "missing"]


async def fetched(url: str) -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.read()


async def test_a_documents_pdf_comes_later_and_links_serve_only_the_token_they_were_made_for(
    portal: Portal, client: Client, deal: PortalCard, clock: HandClock
) -> None:
    made = portal.server.office.add_document(deal, "Счёт 12", DOCX, PDF, pdf_after=30)
    get = "crm.documentgenerator.document.get"
    early = (await client.done(get, id=made.id))["document"]
    assert "pdfUrlMachine" not in early
    clock.passed += 31
    (late,) = (await client.done(get.replace("get", "list"), filter={"entityTypeId": 2, "entityId": deal.id}))[
        "documents"
    ]
    assert await fetched(late["pdfUrlMachine"]) == (200, b"%PDF")
    assert await fetched(late["downloadUrlMachine"]) == (200, b"docx")
    other = portal.hand_out().access
    changed = late["pdfUrlMachine"].replace(late["pdfUrlMachine"].partition("auth=")[2].partition("&")[0], other)
    assert (await fetched(changed))[0] == 403
    assert await client.refused(get, id=1) == (400, "NOT_FOUND")

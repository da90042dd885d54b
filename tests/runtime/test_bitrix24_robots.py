"""Deals of a portal that move to another stage have the desk write to clients, and their processes hear how it went."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.runtime import crm_robots
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.automation import RobotRun
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from chatapp_cli.sandbox.sms import SmsSandbox
from chatapp_cli.services import crm_intake
from tests.runtime.desk import eventually, serving
from tests.runtime.sms_desk import SmsDesk, begun

SEND = "chatapp_send_message"
STAGE = "PREPARATION"
MANY = 20


@pytest.fixture
async def desk(companies: Callable[..., Company]) -> AsyncIterator[SmsDesk]:
    company = companies(http_port=0)
    async with SmsSandbox() as gateway, Portal(rate=50.0) as portal, serving(company) as address:
        desk = await begun(company, gateway, portal, address)
        await crm_robots.install(company, desk.row())
        yield desk
        await portal.settled()
        assert portal.problems == []
        assert company.read(crm_intake.dead) == []


def places(desk: SmsDesk, text: str, *, timeout: int = 0, waits: bool = True, **filled: str) -> None:
    """An administrator puts a robot on a stage."""
    said = {"message": text, **filled}
    desk.portal.automation.place(SEND, STAGE, said, timeout=timeout, waits=waits)


async def moves(desk: SmsDesk, count: int = 1) -> list[PortalCard]:
    """New deals are moved to the stage at the same moment."""
    office = desk.portal.server.office
    deals = [
        office.add_card("deal", title=f"№ {n}", responsible=1, stage="NEW", phone=f"+7916{n:07}") for n in range(count)
    ]
    for one in deals:
        await desk.portal.staff.changes(one, stageId=STAGE)
    return deals


async def ended(desk: SmsDesk, count: int = 1, *, seconds: float = 20) -> list[RobotRun]:
    """The steps, once so many have ended and the portal was told everything."""
    runs = desk.portal.automation.runs
    await eventually(lambda: sum(run.ended.is_set() for run in runs) == count and desk.told_all(), seconds=seconds)
    return runs


@pytest.mark.req("S-170", part="a robot on a deal's stage")
@pytest.mark.req("S-174", part="the comment in the card")
@pytest.mark.req("S-175", part="what a process gets")
async def test_a_deals_move_writes_to_each_phone_once_though_the_portal_calls_twice(desk: SmsDesk) -> None:
    places(desk, "Заказ готов", phone="+7 916 123-45-67; 79160000001, 79161234567", comment="Y")
    desk.portal.misbehaviour.doubled_robots = 1
    (deal,) = await moves(desk)
    (run,) = await ended(desk)
    detail = "79161234567:Y; 79160000001:Y"
    assert run.returned == {"status": "Y", "detail": detail, "timeout": "1"}
    assert (run.state, run.is_timeout, len(run.answered)) == ("answered", 0, 2)
    assert {answer.status for answer in run.answered} == {200}
    await eventually(lambda: len(desk.received()) == 2)
    assert sorted(desk.received()) == [("79160000001", "Заказ готов"), ("79161234567", "Заказ готов")]
    await eventually(lambda: desk.portal.comments)
    (comment,) = [one for one in desk.portal.comments if one.entity == deal.id]
    assert detail in comment.text


@pytest.mark.req("S-178", part="several robots of a stage run one after another")
async def test_the_next_robot_of_a_stage_writes_when_the_one_before_was_answered(desk: SmsDesk) -> None:
    for text in ("первое", "второе", "третье"):
        places(desk, text, phone="79161234567")
    await moves(desk)
    await ended(desk, 3)
    await eventually(lambda: len(desk.received()) == 3)
    assert [text for _, text in desk.received()] == ["первое", "второе", "третье"]


async def test_a_robot_that_cannot_reach_anybody_says_so_in_its_result(desk: SmsDesk) -> None:
    places(desk, "x", phone="звоните")
    await moves(desk)
    (run,) = await ended(desk)
    assert run.returned["status"] == "N"
    assert run.returned["detail"].startswith("звоните:N:[")
    assert (run.returned["timeout"], desk.received()) == ("1", [])


async def test_a_process_that_does_not_wait_is_told_nothing(desk: SmsDesk) -> None:
    places(desk, "x", phone="79161234567", waits=False)
    await moves(desk)
    await eventually(lambda: bool(desk.received()) and desk.told_all())
    assert [call.method for call in desk.portal.calls if call.method == "bizproc.event.send"] == []


@pytest.mark.req("S-173", part="the final word, or none in time")
async def test_a_step_that_asks_for_the_final_word_ends_before_its_time_without_one(desk: SmsDesk) -> None:
    await desk.gateway.vanish()
    places(desk, "x", phone="79161234567", timeout=8, **{"async": "Y"})
    await moves(desk)
    (run,) = await ended(desk)
    assert (run.state, run.is_timeout) == ("answered", 0)
    assert run.returned["status"] == "N"
    assert run.returned["detail"].startswith("79161234567:N:[TIMEOUT]")


async def test_deals_moved_at_once_are_all_acknowledged_and_all_end(desk: SmsDesk) -> None:
    places(desk, "Заказ {=Document:ID} готов", phone="{=Document:PHONE}")
    deals = await moves(desk, MANY)
    runs = await ended(desk, MANY, seconds=60)
    assert {answer.status for run in runs for answer in run.answered} == {200}
    assert {(run.state, run.returned["status"]) for run in runs} == {("answered", "Y")}
    await eventually(lambda: len(desk.received()) == MANY)
    assert sorted(desk.received()) == [(one.phone[1:], f"Заказ {one.id} готов") for one in deals]

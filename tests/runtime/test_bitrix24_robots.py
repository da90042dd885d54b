"""Deals of a portal that move to another stage have the desk write to clients, and their processes hear how it went."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.message import SENT, State
from chatapp_cli.runtime import crm_robots
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.automation import RobotRun, RobotTiming
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from chatapp_cli.sandbox.sms import SmsSandbox
from chatapp_cli.services import crm_intake, ledger, runs, transcript
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx
from tests.runtime.brisk import BriskClock
from tests.runtime.desk import eventually, serving
from tests.runtime.sms_desk import SmsDesk, begun

SEND = "chatapp_send_message"
STAGE = "PREPARATION"
MANY = 20


@pytest.fixture
async def clock() -> BriskClock:
    """The clock of desk and portal."""
    return BriskClock()


@pytest.fixture
async def desk(companies: Callable[..., Company], clock: BriskClock) -> AsyncIterator[SmsDesk]:
    company = companies(http_port=0, clock=clock)
    async with SmsSandbox() as gateway, Portal(rate=50.0, clock=clock) as portal, serving(company) as address:
        desk = await begun(company, gateway, portal, address)
        await crm_robots.install(company, desk.row())
        yield desk
        await portal.settled()
        assert portal.problems == []
        assert company.read(crm_intake.dead) == []


def messages(desk: SmsDesk) -> list[MessageRow]:
    """The messages of all runs."""

    def of_runs(tx: Tx) -> list[MessageRow]:
        found = [part.message_id for run in runs.latest(tx) for part in runs.parts(tx, run.id)]
        return [transcript.message(tx, one) for one in found if one is not None]

    return desk.company.read(of_runs)


def places(
    desk: SmsDesk, text: str, *, timeout: int = 0, waits: bool = True, timing: RobotTiming | None = None, **filled: str
) -> None:
    """An administrator puts a robot on a stage."""
    said = {"message": text, **filled}
    when = timing or RobotTiming()
    desk.portal.automation.place(SEND, STAGE, said, timeout=timeout, waits=waits, timing=when)


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
    steps = desk.portal.automation.runs
    await eventually(lambda: sum(run.ended.is_set() for run in steps) == count and desk.told_all(), seconds=seconds)
    return steps


@pytest.mark.req("S-170")
@pytest.mark.req("S-174")
@pytest.mark.req("S-175", part="what a process gets")
async def test_a_deals_move_writes_to_each_phone_once_though_the_portal_calls_twice(
    desk: SmsDesk, clock: BriskClock
) -> None:
    clock.hurries(20)
    places(desk, "Заказ готов", phone="+7 916 123-45-67; 79160000001, 79161234567", comment="Y")
    places(desk, "Ждём вас", phone="+7 916 123-45-67")
    desk.portal.misbehaviour.doubled_robots = 1
    (deal,) = await moves(desk)
    run, uncommented = await ended(desk, 2)
    assert desk.portal.server.office.robots[run.code]["NAME"]["ru"] == "[ChatApp] - Отправить сообщение"
    detail = "79161234567:Y; 79160000001:Y"
    assert run.returned == {"status": "Y", "detail": detail, "timeout": "1"}
    assert (run.state, run.is_timeout, len(run.answered)) == ("answered", 0, 2)
    assert {answer.status for answer in run.answered} == {200}
    assert uncommented.returned == {"status": "Y", "detail": "79161234567:Y", "timeout": "1"}
    await eventually(lambda: len(desk.received()) == 3)
    assert sorted(desk.received()) == [
        ("79160000001", "Заказ готов"),
        ("79161234567", "Ждём вас"),
        ("79161234567", "Заказ готов"),
    ]
    await eventually(lambda: desk.portal.comments and desk.told_all())
    (comment,) = [one for one in desk.portal.comments if one.entity == deal.id]
    assert comment.text == f"Send a message: Done for 2 of 2.\n{detail}"


@pytest.mark.req("S-171")
async def test_a_robot_runs_in_turn_or_by_itself_at_once_or_later_and_only_where_its_condition_holds(
    desk: SmsDesk, clock: BriskClock
) -> None:
    desk.gateway.answering.clear()
    places(desk, "по очереди", phone="79160000001", **{"async": "Y"})
    places(desk, "независимо", phone="79160000002", timing=RobotTiming(independent=True))
    places(desk, "через минуту", phone="79160000003", timing=RobotTiming(after=60))
    places(desk, "при условии", phone="79160000004", timing=RobotTiming(only_if={"TITLE": "№ 0"}))
    places(desk, "не для этой", phone="79160000005", timing=RobotTiming(only_if={"TITLE": "№ 1"}))
    await moves(desk)
    steps = desk.portal.automation.runs

    def states() -> dict[str, str]:
        return {run.placed.properties["message"]: run.state for run in steps}

    await eventually(lambda: states() == {"независимо": "answered", "по очереди": "waiting"})
    desk.gateway.answering.set()
    begun = {"независимо": "answered", "по очереди": "answered", "через минуту": "waiting"}
    await eventually(lambda: states() == begun and desk.told_all())
    assert "через минуту" not in {text for _, text in desk.received()}
    clock.leaps(60)
    await ended(desk, 5)
    assert states() == {**dict.fromkeys(begun, "answered"), "при условии": "answered", "не для этой": "skipped"}
    await eventually(lambda: len(desk.received()) == 4)
    assert [text for _, text in desk.received()][2:] == ["через минуту", "при условии"]


@pytest.mark.req("S-178", part="several robots of a stage run one after another")
async def test_the_next_robot_of_a_stage_writes_when_the_one_before_was_answered(
    desk: SmsDesk, clock: BriskClock
) -> None:
    clock.hurries(20)
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


async def _down(desk: SmsDesk) -> None:
    await desk.gateway.vanish()


async def _resting(desk: SmsDesk) -> None:
    desk.gateway.busy = True


async def _slow(desk: SmsDesk) -> None:
    desk.gateway.answering.clear()


@pytest.mark.parametrize("how", [_down, _resting, _slow])
async def test_a_step_that_asks_for_the_final_word_ends_before_its_time_or_with_what_was_handed_over(
    desk: SmsDesk, clock: BriskClock, how: Callable[[SmsDesk], Awaitable[None]]
) -> None:
    await how(desk)
    places(desk, "x", phone="79161234567", timeout=60, **{"async": "Y"})
    began = clock.monotonic()
    await moves(desk)
    await eventually(
        lambda: messages(desk) and (how is _down or any("send" in one[1] for one in desk.gateway.requests))
    )
    clock.leaps(56 - (clock.monotonic() - began))
    if how is _slow:
        await eventually(lambda: "being_sent" in {row.code for row in desk.company.read(ledger.everything)})
        desk.gateway.answering.set()
    (run,) = await ended(desk)
    done = {"status": "Y", "detail": "79161234567:Y", "timeout": "1"}
    late = "79161234567:N:[TIMEOUT] It could not be sent in time"
    assert run.returned == (done if how is _slow else {"status": "N", "detail": late, "timeout": "0"})
    assert (run.state, run.is_timeout, desk.received()) == ("answered", 0, [("79161234567", "x")] * (how is _slow))
    assert {one.state in SENT for one in messages(desk)} == {how is _slow}
    assert {one.state == State.CANCELLED for one in messages(desk)} == {how is not _slow}


async def test_deals_moved_at_once_are_all_acknowledged_and_all_end(desk: SmsDesk, clock: BriskClock) -> None:
    clock.hurries(20)
    places(desk, "Заказ {=Document:ID} готов", phone="{=Document:PHONE}")
    deals = await moves(desk, MANY)
    steps = await ended(desk, MANY, seconds=60)
    assert {answer.status for run in steps for answer in run.answered} == {200}
    assert {(run.state, run.returned["status"]) for run in steps} == {("answered", "Y")}
    await eventually(lambda: len(desk.received()) == MANY)
    assert sorted(desk.received()) == [(one.phone[1:], f"Заказ {one.id} готов") for one in deals]

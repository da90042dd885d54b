"""Employees and robots of a portal send SMS by a channel of the desk, and see what became of them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.message import Origin
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.sms import SmsSandbox
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.services import crm_intake, links, pairings, transcript
from tests.daemons import Serving
from tests.rehearsals.kill import free_port
from tests.runtime.desk import eventually, serving, the_dialogs
from tests.runtime.sms_desk import CONNECTOR, LINE, SmsDesk, begun

ANNA = Customer(number=101, name="Анна", phone="+79161234567")
READY = "Заказ готов"


@pytest.fixture
async def desk(companies: Callable[..., Company]) -> AsyncIterator[SmsDesk]:
    company = companies(http_port=0)
    async with SmsSandbox() as gateway, Portal(rate=50.0) as portal, serving(company) as address:
        yield await begun(company, gateway, portal, address)
        await portal.settled()
        assert portal.problems == []


@pytest.mark.req("S-158")
async def test_an_sms_from_a_card_reaches_the_phone_once_though_the_call_is_doubled(desk: SmsDesk) -> None:
    desk.gateway.reachable, desk.portal.misbehaviour.doubled_sms = False, 1
    number = await desk.texts(ANNA.phone, READY)
    await desk.becomes(number, "sent")
    desk.gateway.settle(desk.gateway.sent[0], "1")
    await desk.becomes(number, "sent", "delivered")
    assert desk.received() == [("79161234567", READY)]
    (dialog,) = the_dialogs(desk.company)
    (entry,) = desk.company.read(lambda tx: transcript.latest(tx, dialog.id))
    assert (entry.message.text, entry.message.origin) == (READY, Origin.CRM)
    assert desk.company.read(crm_intake.dead) == []


async def test_it_stands_in_the_clients_chat_of_the_open_line_and_is_sent_from_there_to_nobody_again(
    desk: SmsDesk,
) -> None:
    desk.portal.misbehaviour.copies_return = True
    await desk.gateway.say(ANNA, "Готово?")
    await eventually(lambda: desk.shown() == ["Готово?"])
    await desk.texts(ANNA.phone, READY)
    await eventually(lambda: desk.shown() == ["Готово?", READY])
    await desk.portal.settled()
    await eventually(desk.told_all)
    assert len(the_dialogs(desk.company)) == 1
    assert desk.received() == [("79161234567", READY)]


async def test_an_sms_of_a_robot_is_shown_in_the_open_line_only_if_robots_are(desk: SmsDesk) -> None:
    desk.chooses({"show_robots": "off"})
    number, _ = await desk.portal.robot_sends_sms(desk.code, ANNA.phone, READY)
    await eventually(lambda: desk.portal.sms_statuses[number][-1:] == ["delivered"] and desk.told_all())
    assert desk.received() == [("79161234567", READY)]
    assert desk.shown() == []
    (dialog,) = the_dialogs(desk.company)
    (entry,) = desk.company.read(lambda tx: transcript.latest(tx, dialog.id))
    assert (entry.message.origin, entry.message.author) == (Origin.ROBOT, "")


async def test_a_message_that_the_gateway_does_not_get_to_the_phone_is_undelivered(desk: SmsDesk) -> None:
    desk.gateway.reachable = False
    number = await desk.texts(ANNA.phone, READY)
    await desk.becomes(number, "sent")
    desk.gateway.settle(desk.gateway.sent[0], "20")
    await desk.becomes(number, "sent", "undelivered")
    (notice,) = desk.portal.notices
    assert notice.user == 27
    assert READY in notice.text


async def test_a_message_that_the_gateway_refuses_has_failed(desk: SmsDesk) -> None:
    number = await desk.texts("+7999123", READY)
    await eventually(lambda: desk.portal.sms_statuses[number][-1:] == ["failed"] and desk.told_all())
    assert desk.received() == []
    (notice,) = desk.portal.notices
    assert notice.user == 27


@pytest.mark.parametrize(
    ("phone", "text"),
    [("+7916ABC", READY), ("", READY), ("@anna", READY), (ANNA.phone, ""), (ANNA.phone, "a" * 100_000)],
    ids=["letters", "no phone", "a username", "no words", "too many words"],
)
async def test_what_cannot_become_a_message_has_failed_with_the_reason_and_nothing_half_done(
    desk: SmsDesk, phone: str, text: str
) -> None:
    number = await desk.texts(phone, text)
    await desk.becomes(number, "failed")
    (notice,) = desk.portal.notices
    assert (notice.user, bool(notice.text)) == (27, True)
    assert desk.received() == []
    assert the_dialogs(desk.company) == []
    assert desk.company.read(crm_intake.dead) == []


async def test_a_status_whose_answer_was_lost_is_told_again(desk: SmsDesk) -> None:
    desk.gateway.reachable = False
    desk.portal.misbehaviour.lose_after["messageservice.message.status.update"] = 1
    number = await desk.texts(ANNA.phone, READY)
    await eventually(lambda: desk.portal.sms_statuses[number][-1:] == ["sent"] and desk.told_all(), seconds=30)
    assert desk.received() == [("79161234567", READY)]


async def test_without_the_option_the_provider_is_gone_and_the_line_stays(desk: SmsDesk) -> None:
    desk.chooses({"sms": "off"})
    await eventually(lambda: not desk.portal.senders)
    assert desk.portal.active == {(CONNECTOR, LINE)}
    desk.chooses({"sms": "on"})
    await eventually(lambda: len(desk.portal.senders) == 1)
    (row,) = desk.company.read(lambda tx: pairings.of_link(tx, desk.link))
    desk.company.write(lambda tx: pairings.detach(tx, row))
    await eventually(lambda: not desk.portal.senders)


async def test_a_link_that_is_removed_leaves_no_provider_there(desk: SmsDesk) -> None:
    await linking.unlink(desk.company, desk.row(), force=False)
    assert desk.company.read(links.everything) == []
    assert desk.portal.senders == {}
    assert desk.portal.active == set()


async def test_a_link_is_removed_also_while_the_portal_is_away(desk: SmsDesk) -> None:
    await desk.portal.vanish()
    await linking.unlink(desk.company, desk.row(), force=True)
    assert desk.company.read(links.everything) == []
    await desk.portal.come_back()


async def test_a_call_for_a_pairing_that_has_ended_is_kept_for_a_person(desk: SmsDesk) -> None:
    sender = dict(desk.portal.senders)
    (row,) = desk.company.read(lambda tx: pairings.of_link(tx, desk.link))
    desk.company.write(lambda tx: pairings.detach(tx, row))
    await eventually(lambda: not desk.portal.senders)
    desk.portal.senders.update(sender)
    await desk.texts(ANNA.phone, READY)
    await eventually(lambda: desk.company.read(crm_intake.dead))
    assert desk.received() == []


async def test_what_was_told_while_the_link_is_down_goes_out_when_it_is_up_again(desk: SmsDesk) -> None:
    desk.portal.misbehaviour.closed = True
    await desk.gateway.say(ANNA, "Готово?")
    await eventually(lambda: desk.row().state == LinkState.SUSPENDED)
    number = await desk.texts(ANNA.phone, READY)
    await asyncio.sleep(0.3)
    assert desk.received() == []
    desk.portal.misbehaviour.closed = False
    desk.company.write(lambda tx: links.resume(tx, desk.link))
    await eventually(lambda: desk.portal.sms_statuses[number][-1:] == ["delivered"] and desk.told_all())
    assert desk.received() == [("79161234567", READY)]


@pytest.fixture
async def killed(tmp_path: Path, empty_store: Path) -> AsyncIterator[tuple[Serving, SmsDesk]]:
    """The same desk, whose daemon is a process of its own; none runs."""
    home, port = tmp_path / "home", free_port()
    home.joinpath("main").mkdir(parents=True)
    shutil.copy(empty_store, home / "main" / "chatapp.db")
    daemons = Serving(home, port=port)
    company = daemons.company()
    try:
        async with SmsSandbox() as gateway, Portal(rate=50.0, clock=daemons.clock) as portal:
            async with serving(company):
                desk = await begun(company, gateway, portal, f"http://127.0.0.1:{port}")
            yield daemons, desk
            assert portal.problems == []
    finally:
        company.close()


async def test_a_daemon_that_is_killed_loses_no_sms_and_sends_none_twice_and_tells_its_fate(
    killed: tuple[Serving, SmsDesk],
) -> None:
    daemons, desk = killed
    fault, status = desk.portal.misbehaviour, "messageservice.message.status.update"
    async with daemons.child() as daemon:
        await eventually(lambda: desk.row().state == LinkState.OK)
        fault.closed = True
        await desk.gateway.say(ANNA, "Готово?")
        await eventually(lambda: desk.row().state == LinkState.SUSPENDED)
        number = await desk.texts(ANNA.phone, READY)
        await daemon.kill()
    fault.closed, fault.slow["batch"] = False, 2.0
    async with daemons.child() as daemon:
        await eventually(lambda: [one.last_state for one in the_dialogs(desk.company)] == ["delivered"], seconds=30)
        await eventually(lambda: any(one.method == status for one in desk.portal.calls))
        await daemon.kill()
    fault.slow.clear()
    async with daemons.child():
        await eventually(lambda: desk.portal.sms_statuses[number][-1:] == ["delivered"] and desk.told_all())
    assert desk.received() == [("79161234567", READY)]
    assert desk.shown() == ["Готово?", READY]

"""``chatapp serve`` is killed while it talks with a portal: nothing is lost, nothing is told twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.sandbox.bitrix24.misbehaviour import TOKEN
from chatapp_cli.services import crm_intake, links
from tests.runtime.desk import eventually
from tests.runtime.portal_desk import ANNA, PortalDesk, portal_desk

SEND = "imconnector.send.messages"
FIRST = "Здравствуйте"


@pytest.fixture
async def desk(tmp_path: Path, empty_store: Path) -> AsyncIterator[PortalDesk]:
    async with portal_desk(tmp_path / "home", empty_store) as found:
        yield found


@pytest.mark.req("S-115")
async def test_messages_that_were_being_told_are_shown_once_and_in_order(desk: PortalDesk) -> None:
    fault, said = desk.portal.misbehaviour, [FIRST]
    for number, faults in enumerate((fault.lose_after, fault.slow)):
        async with desk.daemons.child() as daemon:
            await eventually(lambda: desk.shown() == said and desk.told_all())
            faults[SEND] = 30 if faults is fault.slow else 1
            for text in (f"раз {number}", f"два {number}"):
                await desk.bot.say(ANNA, text)
                said.append(text)
            await eventually(lambda: said[-2] in desk.shown())
            await daemon.kill()
        fault.slow.clear()
    async with desk.daemons.child():
        await eventually(lambda: desk.shown() == said and desk.told_all())


@pytest.mark.req("S-115")
async def test_answers_reach_the_client_once_and_in_order_whether_they_were_acknowledged_or_nobody_heard_them(
    desk: PortalDesk,
) -> None:
    async with desk.daemons.child() as daemon:
        await eventually(lambda: desk.row().state == LinkState.OK)
        desk.portal.misbehaviour.closed = True
        await desk.bot.say(ANNA, "Сколько стоит?")
        await eventually(lambda: desk.row().state == LinkState.SUSPENDED)
        await desk.employee_writes("Сто рублей")
        await desk.portal.settled()
        assert len(desk.company.read(lambda tx: crm_intake.waiting(tx, desk.link))) == 1
        await daemon.kill()
    await desk.employee_writes("С доставкой")
    await desk.portal.settled()
    desk.portal.misbehaviour.closed = False
    desk.portal.misbehaviour.slow["batch"], told = 1.0, len(desk.portal.calls)
    async with desk.daemons.child():
        await eventually(lambda: len(desk.portal.calls) > told)
        await desk.employee_writes("До завтра")
        await desk.portal.settled()
        assert [event.outcome for event in desk.portal.events[-3:]] == ["delivered", "dropped", "delivered"]
        await desk.client_gets("Сто рублей", "С доставкой", "До завтра")
        await eventually(lambda: desk.told_all() and all(one.delivered for one in desk.answers()))
    assert await desk.received() == ["Сто рублей", "С доставкой", "До завтра"]


async def test_a_renewal_that_was_killed_loses_no_message_even_if_it_costs_the_link(desk: PortalDesk) -> None:
    fault, authority = desk.portal.misbehaviour, desk.portal.authority
    for number, reuse in enumerate((1, 0)):
        async with desk.daemons.child() as daemon:
            await eventually(lambda: time_passes(desk) and desk.row().state == LinkState.OK and desk.told_all())
            fault.slow[TOKEN], fault.reuse_allowed = 30, 0
            authority.expire()
            spent = len(authority.renewals)
            await desk.bot.say(ANNA, f"раз {number}")
            await eventually(lambda: len(authority.renewals) > spent and desk.row().waiting == 1)  # noqa: B023
            await daemon.kill()
        fault.slow.clear()
        fault.reuse_allowed = reuse
    async with desk.daemons.child():
        await eventually(lambda: time_passes(desk) and refused(desk))
        assert desk.row().waiting == 1
        await desk.links_again()
        await eventually(desk.told_all)
    assert desk.shown() == [FIRST, "раз 0", "раз 1"]


def refused(desk: PortalDesk) -> bool:
    """Whether a person has to link the portal again."""
    return desk.row().state == LinkState.AUTH_LOST


def time_passes(desk: PortalDesk) -> bool:
    """The next process waits for the answer of the one that was killed."""
    desk.daemons.clock.move(passed=200)
    return True


@pytest.mark.parametrize("beside_a_daemon", [False, True])
async def test_a_removal_that_was_killed_half_way_goes_on_to_its_end_and_nothing_is_built_up_again(
    desk: PortalDesk, beside_a_daemon: bool
) -> None:
    async with desk.daemons.child() as daemon:
        await eventually(lambda: desk.row().state == LinkState.OK and len(desk.portal.placements) == 4)
        if not beside_a_daemon:
            await daemon.kill()
        desk.portal.misbehaviour.slow["imconnector.unregister"] = 4
        removal = await desk.daemons.begun("crm", "unlink", "--force")
        await eventually(lambda: desk.portal.placements == [])
        removal.kill()
        await removal.wait()
        desk.portal.misbehaviour.slow.clear()
        assert (desk.row().ending is None, desk.portal.connectors == {}) == (False, False)
        assert "is being removed" in (await desk.daemons.chatapp("crm", "list"))[1]
        if beside_a_daemon:
            await eventually(lambda: time_passes(desk) and desk.company.read(links.everything) == [])
    if not beside_a_daemon:
        async with desk.daemons.child():
            await eventually(lambda: desk.company.read(links.everything) == [])
    assert (desk.portal.placements, desk.portal.bindings, desk.portal.connectors) == ([], [], {})

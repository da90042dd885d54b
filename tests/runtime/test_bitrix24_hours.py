"""What a link does by itself while hours pass: it looks, catches up, and makes its bindings whole."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.services import options
from tests.runtime.desk import eventually, serving
from tests.runtime.portal_desk import ANNA, PortalDesk, portal_desk

MINUTE = 60_000


@pytest.fixture
async def desk(tmp_path: Path, empty_store: Path) -> AsyncIterator[PortalDesk]:
    """Served in this process, by a clock that only a test moves by minutes."""
    async with portal_desk(tmp_path / "home", empty_store) as found:
        before = looked_through(found)
        async with serving(found.company):
            await eventually(lambda: looked_through(found) > before and found.row().gap is None)
            await pass_by(found, 1)
            yield found


def looked_through(desk: PortalDesk) -> int:
    """How often the chats of the portal were looked through."""
    return sum(call.method == "imopenlines.session.history.get" for call in desk.portal.calls)


def called(desk: PortalDesk) -> set[str]:
    """What the portal calls, of its bindings and pages."""
    handlers = [one.handler for one in desk.portal.bindings] + [one.handler for one in desk.portal.placements]
    return {handler.rpartition("/")[0] for handler in handlers}


def passes(desk: PortalDesk, minutes: int) -> None:
    desk.daemons.clock.move(passed=minutes * MINUTE)


async def minutes_until(desk: PortalDesk, done: Callable[[], bool]) -> float:
    """Let time pass until something is so; returns how many minutes that took."""
    began = desk.daemons.clock.now()

    def is_done() -> bool:
        if not (found := done()):
            passes(desk, 1)
        return found

    await eventually(is_done)
    return (desk.daemons.clock.now() - began) / MINUTE


async def pass_by(desk: PortalDesk, minutes: int) -> None:
    """Let minutes pass, and the link see to what is due by then."""
    passes(desk, minutes)
    by = desk.daemons.clock.now()
    await minutes_until(desk, lambda: (desk.row().proof_at or 0) > by - MINUTE // 2)


async def test_a_closed_portal_is_looked_at_every_ten_minutes_and_told_everything_once_it_is_open(
    desk: PortalDesk,
) -> None:
    fault, clock = desk.portal.misbehaviour, desk.daemons.clock
    fault.closed = True
    await desk.bot.say(ANNA, "Вы работаете?")
    await eventually(lambda: desk.row().state == LinkState.SUSPENDED)
    for _ in range(3):
        asked, at = desk.portal.requests, desk.row().look_at
        assert clock.now() < at <= clock.now() + 10 * MINUTE
        await minutes_until(desk, lambda: desk.portal.requests > asked and desk.row().look_at > clock.now())  # noqa: B023
        assert desk.row().state == LinkState.SUSPENDED
    fault.closed = False
    await minutes_until(desk, lambda: desk.row().state == LinkState.OK and desk.told_all())
    assert desk.shown() == ["Здравствуйте", "Вы работаете?"]


async def test_what_nobody_told_us_of_is_found_within_the_hour_and_what_could_not_be_read_in_five_minutes(
    desk: PortalDesk,
) -> None:
    fault = desk.portal.misbehaviour
    (chat,) = desk.portal.chats
    fault.drop_events = 1
    await desk.employee_writes("Перезвоним")
    await desk.portal.settled()
    await pass_by(desk, 50)
    assert (await desk.received(), desk.row().gap) == ([], None)
    fault.unreadable_chats[chat.id] = "ACCESS_ERROR"
    assert await minutes_until(desk, lambda: (desk.row().proof_at or 0) > (desk.row().gap_until or math.inf)) < 15
    fault.unreadable_chats.clear()
    assert await desk.received() == []
    assert 4 < await minutes_until(desk, lambda: desk.row().gap is None) < 15
    await desk.client_gets("Перезвоним")


async def test_a_portal_that_comes_back_is_caught_up_without_anybody_asking_for_it(desk: PortalDesk) -> None:
    await desk.portal.vanish()
    await desk.bot.say(ANNA, "Есть доставка?")
    await eventually(lambda: desk.row().state == LinkState.LIMITED)
    await desk.employee_writes("Есть")
    await desk.portal.come_back()
    assert [event.outcome for event in desk.portal.events][-1] != "delivered"
    await minutes_until(desk, lambda: desk.row().state == LinkState.OK and desk.told_all())
    await desk.client_gets("Есть")


async def test_a_change_of_the_public_address_leads_all_that_the_portal_calls_there_and_leaves_nothing_behind(
    desk: PortalDesk,
) -> None:
    before = {one.event for one in desk.portal.bindings}
    there = desk.address.replace("127.0.0.1", "localhost")
    desk.company.write(lambda tx: options.configure_company(tx, {"public_url": there}))
    hook = f"{there}/hooks/{desk.row().hook_key}"
    await eventually(lambda: called(desk) == {hook})
    assert {one.event for one in desk.portal.bindings} == before
    await desk.employee_writes("Слышите?")
    await desk.client_gets("Слышите?")

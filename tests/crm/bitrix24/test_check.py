"""Each thing that a doctor asks a portal: as it is when sound, and as it is when broken, with what to do."""

from __future__ import annotations

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.connector import Finding
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from tests.crm.bitrix24.desk import OfficeDesk, pairing
from tests.unit.kit.worlds import NOON, held_world


async def checked(desk: OfficeDesk) -> dict[str, Finding]:
    assert desk.bound
    return {one.name: one for one in await desk.crm.check(desk.bound)}


def broken(found: dict[str, Finding]) -> dict[str, str]:
    """What is wrong, and nothing of it without a next step."""
    assert all(one.next_step for one in found.values() if not one.ok)
    return {name: str(one.what) for name, one in found.items() if not one.ok}


@pytest.mark.req("S-197")
async def test_nothing_is_wrong_with_a_sound_link(session: Bitrix24Session, desk: OfficeDesk) -> None:
    found = await checked(desk)
    assert broken(found) == {}
    assert set(found) == {"tokens", "scopes", "owner", "clock", "events", "echo"}
    assert str(found["owner"].what).startswith("The application belongs to ")
    assert str(found["clock"].what) == "Our clock and the portal's agree."
    assert str(found["echo"].what).startswith("A test event came back in ")


async def test_the_ages_of_the_tokens_are_told(session: Bitrix24Session, desk: OfficeDesk, world: World) -> None:
    await world.clock.sleep(10 * 60)
    said = str((await checked(desk))["tokens"].what)
    assert "renewed 10 minutes ago, ends in 50 minutes, and can be renewed for 179 days" in said
    await world.clock.sleep(2 * 3600)
    assert "renewed 0 minutes ago, ends in 60 minutes" in str((await checked(desk))["tokens"].what)


@pytest.mark.parametrize("scope", ["crm", "im", "disk"])
async def test_a_right_that_the_application_lacks_is_named(
    session: Bitrix24Session, desk: OfficeDesk, portal: Portal, scope: str
) -> None:
    portal.misbehaviour.missing_scopes = {scope}
    assert broken(await checked(desk)) == {"scopes": f"The rights {scope} are lacking."}


async def test_an_owner_who_left_or_is_no_administrator_is_named(
    session: Bitrix24Session, desk: OfficeDesk, portal: Portal
) -> None:
    owner = portal.employees[1]
    owner.admin = False
    assert "is no administrator" in broken(await checked(desk))["owner"]
    owner.active = False
    assert "has left the portal: the link will end" in broken(await checked(desk))["owner"]
    portal.authority.owner_is_active = False
    assert "lacks a right, or its owner does" in broken(await checked(desk))["tokens"]


@pytest.mark.parametrize("seconds", [-300, 90])
async def test_clocks_that_are_apart_are_told(portal: Portal, seconds: int) -> None:
    async with OfficeDesk(portal, held_world(NOON + seconds * 1000)) as desk:
        await desk.install()
        async with desk.session() as session:
            await session.arrange([pairing()])
        assert broken(await checked(desk)) == {"clock": f"Our clock and the portal's are {abs(seconds)} seconds apart."}


async def test_bindings_that_lack_or_are_double_are_named(
    session: Bitrix24Session, desk: OfficeDesk, portal: Portal
) -> None:
    gone = next(one for one in portal.bindings if one.event == "ONIMCONNECTORMESSAGEADD")
    portal.bindings.remove(gone)
    assert broken(await checked(desk)) == {"events": "Bitrix24 does not tell this desk: OnImConnectorMessageAdd."}
    other = type(gone)(event=gone.event, handler="http://localhost:1/hooks/old/event", id=1)
    portal.bindings.extend((gone, other))
    assert broken(await checked(desk)) == {"events": "Bitrix24 tells twice: OnImConnectorMessageAdd."}


async def test_settings_of_a_line_that_double_deals_are_named_with_the_line(
    session: Bitrix24Session, desk: OfficeDesk, portal: Portal
) -> None:
    portal.add_line("Опт", CRM_CREATE="deal", CRM_CREATE_THIRD="N")
    (said,) = broken(await checked(desk)).values()
    assert said.startswith("Open line «Опт»: The open line makes a new deal for every conversation")


async def test_a_test_event_that_is_lost_is_told(session: Bitrix24Session, desk: OfficeDesk, portal: Portal) -> None:
    portal.misbehaviour.drop_events = 1
    assert broken(await checked(desk)) == {"echo": "A test event of the portal did not come back in 30 seconds."}


async def test_a_test_event_that_comes_late_is_told_with_its_delay() -> None:
    async with Portal() as portal, OfficeDesk(portal, system_world()) as desk:
        await desk.install()
        async with desk.session() as session:
            await session.arrange([pairing()])
        await portal.settled()
        portal.misbehaviour.late_events = 1.5
        said = (await checked(desk))["echo"]
        seconds = float(str(said.what).removeprefix("A test event came back in ").removesuffix(" seconds."))
        assert said.ok
        assert 1.5 <= seconds < 6


async def test_an_application_that_is_not_installed_is_told(desk: OfficeDesk) -> None:
    await desk.link()
    assert "not installed" in broken(await checked(desk))["tokens"]

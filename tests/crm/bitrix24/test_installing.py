"""Installing: only the named portal, only in time, proved before it is used, and nothing of it is seen outside."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
import pytest

from chatapp_cli.crm.bitrix24.record import OFFER, Offer, installation
from chatapp_cli.domain.crm.events import LinkInstalled, LinkRemoved
from chatapp_cli.domain.errors import NeedsRebind, Retryable, UsageError
from chatapp_cli.kit import records
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.misbehaviour import TOKEN
from tests.contract.connector_contract import ScriptedAsker
from tests.crm.bitrix24.desk import LINE, WHATSAPP, OfficeDesk, pairing

MINUTE = 60.0


def event_form(portal: Portal, **other: str) -> dict[str, str]:
    pair = portal.hand_out()
    auth = {
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "expires_in": "3600",
        "domain": portal.domain,
        "client_endpoint": portal.client_endpoint,
        "member_id": portal.member_id,
        "application_token": portal.application_token,
        "user_id": "1",
        **other,
    }
    return {"event": "ONAPPINSTALL", "data[VERSION]": "1", **{f"auth[{name}]": said for name, said in auth.items()}}


@pytest.mark.parametrize("form", ["event", "page"])
async def test_both_forms_of_an_installation_let_a_session_begin(desk: OfficeDesk, portal: Portal, form: str) -> None:
    await desk.install(form)
    assert desk.events == [LinkInstalled()]
    async with desk.session() as session:
        await session.prove()
    assert portal.calls[-1].method == "scope"


async def test_an_installation_is_proved_to_its_end_although_its_session_is_stopped(
    desk: OfficeDesk, portal: Portal
) -> None:
    await desk.install()
    portal.misbehaviour.slow[TOKEN] = 0.2
    opening = asyncio.create_task(prove(desk))
    while not portal.authority.renewals:
        await asyncio.sleep(0.01)
    opening.cancel()
    await asyncio.wait({opening})
    await prove(desk)
    assert len(portal.authority.renewals) == 1


@pytest.mark.parametrize("fault", ["lose_before", "html", "lose_after"])
async def test_an_installation_without_an_answer_is_proved_once_more_and_needs_another_if_that_was_lost(
    desk: OfficeDesk, portal: Portal, fault: str
) -> None:
    await desk.install()
    portal.misbehaviour.html_status = 404
    getattr(portal.misbehaviour, fault)[TOKEN] = 1
    with pytest.raises(Retryable):
        await prove(desk)
    if fault == "lose_after":
        with pytest.raises(NeedsRebind, match="install_lost"):
            await prove(desk)
        assert len(portal.authority.renewals) == 2
        await desk.install()
    await prove(desk)


@pytest.mark.parametrize("answered", [False, True])
async def test_an_installation_that_was_being_proved_when_its_process_was_killed_is_taken_over(
    desk: OfficeDesk, portal: Portal, world: World, *, answered: bool
) -> None:
    await desk.install()
    assert desk.bound
    offer = await records.remembered(desk.bound.memory, OFFER, Offer)
    assert offer
    if answered:
        portal.misbehaviour.lose_after[TOKEN] = 1
        with pytest.raises(Retryable):
            await prove(desk)
    taken = msgspec.structs.replace(offer, taken="a process that was killed")
    await desk.bound.memory.save({OFFER: records.written(taken)})
    before = world.clock.monotonic()
    if answered:
        with pytest.raises(NeedsRebind, match="install_lost"):
            await prove(desk)
    else:
        await prove(desk)
    assert world.clock.monotonic() - before >= 20
    assert "install_lost" in manifest("bitrix24").errors


async def prove(desk: OfficeDesk) -> None:
    async with desk.session() as session:
        await session.prove()


async def test_the_code_of_the_browser_is_redeemed_by_the_session_once(desk: OfficeDesk, portal: Portal) -> None:
    bound = await desk.link()
    query = dict(parse_qsl(urlsplit(portal.authorise(desk.address("code"), bound.secrets["state"])).query))
    assert (await desk.accept("code", method="GET", **query)).status == 200
    assert desk.events == [LinkInstalled()]
    assert (await desk.accept("code", method="GET", **query)).status == 403
    async with desk.session() as session:
        assert await session.arrange([pairing()]) == {}
        await portal.settled()
    known = await installation(bound)
    assert known
    assert known.application_token == portal.application_token


async def test_a_code_with_another_state_is_refused_and_nothing_is_kept(desk: OfficeDesk, portal: Portal) -> None:
    bound = await desk.link()
    query = dict(parse_qsl(urlsplit(portal.authorise(desk.address("code"), "other")).query))
    assert (await desk.accept("code", method="GET", **query)).status == 403
    assert await bound.memory.known() == {}


async def test_before_the_installation_a_session_says_what_it_waits_for(desk: OfficeDesk) -> None:
    await desk.link()
    with pytest.raises(NeedsRebind, match="not_installed"):
        async with desk.session():
            pass


@pytest.mark.parametrize(
    "other",
    [
        {"domain": "evil.bitrix24.ru", "client_endpoint": "https://evil.bitrix24.ru/rest/"},
        {"client_endpoint": "https://evil.bitrix24.ru/rest/"},
        {"member_id": ""},
        {"access_token": ""},
        {"refresh_token": "x" * 3000},
    ],
)
async def test_an_installation_of_another_portal_is_refused(
    desk: OfficeDesk, portal: Portal, other: dict[str, str]
) -> None:
    bound = await desk.link()
    assert (await desk.accept("install", urlencode(event_form(portal, **other)).encode())).status == 403
    assert await bound.memory.known() == {}


async def test_an_installation_after_ten_minutes_is_refused(desk: OfficeDesk, portal: Portal, world: World) -> None:
    bound = await desk.link()
    await world.clock.sleep(10 * MINUTE)
    assert (await portal.install(desk.address("install"))).status == 403
    assert await bound.memory.known() == {}
    await desk.link(bound)
    assert (await portal.install(desk.address("install"))).status == 200


async def test_a_forged_installation_is_dropped_by_the_session(desk: OfficeDesk, portal: Portal) -> None:
    bound = await desk.link()
    forged = event_form(portal, access_token="forged", refresh_token="forged")
    assert (await desk.accept("install", urlencode(forged).encode())).status == 200
    with pytest.raises(NeedsRebind):
        async with desk.session():
            pass
    assert OFFER not in await bound.memory.known()
    assert await installation(bound) is None


async def test_a_forged_installation_takes_nothing_from_one_that_holds(desk: OfficeDesk, portal: Portal) -> None:
    await desk.install()
    assert desk.bound is not None
    async with desk.session() as session:
        await session.prove()
    held = await installation(desk.bound)
    forged = event_form(portal, access_token="forged", refresh_token="forged", member_id="other")
    await desk.accept("install", urlencode(forged).encode())
    async with desk.session() as session:
        assert str(LINE) in {one.id for one in await session.places()}
    assert held is not None
    assert await installation(desk.bound) == held
    assert OFFER not in await desk.bound.memory.known()


async def test_tokens_of_another_application_are_refused(desk: OfficeDesk, portal: Portal, world: World) -> None:
    async with Portal(name="south", clock=world.clock) as south:
        bound = await desk.link()
        pair = south.hand_out()
        forged = event_form(portal, access_token=pair.access, refresh_token=pair.refresh)
        await desk.accept("install", urlencode(forged).encode())
        with pytest.raises(NeedsRebind):
            async with desk.session():
                pass
        assert await installation(bound) is None


async def test_the_removal_of_the_application_is_told_once(desk: OfficeDesk, portal: Portal) -> None:
    await desk.install()
    async with desk.session() as session:
        await session.arrange([])
        await portal.staff.uninstalls()
        await portal.settled()
    assert desk.events == [LinkInstalled(), LinkRemoved()]


async def test_a_token_that_the_portal_withdrew_has_to_be_linked_anew(desk: OfficeDesk, portal: Portal) -> None:
    await desk.install()
    async with desk.session() as session:
        portal.authority.withdraw()
        with pytest.raises(NeedsRebind):
            await session.prove()


async def test_no_secret_is_seen_in_logs_and_representations(
    desk: OfficeDesk, portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await desk.install()
    async with desk.session() as session:
        portal.authority.expire()
        await session.arrange([pairing()])
        portal.authority.withdraw()
        with pytest.raises(NeedsRebind) as caught:
            await session.prove()
    shown = caplog.text + repr(desk.bound) + repr(caught.value) + caught.value.detail + repr(desk.replies)
    assert [secret for secret in portal.authority.secrets if secret in shown] == []


class Asked(ScriptedAsker):
    """Shows what it was shown."""

    def lines(self) -> list[str]:
        return [str(line) for notice in self.notices for line in notice.lines]


async def test_the_linking_shows_the_addresses_and_the_link_to_consent(desk: OfficeDesk, portal: Portal) -> None:
    asker = Asked(desk.answers)
    bound = await desk.crm.link(asker, hook_key="k" * 22, public_url=f"{desk.url}/")
    assert [line.rpartition("/")[2].split()[0] for line in asker.lines()] == ["event", "install", "code"]
    assert all(f"{desk.url}/hooks/{bound.hook_key}/" in line for line in asker.lines())
    link = urlsplit(asker.notices[-1].link)
    assert f"{link.scheme}://{link.netloc}{link.path}" == f"{portal.address}/oauth/authorize/"
    assert bound.account == portal.domain
    again = await desk.crm.link(asker, hook_key="k" * 22, public_url=desk.url, previous=bound)
    assert (again.hook_key, again.secrets["grant"]) == (bound.hook_key, bound.secrets["grant"])
    assert again.secrets["state"] != bound.secrets["state"]


@pytest.mark.parametrize(
    ("said", "account"),
    [
        ("Demo.Bitrix24.ru", "demo.bitrix24.ru"),
        ("https://demo.bitrix24.ru/crm/deal/?x=1", "demo.bitrix24.ru"),
        ("https://demo.bitrix24.ru:443", "demo.bitrix24.ru"),
        ("demo.bitrix24.ru.", "demo.bitrix24.ru"),
        ("https://портал.рф", "xn--80awhdgm.xn--p1ai"),
        ("http://localhost:8080", "localhost:8080"),
    ],
)
async def test_a_portal_is_known_by_its_canonical_host(desk: OfficeDesk, said: str, account: str) -> None:
    bound = await desk.crm.link(ScriptedAsker({**desk.answers, "portal": said}), hook_key="k" * 22, public_url=desk.url)
    assert bound.account == account


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("portal", ""),
        ("portal", "http://demo.bitrix24.ru"),
        ("portal", "https://user:word@demo.bitrix24.ru"),
        ("portal", "https://de mo"),
        ("portal", "https://x:99999"),
        ("auth_server", "http://oauth.bitrix24.tech"),
        ("client_id", " "),
        ("client_secret", ""),
    ],
)
async def test_a_wrong_answer_is_blamed_at_its_field(desk: OfficeDesk, field: str, said: str) -> None:
    asker = ScriptedAsker({**desk.answers, field: said})
    with pytest.raises(UsageError):
        await desk.crm.link(asker, hook_key="k" * 22, public_url=desk.url)
    assert list(asker.blamed) == [field]


async def test_a_link_is_not_turned_to_another_portal(desk: OfficeDesk) -> None:
    bound = await desk.link()
    asker = ScriptedAsker({**desk.answers, "portal": "other.bitrix24.ru"})
    with pytest.raises(UsageError):
        await desk.crm.link(asker, hook_key="k" * 22, public_url=desk.url, previous=bound)
    assert list(asker.blamed) == ["portal"]


async def test_another_portal_at_the_same_address_is_refused_and_changes_nothing(
    desk: OfficeDesk, portal: Portal
) -> None:
    await desk.install()
    assert desk.bound
    await prove(desk)
    memory = desk.bound.memory
    before = await memory.known()
    portal.authority.become("south")
    desk.bound = replace(await desk.link(desk.bound), memory=memory)
    await desk.install()
    with pytest.raises(NeedsRebind, match="other_portal"):
        await prove(desk)
    assert await memory.known() == before
    assert "other_portal" in manifest("bitrix24").errors


@pytest.mark.parametrize("expired", [False, True], ids=["the token lives", "the token has expired"])
async def test_a_portal_that_moved_is_followed_and_remembered(
    desk: OfficeDesk, portal: Portal, *, expired: bool
) -> None:
    await desk.install()
    async with desk.session() as session:
        await session.prove()
        renewed = len(portal.authority.renewals)
        if expired:
            portal.authority.expire()
        await portal.moves()
        await session.prove()
        assert len(portal.authority.renewals) == renewed + 1
        assert await session.arrange([pairing()]) == {}
    assert desk.bound
    known = await installation(desk.bound)
    assert known
    assert known.endpoint == portal.client_endpoint
    assert (WHATSAPP, LINE) in portal.active


async def test_an_installation_whose_tokens_belong_to_another_address_is_not_used(
    desk: OfficeDesk, portal: Portal
) -> None:
    await desk.install()
    await portal.moves()
    with pytest.raises(NeedsRebind, match="install_forged"):
        async with desk.session():
            pass
    assert desk.bound
    assert await installation(desk.bound) is None

"""An account is made as the pairings say, nothing is done twice, and nothing of others is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.crm.amocrm.record import SCOPE
from chatapp_cli.domain.crm.entry import CrmReceipt
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.errors import ChannelError, Misconfigured, Rejected, Retryable
from chatapp_cli.kit.crms import manifest
from chatapp_cli.sandbox.amocrm import Account
from tests.crm.amocrm.desk import MARK, SALES, AmoDesk, entry, pairing

SERVICE = 3383160


def writes(account: Account) -> list[str]:
    """What was changed, by method and path."""
    return [f"{one.method} {one.path}" for one in account.calls if one.method != "GET" and "/api/" in one.path]


@pytest.mark.req("S-185", part="sources")
async def test_each_pairing_is_a_source_that_leads_into_its_pipeline(session: AmoSession, account: Account) -> None:
    two = [pairing(), pairing("telegram", SERVICE, 2)]
    assert await session.arrange(two) == {}
    assert [(one.external_id, one.pipeline, one.name) for one in account.sources] == [
        (f"chatapp-{MARK}-1", SALES, "WhatsApp: +79990000000"),
        (f"chatapp-{MARK}-2", SERVICE, "Telegram: +79990000000"),
    ]
    before = len(writes(account))
    assert await session.arrange(two) == {}
    assert writes(account)[before:] == []


async def test_a_pairing_that_moves_changes_its_source_and_one_that_ends_takes_it_away(
    session: AmoSession, account: Account
) -> None:
    account._desk.office.sources[0].default = True
    await session.arrange([pairing(place=SERVICE)])
    [moved] = account.sources
    assert (moved.external_id, moved.pipeline, moved.default) == (f"chatapp-{MARK}-1", SERVICE, True)
    await session.arrange([])
    assert account.sources == []


async def test_sources_and_webhooks_of_others_stay(desk: AmoDesk, account: Account, world: object) -> None:
    await desk.link()
    await desk.allow()
    async with desk.session() as session:
        await session._api.post("/api/v4/sources", [{"name": "Сайт", "external_id": "line-3-wa"}])  # type: ignore[attr-defined]
        other = {"destination": "https://other.example.ru/hook", "settings": ["add_lead"]}
        await session._api.post("/api/v4/webhooks", other)  # type: ignore[attr-defined]
        await session.arrange([pairing()])
        await session.depart()
    assert [one.external_id for one in account.sources] == ["line-3-wa"]
    assert [one.destination for one in account.webhooks] == ["https://other.example.ru/hook"]
    assert account.channel.connected is False


async def test_a_pipeline_that_is_gone_is_refused_and_the_others_work(session: AmoSession, account: Account) -> None:
    refused = await session.arrange([pairing(), pairing("telegram", 77, 2)])
    assert {number: said(error) for number, error in refused.items()} == {2: (Rejected, "place_gone")}
    assert [one.external_id for one in account.sources] == [f"chatapp-{MARK}-1"]
    assert isinstance((await session.deliver([entry()]))[0], CrmReceipt)


def said(error: ChannelError) -> tuple[type[ChannelError], str]:
    return type(error), error.code


async def test_an_account_without_several_sources_refuses_the_pairing_with_its_reason(
    desk: AmoDesk, account: Account
) -> None:
    await desk.link()
    await desk.allow()
    account.misbehaviour.refuse["POST /api/v4/sources"] = (403, {"title": "Forbidden", "status": 403})
    async with desk.session() as session:
        refused = await session.arrange([pairing()])
    assert {number: said(error) for number, error in refused.items()} == {1: (Rejected, "no_source")}


async def test_a_source_whose_answer_was_lost_is_not_made_twice(desk: AmoDesk, account: Account) -> None:
    await desk.link()
    await desk.allow()
    account.misbehaviour.lose_after["POST /api/v4/sources"] = 1
    async with desk.session() as session:
        with pytest.raises(Retryable, match="no_answer"):
            await session.arrange([pairing()])
        account.sources.clear()
        account.misbehaviour.refuse["POST /api/v4/sources"] = (200, {"_embedded": {"sources": []}})
        with pytest.raises(Retryable, match="strange_answer"):
            await session.arrange([pairing()])
        account.misbehaviour.refuse.clear()
        assert await session.arrange([pairing()]) == {}
    assert [one.external_id for one in account.sources] == [f"chatapp-{MARK}-1"]


async def test_the_chats_are_connected_in_every_session_under_the_same_scope(desk: AmoDesk, account: Account) -> None:
    bound = await desk.link()
    await desk.allow()
    for _ in range(2):
        async with desk.session() as session:
            await session.arrange([])
    assert account.channel.connected is True
    assert account.channel.scope_id in (await bound.memory.known(SCOPE))[SCOPE]


async def test_without_chats_the_account_calls_one_address_for_notes_and_a_disabled_one_is_made_anew(
    noting: AmoSession, desk: AmoDesk, account: Account
) -> None:
    [hook] = account.webhooks
    assert (hook.destination, sorted(hook.settings)) == (desk.address("account"), ["note_lead"])
    before = len(writes(account))
    await noting.arrange([pairing()])
    assert writes(account)[before:] == []
    hook.disabled = True
    await noting.arrange([pairing()])
    [hook] = account.webhooks
    assert hook.disabled is False
    hook.settings = ["add_lead"]
    await noting.arrange([pairing()])
    assert [sorted(one.settings) for one in account.webhooks] == [["note_lead"]]


async def test_a_tariff_without_webhooks_is_named_where_they_are_needed(desk: AmoDesk, account: Account) -> None:
    account.misbehaviour.no_webhooks = True
    await desk.link(channel=False, way="token", token=account.long_lived(400))
    async with desk.session() as session:
        with pytest.raises(Misconfigured, match="no_webhooks"):
            await session.arrange([pairing()])


async def test_an_account_without_chats_says_so(desk: AmoDesk, account: Account) -> None:
    await desk.link()
    await desk.allow()
    about = {"id": account.id, "subdomain": "hvoya", "current_user_id": 1, "name": "Хвоя"}
    account.misbehaviour.refuse["GET /api/v4/account"] = (200, about)
    async with desk.session() as session:
        with pytest.raises(Misconfigured, match="no_chats_in_account"):
            await session.arrange([pairing()])


async def test_places_are_the_pipelines_the_main_one_first_and_none_is_mended(session: AmoSession) -> None:
    places = await session.places()
    assert (places[0].id, places[0].name, places[0].active) == (str(SALES), "Продажи", True)
    assert await session.mend(str(SALES), []) == Place(id=str(SALES), name="Продажи")
    with pytest.raises(Rejected, match="place_gone"):
        await session.mend("77", [])


async def test_employees_are_those_who_are_active_under_their_numbers(session: AmoSession, account: Account) -> None:
    gone = list(account.users)[-1]
    await account.staff.dismisses(gone)
    found = {one.id: one.name for one in await session.employees()}
    assert found == {str(number): one.name for number, one in account.users.items() if number != gone}


def test_the_manifest_names_only_options_that_the_code_reads_and_explains_what_it_raises() -> None:
    program = Path(__file__).parents[3] / "chatapp_cli"
    read = [*(program / "crm" / "amocrm").glob("*.py"), *(program / "domain" / "crm").glob("*.py")]
    code = "".join(path.read_text("utf-8") for path in read)
    about = manifest("amocrm")
    named = {field.name for field in about.pairing_fields}
    assert {name for name in named if f'"{name}"' not in code} == set()
    assert {name for there in about.channels.values() for name in there.options} == named

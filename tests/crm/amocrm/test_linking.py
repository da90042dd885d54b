"""Linking: only hosts of amoCRM, a state that works once and not for long, and tokens that are nobody else's."""

from __future__ import annotations

import asyncio
import logging
import re
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from chatapp_cli.crm.amocrm.hosts import account_of, chats_of, consent_of
from chatapp_cli.crm.amocrm.names import OurIds
from chatapp_cli.crm.amocrm.record import HELD, OFFER, HeldAccount, OfferedCode, integration
from chatapp_cli.domain.crm.entry import CrmReceipt
from chatapp_cli.domain.crm.events import LinkInstalled, LinkRemoved
from chatapp_cli.domain.errors import NeedsRebind, Retryable, UsageError
from chatapp_cli.domain.ids import PairingId
from chatapp_cli.kit import records
from chatapp_cli.kit.system import SystemChance, SystemClock
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.amocrm import TOKEN, Account
from tests.crm.amocrm.desk import AmoDesk, entry, pairing

DAY = 86_400.0
MINUTE = 60.0


@pytest.mark.parametrize(
    ("said", "origin"),
    [
        ("demo.amocrm.ru", "https://demo.amocrm.ru"),
        ("demo", "https://demo.amocrm.ru"),
        (" https://Demo.amocrm.ru/leads/pipeline/1 ", "https://demo.amocrm.ru"),
        ("new-demo.kommo.com", "https://new-demo.kommo.com"),
        ("demo.amocrm.com", "https://demo.amocrm.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_account_is_named_by_its_name_its_host_or_a_link_into_it(said: str, origin: str) -> None:
    assert account_of(said) == origin
    assert account_of(origin) == origin


@pytest.mark.parametrize(
    "said",
    [
        "", "demo.example.ru", "amocrm.ru", "www.amocrm.ru", "amojo.amocrm.ru", "a.b.amocrm.ru",
        "demo.amocrm.ru.evil.ru", "demoamocrm.ru", "demo.amocrm.ru:8443", "http://demo.amocrm.ru",
        "https://user@demo.amocrm.ru", "http://10.0.0.1", "https://127.0.0.1", "https://demo.amocrm.ru@evil.ru",
    ],
)  # fmt: skip
def test_no_other_host_is_taken_for_an_account(said: str) -> None:
    with pytest.raises(UsageError):
        account_of(said)


def test_the_chats_and_the_page_of_consent_are_the_vendors_of_the_account() -> None:
    assert chats_of("https://demo.amocrm.ru") == "https://amojo.amocrm.ru"
    assert chats_of("https://demo.kommo.com", "amojo.kommo.com") == "https://amojo.kommo.com"
    assert chats_of("http://127.0.0.1:1", "http://127.0.0.1:2") == "http://127.0.0.1:2"
    assert consent_of("https://demo.kommo.com") == "https://www.kommo.com/oauth"
    for account, said in (("https://demo.amocrm.ru", "https://evil.ru"), ("http://127.0.0.1:1", "https://evil.ru")):
        with pytest.raises(UsageError, match="chats"):
            chats_of(account, said)


async def test_the_hook_of_an_integration_that_was_switched_off_ends_the_link_once_for_its_tokens(
    desk: AmoDesk, account: Account
) -> None:
    await desk.link()
    address = desk.address("revoked")
    assert [str(one.params["url"]) for one in desk.asker.forms[-1].intro if "url" in one.params].count(address) == 1
    assert await account.consent.tells_of_the_end(address) == 403
    await desk.allow()
    await prove(desk)
    assert [await account.consent.switches_off(address) for _ in range(2)] == [200, 200]
    assert desk.events == [LinkInstalled(), LinkRemoved()]


@pytest.mark.parametrize(
    ("name", "said"),
    [("signature", "0" * 64), ("signature", ""), ("signature", "я"), ("account_id", "1"), ("client_uuid", "other")],
)
async def test_such_a_hook_without_its_signature_or_of_another_account_is_refused(
    desk: AmoDesk, account: Account, name: str, said: str
) -> None:
    await desk.link()
    await desk.allow()
    await prove(desk)
    await account.consent.tells_of_the_end(desk.address("revoked"))
    query = {**desk.requests[-1].query, name: said}
    assert (await desk.accept("revoked", method="GET", query=query)).status == 403


async def test_an_administrator_allows_the_integration_and_a_session_begins(desk: AmoDesk, account: Account) -> None:
    bound = await desk.link()
    link = urlsplit(desk.asker.notices[-1].link or "")
    assert parse_qs(link.query)["client_id"] == [account.client_id]
    with pytest.raises(NeedsRebind, match="not_allowed_yet"):
        await prove(desk)
    assert (await desk.allow()).status == 200
    assert desk.events == [LinkInstalled()]
    await prove(desk)
    known = await records.remembered(bound.memory, HELD, HeldAccount)
    assert known is not None
    assert (known.number, known.amojo_id, known.origin) == (account.id, account.amojo_id, account.address)


async def prove(desk: AmoDesk) -> None:
    async with desk.session() as session:
        await session.prove()


async def test_a_code_is_redeemed_once_whoever_brings_it_again(desk: AmoDesk, account: Account) -> None:
    bound = await desk.link()
    told = {name: one[0] for name, one in parse_qs(urlsplit(account.authorise(bound.secrets["state"])).query).items()}
    assert (await desk.accept("code", method="GET", query=told)).status == 200
    assert (await desk.accept("code", method="GET", query=told)).status == 403
    await prove(desk)
    await prove(desk)
    assert [one.body["grant_type"] for one in account.calls if one.path == TOKEN] == ["authorization_code"]


async def test_sessions_that_find_the_same_code_redeem_it_once_and_all_begin() -> None:
    world = World(clock=SystemClock(), chance=SystemChance())
    async with Account() as account, AmoDesk(account, world) as desk:
        await desk.link()
        await desk.allow()
        account.misbehaviour.slow[TOKEN] = 0.1
        await asyncio.gather(*(prove(desk) for _ in range(3)))
    assert [one.path for one in account.calls].count(TOKEN) == 1


async def test_a_session_that_is_stopped_while_it_redeems_the_code_does_not_lose_the_tokens(
    desk: AmoDesk, account: Account
) -> None:
    await desk.link()
    await desk.allow()
    account.misbehaviour.slow[TOKEN] = 0.2
    opening = asyncio.create_task(prove(desk))
    while not account.calls:
        await asyncio.sleep(0.01)
    opening.cancel()
    await asyncio.wait({opening})
    await prove(desk)
    assert [one.path for one in account.calls].count(TOKEN) == 1


async def test_a_code_that_a_killed_session_took_is_not_presented_again(desk: AmoDesk, account: Account) -> None:
    bound = await desk.link()
    await desk.allow()
    offer = await records.remembered(bound.memory, OFFER, OfferedCode)
    assert offer is not None
    await bound.memory.save({OFFER: records.written(msgspec.structs.replace(offer, taken=True))})
    for code in ("code_refused", "not_allowed_yet"):
        with pytest.raises(NeedsRebind, match=code):
            await prove(desk)
    assert account.calls == []


@pytest.mark.parametrize(
    "forged",
    [
        {"state": "guess"}, {"state": ""}, {"referer": "evil.ru"}, {"referer": "other.amocrm.ru"}, {"referer": ""},
        {"client_id": "another"}, {"code": ""}, {"code": "x" * 5000},
    ],
)  # fmt: skip
async def test_a_forged_redirect_stores_nothing_and_asks_nobody(
    desk: AmoDesk, account: Account, forged: dict[str, str]
) -> None:
    bound = await desk.link()
    told = {name: one[0] for name, one in parse_qs(urlsplit(account.authorise(bound.secrets["state"])).query).items()}
    assert (await desk.accept("code", method="GET", query={**told, **forged})).status == 403
    assert await bound.memory.known() == {}
    assert account.calls == []


async def test_a_state_is_good_for_ten_minutes(desk: AmoDesk, world: World) -> None:
    await desk.link()
    await world.clock.sleep(10 * MINUTE)
    assert (await desk.allow()).status == 403
    assert desk.events == []


async def test_a_refusal_of_the_administrator_changes_nothing(desk: AmoDesk) -> None:
    bound = await desk.link()
    reply = await desk.accept("code", method="GET", query={"state": bound.secrets["state"], "error": "access_denied"})
    assert (reply.status, desk.events, await bound.memory.known()) == (200, [], {})
    assert (await desk.allow()).status == 200


async def test_amocrms_button_makes_the_integration_and_tells_its_keys_once(desk: AmoDesk, account: Account) -> None:
    bound = await desk.link(client_id="", client_secret="")
    state = bound.secrets["state"]
    assert desk.asker.notices[-1].link == f"{desk.address('connect')}?state={state}"
    page = await desk.accept("connect", method="GET", query={"state": state})
    assert (page.status, b"button.min.js" in page.body, state.encode() in page.body) == (200, True, True)
    assert (await desk.accept("connect", method="GET", query={"state": "guess"})).status == 403
    keys = {"client_id": account.client_id, "client_secret": account.client_secret}
    assert (await desk.accept("secrets", msgspec.json.encode({**keys, "state": "guess"}))).status == 403
    reply = await desk.accept("secrets", msgspec.json.encode({**keys, "state": state}))
    assert (reply.status, reply.body) == (200, b"ok")
    assert await integration(bound)
    assert (await desk.allow()).status == 200
    await prove(desk)
    assert (await desk.accept("secrets", msgspec.json.encode({**keys, "state": state}))).status == 403


async def test_a_long_lived_token_works_at_once_and_is_never_renewed(desk: AmoDesk, account: Account) -> None:
    bound = await desk.link(way="token", token=account.long_lived(30))
    assert bound.settings["number"] == str(account.id)
    await prove(desk)
    account.misbehaviour.revoked = True
    with pytest.raises(NeedsRebind, match="token_refused"):
        await prove(desk)
    assert [one.path for one in account.calls if one.path == TOKEN] == []


@pytest.mark.parametrize(("token", "blamed"), [("", "token"), ("abc", "token"), ("a.b.c", "token")])
async def test_what_is_no_token_is_refused_at_its_field(desk: AmoDesk, token: str, blamed: str) -> None:
    with pytest.raises(UsageError):
        await desk.link(way="token", token=token)
    assert set(desk.asker.blamed) == {blamed}


async def test_a_token_that_has_ended_or_that_the_account_refuses_is_not_taken(
    desk: AmoDesk, account: Account, world: World
) -> None:
    old = account.long_lived(1)
    foreign = account.long_lived(30)[:-4] + "AAAA"
    await world.clock.sleep(2 * DAY)
    for token in (old, foreign):
        with pytest.raises(UsageError):
            await desk.link(way="token", token=token)
        assert set(desk.asker.blamed) == {"token"}


@pytest.mark.parametrize(
    ("other", "blamed"),
    [
        ({"client_secret": ""}, "client_secret"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": "me"}, "client_id"),
        ({"channel_secret": ""}, "channel_secret"),
        ({"channel_id": ""}, "channel_id"),
        ({"bot_id": "bot"}, "bot_id"),
        ({"account": "evil.ru"}, "account"),
    ],
)
async def test_a_wrong_answer_is_refused_at_its_field(desk: AmoDesk, other: dict[str, str], blamed: str) -> None:
    with pytest.raises(UsageError):
        await desk.link(**other)
    assert set(desk.asker.blamed) == {blamed}


async def test_a_link_stays_with_its_account(desk: AmoDesk) -> None:
    bound = await desk.link()
    with pytest.raises(UsageError):
        await desk.link(bound, account="other.amocrm.ru", chats="")
    again = await desk.link(bound)
    assert (again.hook_key, again.secrets["grant"]) == (bound.hook_key, bound.secrets["grant"])


async def test_the_mark_of_a_link_is_short_is_kept_when_it_is_renewed_and_is_another_links_never(
    desk: AmoDesk, account: Account
) -> None:
    marks = []
    for previous in (None, None):
        bound = await desk.link(previous)
        renewed = await desk.link(bound, way="token", token=account.long_lived(400))
        marks.append(bound.secrets["mark"])
        assert renewed.secrets["mark"] == marks[-1]
    assert marks[0] != marks[1]
    assert all(re.fullmatch(r"[a-z0-9]{12}", one) for one in [*marks, SystemChance().key()[-12:]])
    assert len(OurIds(marks[0]).source(PairingId(10**18 - 1))) <= 40


async def test_an_ended_token_is_renewed_once_however_many_ask(desk: AmoDesk, account: Account, world: World) -> None:
    await desk.link()
    await desk.allow()
    async with desk.session() as session:
        await session.prove()
        account.authority.end_access()
        await asyncio.gather(*(session.prove() for _ in range(5)))
        assert len(account.authority.renewals) == 1
        await world.clock.sleep(DAY)
        await session.prove()
    assert len(set(account.authority.renewals)) == 2


async def test_a_renewal_whose_answer_was_lost_is_tried_once_more_and_then_a_person_is_called(
    desk: AmoDesk, account: Account
) -> None:
    await desk.link()
    await desk.allow()
    async with desk.session() as session:
        await session.prove()
        account.authority.end_access()
        account.misbehaviour.lose_after[TOKEN] = 1
        with pytest.raises(Exception, match="no_answer"):
            await session.prove()
        for _ in range(3):
            with pytest.raises(NeedsRebind, match="access_ended"):
                await session.prove()
    assert len(account.authority.renewals) == 2


async def test_an_account_that_was_renamed_is_found_at_its_new_address(desk: AmoDesk, account: Account) -> None:
    bound = await desk.link()
    await desk.allow()
    async with desk.session() as session:
        await session.arrange([pairing()])
        there = await account.renamed("hvoya-new")
        [place, *_] = await session.places()
        assert place.name == "Продажи"
        [receipt] = await session.deliver([entry()])
        assert isinstance(receipt, CrmReceipt)
    known = await records.remembered(bound.memory, HELD, HeldAccount)
    assert known is not None
    assert known.origin == there
    account.authority.end_access()
    await prove(desk)


async def test_an_account_that_was_renamed_while_the_token_was_old_is_found_at_its_new_address(
    desk: AmoDesk, account: Account, world: World
) -> None:
    bound = await desk.link()
    await desk.allow()
    await prove(desk)
    there = await account.renamed("hvoya-new")
    await world.clock.sleep(2 * DAY)
    await prove(desk)
    known = await records.remembered(bound.memory, HELD, HeldAccount)
    assert known is not None
    assert known.origin == there


async def test_where_a_renamed_account_was_nobody_elses_tokens_are_taken(
    desk: AmoDesk, account: Account, world: World
) -> None:
    await desk.link()
    await desk.allow()
    await prove(desk)
    await account.renamed("hvoya-new")
    await world.clock.sleep(2 * DAY)
    account.authority.account_id += 1
    with pytest.raises(NeedsRebind, match="other_account"):
        await prove(desk)


async def test_a_hook_is_taken_while_newer_tokens_are_not_proved_yet(desk: AmoDesk, account: Account) -> None:
    bound = await desk.link()
    await desk.allow()
    async with desk.session() as session:
        await session.arrange([pairing()])
        await session.deliver([entry()])
    await desk.link(bound)
    await desk.allow()
    account.misbehaviour.refuse["GET /api/v4/account"] = (500, "")
    with pytest.raises(Retryable):
        await prove(desk)
    written = await account.manager_writes(account.chats[0], "Ау")
    await account.settled()
    assert (desk.replies[-1].status, desk.events[-1].remote) == (200, written.id)
    account.misbehaviour.refuse.clear()
    await prove(desk)
    known = await records.remembered(bound.memory, HELD, HeldAccount)
    assert known is not None
    assert not known.doubtful


async def test_tokens_of_another_account_are_not_used(desk: AmoDesk, world: World) -> None:
    async with Account(subdomain="other", clock=world.clock) as other:
        bound = await desk.link(way="token", token=desk.account.long_lived(30))
        settings = {**bound.settings, "account": other.address}
        token = other.long_lived(30)
        forged = type(bound)(account="x", title="x", settings=settings, secrets={**bound.secrets, "token": token})
        desk.bound = forged
        with pytest.raises(NeedsRebind, match="other_account"):
            await prove(desk)


async def test_no_secret_is_seen_outside(desk: AmoDesk, account: Account, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bound = await desk.link()
    await desk.allow()
    offer = (await bound.memory.known(OFFER))[OFFER]
    await prove(desk)
    account.misbehaviour.refuse["/api/v4/*"] = (400, {"title": account.hand_out().access, "status": 400})
    findings = await desk.crm.check(bound)
    said = f"{caplog.text}{findings}{bound!r}{desk.replies!r}"
    secrets = {*account.authority.secrets, account.channel_secret, msgspec.json.decode(offer)["code"]}
    present = await records.token(bound)
    assert present is not None
    assert [one for one in {*secrets, present.access, present.refresh} if one in said] == []

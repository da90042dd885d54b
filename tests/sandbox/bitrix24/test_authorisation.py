"""Tokens: how they are got, how long they live and what they open."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest

from chatapp_cli.sandbox.bitrix24 import TOKEN, Portal
from tests.sandbox.bitrix24.desk import Client, Handler
from tests.sandbox.clock import HandClock


async def ask(portal: Portal, **params: str) -> tuple[int, Any]:
    """Ask the token endpoint as the application, by POST: the library repeats a GET that is cut off."""
    form = {"client_id": portal.client_id, "client_secret": portal.client_secret, **params}
    async with aiohttp.ClientSession() as http, http.post(f"{portal.auth_address}/oauth/token/", data=form) as said:
        return said.status, await said.json() if said.content_type == "application/json" else None


async def renew(portal: Portal, refresh: str) -> tuple[int, Any]:
    return await ask(portal, grant_type="refresh_token", refresh_token=refresh)


def consented(portal: Portal) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(portal.authorise("http://127.0.0.1:1/back", "s-1")).query))


async def test_a_code_gives_tokens_once_and_names_the_portal(portal: Portal) -> None:
    said = consented(portal)
    assert (said["state"], said["member_id"], said["domain"]) == ("s-1", portal.member_id, portal.domain)
    status, answer = await ask(portal, grant_type="authorization_code", code=said["code"])
    assert (status, answer["member_id"], answer["client_endpoint"]) == (200, portal.member_id, portal.client_endpoint)
    assert (answer["expires_in"], answer["scope"], answer["user_id"]) == (3600, "app", 1)
    assert (await Client(portal, answer["access_token"]).done("user.current"))["ID"] == "1"
    status, answer = await ask(portal, grant_type="authorization_code", code=said["code"])
    assert (status, answer["error"]) == (400, "invalid_grant")


async def test_a_code_lives_30_seconds(portal: Portal, clock: HandClock) -> None:
    said = consented(portal)
    clock.passed += 30
    assert (await ask(portal, grant_type="authorization_code", code=said["code"]))[0] == 400


async def test_the_page_of_consent_sends_the_browser_back_with_a_code(portal: Portal) -> None:
    portal.server.application_url = "http://127.0.0.1:1/back"
    url = f"{portal.address}/oauth/authorize/?client_id={portal.client_id}&state=s-2"
    async with aiohttp.ClientSession() as http, http.get(url, allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"].startswith("http://127.0.0.1:1/back?code=")
    async with aiohttp.ClientSession() as http, http.get(url.replace("local.", "other.")) as answer:
        assert answer.status == 404


async def test_each_use_of_a_refresh_token_changes_it_and_the_old_one_works_again_only_if_allowed(
    portal: Portal,
) -> None:
    first = portal.hand_out().refresh
    _, answer = await renew(portal, first)
    assert answer["refresh_token"] != first
    assert (await renew(portal, first))[1]["error"] == "invalid_grant"
    portal.misbehaviour.reuse_allowed = 1
    assert [(await renew(portal, first))[0] for _ in range(2)] == [200, 400]
    assert (await renew(portal, answer["refresh_token"]))[0] == 200
    assert portal.authority.renewals == [first, first, first, first, answer["refresh_token"]]


async def test_an_answer_can_be_lost_before_the_rotation_or_after_it(portal: Portal) -> None:
    refresh = portal.hand_out().refresh
    portal.misbehaviour.lose_before = {TOKEN: 1}
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await renew(portal, refresh)
    portal.misbehaviour.lose_after = {TOKEN: 1}
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await renew(portal, refresh)
    assert (await renew(portal, refresh))[1]["error"] == "invalid_grant"


async def test_the_token_endpoint_is_asked_by_get_as_the_documents_say(portal: Portal) -> None:
    query = {
        "client_id": portal.client_id, "client_secret": portal.client_secret, "grant_type": "refresh_token",
        "refresh_token": portal.hand_out().refresh,
    }  # fmt: skip
    async with aiohttp.ClientSession() as http, http.get(f"{portal.auth_address}/oauth/token/", params=query) as said:
        assert (await said.json())["member_id"] == portal.member_id


async def test_tokens_end_on_the_clock(portal: Portal, client: Client, clock: HandClock) -> None:
    pair = portal.hand_out()
    clock.passed += 3600
    assert await client.refused("scope") == (401, "expired_token")
    assert (await renew(portal, pair.refresh))[0] == 200
    late = portal.hand_out()
    clock.passed += portal.authority.refresh_lives
    assert (await renew(portal, late.refresh))[1]["error"] == "invalid_grant"


async def test_nobody_gets_in_without_a_token_with_another_or_as_somebody_dismissed(
    portal: Portal, client: Client
) -> None:
    for token, code in (("", "NO_AUTH_FOUND"), ("of-somebody-else", "invalid_token")):
        assert await Client(portal, token).refused("scope") == (401, code)
    portal.authority.expire()
    assert await client.refused("scope") == (401, "expired_token")
    fresh = Client(portal, portal.hand_out().access)
    portal.authority.owner_is_active = False
    assert await fresh.refused("scope") == (401, "user_access_error")


async def test_the_token_endpoint_refuses_strangers_and_those_who_did_not_pay(portal: Portal) -> None:
    refresh = portal.hand_out().refresh
    stranger = await ask(portal, client_secret="another", grant_type="refresh_token", refresh_token=refresh)
    odd = await ask(portal, grant_type="password")
    portal.misbehaviour.unpaid = True
    unpaid = await renew(portal, refresh)
    portal.misbehaviour.unpaid = False
    portal.misbehaviour.answer_with = {TOKEN: [(503, "OVERLOAD_LIMIT")]}
    busy = await renew(portal, refresh)
    assert [(status, answer["error"]) for status, answer in (stranger, odd, unpaid, busy)] == [
        (401, "invalid_client"), (400, "invalid_request"), (402, "PAYMENT_REQUIRED"), (503, "OVERLOAD_LIMIT"),
    ]  # fmt: skip
    portal.misbehaviour.html = {TOKEN: 1}
    assert await renew(portal, refresh) == (200, None)
    assert (await renew(portal, refresh))[0] == 200


async def test_the_authorisation_server_tells_of_the_application_and_of_nothing_else(
    portal: Portal, client: Client
) -> None:
    status, answer = await client.post(f"{portal.server_endpoint}app.info", {"auth": client.token})
    assert (status, answer["result"]["CODE"], answer["result"]["INSTALLED"]) == (200, portal.client_id, True)
    assert (await client.post(f"{portal.server_endpoint}app.info", {"auth": "another"}))[0] == 401
    assert (await client.post(f"{portal.server_endpoint}crm.item.list", {"auth": client.token}))[0] == 404


async def test_both_forms_of_the_installation_bring_the_same_ids_and_working_tokens(
    portal: Portal, handler: Handler
) -> None:
    for form in ("event", "page"):
        assert (await portal.install(f"{handler.url}/event", form)).body == "ok"
    event, page = handler.forms
    assert (event["event"], event["auth"]["application_token"]) == ("ONAPPINSTALL", portal.application_token)
    assert (page["member_id"], page["APPLICATION_TOKEN"]) == (portal.member_id, portal.application_token)
    assert handler.queries[1]["DOMAIN"] == portal.domain
    assert handler.queries[1]["APP_SID"] != portal.application_token
    for access, refresh in (
        (event["auth"]["access_token"], event["auth"]["refresh_token"]), (page["AUTH_ID"], page["REFRESH_ID"]),
    ):  # fmt: skip
        assert await Client(portal, access).done("user.admin") is True
        assert (await renew(portal, refresh))[0] == 200


async def test_two_portals_have_equal_numbers_and_nothing_else_in_common(client: Client, portal: Portal) -> None:
    async with Portal(name="south") as other:
        assert await Client(other, client.token).refused("scope") == (401, "invalid_token")
        assert list(other.lines) == list(portal.lines)
        for one in ("member_id", "client_id", "client_secret", "application_token", "webhook"):
            assert getattr(other, one) != getattr(portal, one)


async def test_no_secret_is_kept_among_the_calls(portal: Portal, client: Client) -> None:
    await renew(portal, portal.hand_out().refresh)
    await client.done("scope")
    kept = repr(portal.calls) + repr(portal.authority.calls) + repr(portal.hand_out())
    assert len(portal.authority.secrets) > 4
    assert [secret for secret in portal.authority.secrets if secret in kept] == []

"""Tokens of an account, its limits, and what it says of itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import pytest

from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.consent import WindowFailed
from chatapp_cli.sandbox.amocrm.jwt import claims_of
from chatapp_cli.sandbox.amocrm.objects import ADMIN, LOST, MANAGER, WON
from tests.sandbox.amocrm.desk import Client, Receiver
from tests.sandbox.amocrm.schema import said_against
from tests.sandbox.clock import HandClock

DAY = 86_400


def code_in(address: str) -> str:
    """The code with which the browser ends."""
    return dict(parse_qsl(urlsplit(address).query))["code"]


async def test_a_consent_leads_to_the_integration_with_a_code_that_gives_a_pair_once(
    account: Account, client: Client
) -> None:
    where = account.authorise("r4nd0m")
    said = dict(parse_qsl(urlsplit(where).query))
    assert where.startswith(f"{account.redirect_uri}?")
    assert (said["state"], said["referer"], said["client_id"]) == ("r4nd0m", account.domain, account.client_id)
    assert said_against("oauth.redirect.event", {**said, "referer": "hvoya.amocrm.ru"}) == []
    status, pair = await client.exchange(grant_type="authorization_code", code=said["code"])
    assert (status, pair["expires_in"], pair["token_type"]) == (200, DAY, "Bearer")
    client.token = pair["access_token"]
    assert (await client.done("GET", "/api/v4/account"))["id"] == account.id
    assert (await client.exchange(grant_type="authorization_code", code=said["code"]))[0] == 400


async def test_a_refused_consent_comes_back_without_a_code(account: Account) -> None:
    said = dict(parse_qsl(urlsplit(account.consent.disagrees("r4nd0m")).query))
    assert said == {"error": "access_denied", "state": "r4nd0m"}
    assert said_against("oauth.redirect.event", said) == []


async def test_the_button_posts_the_secret_and_needs_an_answer_with_a_body_before_a_code_comes(
    account: Account, client: Client, receiver: Receiver
) -> None:
    with pytest.raises(WindowFailed):
        await account.consent.presses_button(f"{receiver.url}/chat/secrets", "s")
    receiver.text = "ok"
    where = await account.consent.presses_button(f"{receiver.url}/chat/secrets", "s")
    assert said_against("oauth.secrets.event", receiver.said[1]) == []
    assert receiver.said[1]["client_secret"] == account.client_secret
    assert (await client.exchange(grant_type="authorization_code", code=code_in(where)))[0] == 200
    receiver.status = 204
    with pytest.raises(WindowFailed):
        await account.consent.presses_button(f"{receiver.url}/chat/secrets", "s")


async def test_the_widgets_token_names_who_opened_its_page_and_is_signed_otherwise_than_a_bots(
    account: Account,
) -> None:
    token = account.consent.widget_token(MANAGER, "https://desk.example.ru")
    head, claims, signature = token.split(".")
    proof = hmac.new(account.client_secret.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert signature == base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
    assert said_against("token.onetime.claims", claims_of(token)) == []
    assert (claims_of(token)["user_id"], claims_of(token)["is_admin"]) == (MANAGER, False)


async def test_a_code_lives_for_twenty_minutes(account: Account, client: Client, clock: HandClock) -> None:
    code = code_in(account.authorise("s"))
    clock.passed += 1201
    assert (await client.exchange(grant_type="authorization_code", code=code))[0] == 400


async def test_a_refresh_token_works_once_and_its_second_use_is_told_as_revoked(
    account: Account, client: Client
) -> None:
    first = account.hand_out()
    status, pair = await client.exchange(grant_type="refresh_token", refresh_token=first.refresh)
    assert status == 200
    assert pair["refresh_token"] != first.refresh
    for _ in range(2):
        status, refused = await client.exchange(grant_type="refresh_token", refresh_token=first.refresh)
        assert (status, refused["hint"]) == (401, "Token has been revoked")
    assert (await client.exchange(grant_type="refresh_token", refresh_token=pair["refresh_token"]))[0] == 200
    assert account.authority.renewals == [first.refresh] * 3 + [pair["refresh_token"]]


async def test_a_refresh_token_ends_after_three_months(account: Account, client: Client, clock: HandClock) -> None:
    pair = account.hand_out()
    clock.passed += 90 * DAY
    assert (await client.exchange(grant_type="refresh_token", refresh_token=pair.refresh))[0] == 401


@pytest.mark.parametrize(
    ("wrong", "status"), [
        ({"client_secret": "another"}, 401), ({"client_id": "another"}, 401), ({"redirect_uri": "https://x.ru"}, 400),
        ({"grant_type": "password"}, 400),
    ],
)  # fmt: skip
async def test_a_pair_is_given_only_to_the_integration_at_its_own_address(
    account: Account, client: Client, wrong: dict[str, str], status: int
) -> None:
    refresh = account.hand_out().refresh
    said = {"grant_type": "refresh_token", "refresh_token": refresh, **wrong}
    assert (await client.exchange(**said))[0] == status
    assert (await client.exchange(grant_type="refresh_token", refresh_token=refresh))[0] == 200


async def test_an_access_token_lasts_a_day_and_says_so(account: Account, client: Client, clock: HandClock) -> None:
    claims = claims_of(client.token)
    assert said_against("token.access.claims", claims) == []
    assert claims["exp"] == clock.now() // 1000 + DAY
    assert (claims["account_id"], claims["sub"], claims["aud"]) == (account.id, str(ADMIN), account.client_id)
    clock.passed += DAY
    assert (await client.ask("GET", "/api/v4/account"))[0] == 401
    assert (await client.ask("GET", "/api/v4/account", Authorization="")) [0] == 401  # fmt: skip


async def test_a_long_lived_token_is_an_administrators_and_has_an_end_that_can_be_read(
    account: Account, client: Client, clock: HandClock
) -> None:
    client.token = account.long_lived(30)
    assert claims_of(client.token)["exp"] == clock.now() // 1000 + 30 * DAY
    assert await client.done("GET", "/api/v4/users")
    assert account.calls[-1].token == "long-lived"
    status, _ = await client.exchange(grant_type="refresh_token", refresh_token=client.token)
    assert status == 401
    clock.passed += 30 * DAY
    assert (await client.ask("GET", "/api/v4/account"))[0] == 401


async def test_once_the_access_is_taken_back_neither_token_works(account: Account, client: Client) -> None:
    account.misbehaviour.revoked = True
    assert (await client.ask("GET", "/api/v4/account"))[0] == 401
    status, said = await client.exchange(grant_type="refresh_token", refresh_token=account.hand_out().refresh)
    assert (status, said["hint"]) == (401, "Token has been revoked")


async def test_a_renamed_account_is_not_at_its_old_address_and_the_domain_in_the_token_knows_the_new_one(
    account: Account, client: Client
) -> None:
    old, pair = account.address, account.hand_out()
    new = await account.renamed("sosna")
    assert new != old
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{old}/api/v4/account", headers={"Authorization": f"Bearer {client.token}"}) as answer:
            assert answer.status == 404
        api = f"http://{claims_of(client.token)['api_domain']}/oauth2/account/current/subdomain"
        async with http.get(api, headers={"X-Refresh-Token": pair.refresh}) as answer:
            assert await answer.json(content_type=None) == {"subdomain": "sosna", "domain": account.domain}
        async with http.get(api, headers={"X-Refresh-Token": "another"}) as answer:
            assert answer.status == 401
    assert (await client.exchange(grant_type="refresh_token", refresh_token=pair.refresh))[0] == 200
    await account.vanish()
    await account.come_back()
    assert account.address == new
    assert (await client.done("GET", "/api/v4/account"))["subdomain"] == "sosna"


async def test_an_outage_changes_neither_addresses_nor_data(account: Account, client: Client) -> None:
    before = (account.address, account.chats_address)
    await account.vanish()
    with pytest.raises(aiohttp.ClientError):
        await client.ask("GET", "/api/v4/account")
    await account.come_back()
    assert (account.address, account.chats_address) == before
    assert (await client.done("GET", "/api/v4/account"))["id"] == account.id


async def test_two_accounts_have_different_ids_and_secrets(account: Account) -> None:
    other = Account(subdomain="sosna")
    assert other.id != account.id
    assert len({account.client_id, other.client_id, account.client_secret, other.client_secret}) == 4
    assert len({account.amojo_id, other.amojo_id, account.channel_id, other.channel_id}) == 4


async def test_the_id_in_the_chats_is_told_only_if_it_is_asked_for(account: Account, client: Client) -> None:
    assert "amojo_id" not in await client.done("GET", "/api/v4/account")
    assert (await client.done("GET", "/api/v4/account?with=amojo_id"))["amojo_id"] == account.amojo_id
    answer = await client.done("GET", "/api/v4/users?with=amojo_id,role")
    assert {one["id"]: one["amojo_id"] for one in answer["_embedded"]["users"]} == {
        one.id: one.amojo_id for one in account.users.values()
    }
    one = await client.done("GET", f"/api/v4/users/{MANAGER}")
    assert "amojo_id" not in one
    assert (one["rights"]["is_admin"], one["rights"]["is_active"]) == (False, True)
    assert (await client.ask("GET", "/api/v4/users/9"))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body"), [
        ("GET", "/api/v4/users", None), ("GET", "/api/v4/webhooks", None),
        ("POST", "/api/v4/sources", [{"name": "x", "external_id": "x"}]),
    ],
)  # fmt: skip
async def test_what_only_administrators_may_is_refused_to_others(
    account: Account, client: Client, method: str, path: str, body: object
) -> None:
    client.token = account.authority.hand_out(MANAGER).access
    assert (await client.ask(method, path, body))[0] == 403


async def test_every_pipeline_has_one_unsorted_stage_and_the_two_closed_ones(account: Account, client: Client) -> None:
    answer = await client.done("GET", "/api/v4/leads/pipelines")
    assert len(answer["_embedded"]["pipelines"]) == 2
    for pipeline in answer["_embedded"]["pipelines"]:
        stages = pipeline["_embedded"]["statuses"]
        assert [one["type"] for one in stages].count(1) == 1
        assert {WON, LOST} < {one["id"] for one in stages}


async def test_an_eighth_request_in_a_second_is_refused_and_may_come_again(
    account: Account, client: Client, clock: HandClock
) -> None:
    async def ask() -> int:
        clock.passed -= 1
        return (await client.ask("GET", "/api/v4/account"))[0]

    clock.passed += 10
    assert [await ask() for _ in range(8)] == [200] * 7 + [429]
    clock.passed += 1
    assert await ask() == 200


async def test_who_does_not_stop_is_blocked_with_a_page_for_a_while(
    account: Account, client: Client, clock: HandClock
) -> None:
    account.misbehaviour.limits_to(1)
    await client.ask("GET", "/api/v4/account")
    statuses = []
    for _ in range(11):
        clock.passed -= 1
        statuses.append(await client.ask("GET", "/api/v4/account"))
    assert [status for status, _ in statuses] == [429] * 10 + [403]
    assert statuses[-1][1].startswith("<html>")
    clock.passed += 30
    assert (await client.ask("GET", "/api/v4/account"))[0] == 403
    clock.passed += 60
    assert (await client.ask("GET", "/api/v4/account"))[0] == 200


async def test_an_unknown_path_is_404_and_a_wrong_method_405(account: Account, client: Client) -> None:
    assert (await client.ask("GET", "/api/v4/nothing"))[0] == 404
    assert (await client.ask("DELETE", "/api/v4/leads"))[0] == 405


async def test_an_employee_can_be_named_in_whose_name_a_request_is_made(account: Account, client: Client) -> None:
    status, answer = await client.ask("GET", "/api/v4/account", **{"X-Context-User-ID": str(MANAGER)})
    assert (status, answer["current_user_id"]) == (200, MANAGER)
    await account.staff.dismisses(MANAGER)
    assert (await client.ask("GET", "/api/v4/account", **{"X-Context-User-ID": str(MANAGER)}))[0] == 403


async def test_nothing_that_an_account_remembers_of_requests_has_a_secret_in_it(
    account: Account, client: Client
) -> None:
    code = code_in(account.authorise("s"))
    _, pair = await client.exchange(grant_type="authorization_code", code=code)
    await client.exchange(grant_type="refresh_token", refresh_token=pair["refresh_token"])
    said = "".join(f"{one.body} {one.answer} {one.query} {one!r}" for one in account.calls)
    assert len(account.authority.secrets) > 5
    assert not [secret for secret in account.authority.secrets if secret in said]


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("/oauth", {"client_id": "another", "state": "s", "mode": "popup"}),
        ("/oauth", {"client_id": "", "state": "s", "mode": "unknown"}),
        ("/oauth", {"client_id": "", "state": "s"}),
        ("/login", {"client_id": "", "state": "s", "mode": "popup"}),
    ],
)
async def test_only_the_page_of_consent_of_this_integration_leads_back_and_only_an_administrator(
    account: Account, page: str, query: dict[str, str]
) -> None:
    asked = {**query, "client_id": query["client_id"] or account.client_id}
    with pytest.raises(WindowFailed):
        account.consent.opens(f"{account.address}{page}?{urlencode(asked)}")
    fine = f"{account.address}/oauth?{urlencode({'client_id': account.client_id, 'state': 's', 'mode': 'popup'})}"
    assert "state=s" in account.consent.opens(fine)
    with pytest.raises(WindowFailed):
        account.consent.opens(fine, user=MANAGER)

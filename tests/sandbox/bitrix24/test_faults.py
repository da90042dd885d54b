"""Limits, refusals and lost answers."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.rules import RULES
from tests.sandbox.bitrix24.desk import CHAT, CONNECTOR, LINE, Client, item
from tests.sandbox.clock import HandClock


async def test_fifty_requests_pass_at_once_and_two_more_in_each_second(
    portal: Portal, client: Client, clock: HandClock
) -> None:
    codes = [(await client.refused("server.time"))[1] for _ in range(52)]
    clock.passed += 1
    after = [(await client.call("server.time"))[0] for _ in range(3)]
    assert codes == [""] * 50 + ["QUERY_LIMIT_EXCEEDED"] * 2
    assert after == [200, 200, 503]
    assert (portal.refused, portal.requests) == (3, 55)


async def test_the_bucket_can_leak_faster_or_be_taken_away(clock: HandClock) -> None:
    async with Portal(clock=clock, rate=100) as portal:
        client = Client(portal, portal.hand_out().access)
        for _ in range(50):
            await client.done("server.time")
        clock.passed += 0.25
        assert [(await client.call("server.time"))[0] for _ in range(51)] == [200] * 50 + [503]
        portal.misbehaviour.bucket = False
        assert (await client.call("server.time"))[0] == 200


@pytest.mark.parametrize(
    ("switch", "said"),
    [
        ({"closed": True}, (500, "PORTAL_DELETED")), ({"overloaded": True}, (503, "OVERLOAD_LIMIT")),
        ({"unpaid": True}, (402, "PAYMENT_REQUIRED")), ({"missing_scopes": {"user"}}, (403, "insufficient_scope")),
        ({"time_limited": {"user.current"}}, (429, "OPERATION_TIME_LIMIT")),
        ({"answer_with": {"user.current": [(500, "INTERNAL_SERVER_ERROR")]}}, (500, "INTERNAL_SERVER_ERROR")),
    ],
)  # fmt: skip
async def test_a_switch_decides_how_calls_are_refused(
    portal: Portal, client: Client, switch: dict[str, Any], said: tuple[int, str]
) -> None:
    for name, value in switch.items():
        setattr(portal.misbehaviour, name, value)
    assert await client.refused("user.current") == said


async def test_a_method_whose_time_is_used_up_stops_no_other(portal: Portal, client: Client) -> None:
    portal.misbehaviour.time_limited = {"user.get"}
    portal.misbehaviour.operating = {"user.current": 470.5}
    assert await client.refused("user.get") == (429, "OPERATION_TIME_LIMIT")
    _, answer = await client.call("user.current")
    assert answer["time"]["operating"] == 470.5
    assert answer["time"]["operating_reset_at"] > 1_796_000_000


async def test_an_answer_is_lost_before_a_message_is_shown_or_after_it(portal: Portal, client: Client) -> None:
    await client.connect()
    for which, shown in (("lose_before", 0), ("lose_after", 1)):
        setattr(portal.misbehaviour, which, {"imconnector.send.messages": 1})
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await client.send("m-1")
        assert len(portal.messages(CHAT)) == shown
    await client.send("m-2")
    assert [m.connector_mid for m in portal.messages(CHAT)] == [["m-1"], ["m-2"]]


async def test_a_page_comes_in_place_of_json_and_nothing_is_done(portal: Portal, client: Client) -> None:
    await client.connect()
    portal.misbehaviour.html = {"imconnector.send.messages": 1}
    said = {"CONNECTOR": CONNECTOR, "LINE": LINE, "MESSAGES": [item("m-1", "да")]}
    assert await client.call("imconnector.send.messages", **said) == (200, None)
    assert portal.messages(CHAT) == []


async def test_a_slow_answer_comes_after_the_deed(portal: Portal, client: Client) -> None:
    await client.connect()
    portal.misbehaviour.slow = {"imconnector.send.messages": 5}
    body = {"CONNECTOR": CONNECTOR, "LINE": LINE, "MESSAGES": [item("m-1", "да")], "auth": client.token}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.3)) as http:
        with pytest.raises(TimeoutError):
            await http.post(f"{portal.client_endpoint}imconnector.send.messages", json=body)
    assert len(portal.messages(CHAT)) == 1


async def test_a_moved_portal_redirects_and_answers_at_its_new_address_with_the_same_tokens(
    portal: Portal, client: Client
) -> None:
    old, token = portal.client_endpoint, {"auth": client.token}
    new = await portal.moves()
    assert (portal.address, portal.domain) == (new, new.removeprefix("http://"))
    async with aiohttp.ClientSession() as http, http.post(f"{old}scope", json=token, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, f"{new}/rest/scope")
    assert "crm" in await client.done("scope")
    await portal.vanish()
    await portal.come_back()
    assert portal.address == new
    assert (await client.post(f"{old}scope", token))[0] == 302
    assert "crm" in await client.done("scope")


async def test_a_redirect_to_a_foreign_portal_ends_where_the_token_is_unknown(portal: Portal, client: Client) -> None:
    async with Portal(name="south") as other:
        portal.misbehaviour.moved_to = other.address
        assert (await client.call("scope"))[0] == 302
        assert (await client.post(f"{other.client_endpoint}scope", {"auth": client.token}))[1]["error"] == (
            "invalid_token"
        )


async def test_an_incoming_webhook_reaches_what_needs_no_application_alone(careless: Portal, client: Client) -> None:
    careless.misbehaviour.bucket = False
    answers = {method: await client.post(f"{careless.webhook}{method}", {}) for method in RULES if method != "batch"}
    wrong = {method for method, (status, answer) in answers.items() if answer.get("error") == "WRONG_AUTH_TYPE"}
    assert wrong == {method for method, rule in RULES.items() if rule.application}
    assert {answers[method][0] for method in wrong} == {403}
    assert answers["user.get"][0] == 200
    assert (await client.post(careless.webhook.replace("webhook", "stolen") + "scope", {}))[0] == 401


async def test_a_method_that_does_not_exist_is_refused_and_names_are_not_case_sensitive(
    portal: Portal, client: Client
) -> None:
    assert await client.refused("im.fly") == (404, "ERROR_METHOD_NOT_FOUND")
    assert (await client.call("USER.Current"))[0] == 200


async def test_every_broken_rule_is_noted(careless: Portal, client: Client) -> None:
    assert await client.refused("imconnector.activate", CONNECTOR=CONNECTOR, ACTIVE=True, SPEED=1) == (
        400, "ERROR_ARGUMENT",
    )  # fmt: skip
    assert careless.problems == [
        "imconnector.activate does not know SPEED", "imconnector.activate wants ACTIVE as string",
        "imconnector.activate needs LINE",
    ]  # fmt: skip


async def test_a_form_with_brackets_is_read_like_json(portal: Portal, client: Client) -> None:
    form = {"filter[ID][0]": "27", "filter[ID][1]": "29", "auth": client.token}
    url = f"{portal.client_endpoint}user.get.json"
    async with aiohttp.ClientSession() as http, http.post(url, data=form) as answer:
        assert [one["ID"] for one in (await answer.json())["result"]] == ["27", "29"]
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=b"{", headers={"Content-Type": "application/json"}) as a,
    ):
        assert (a.status, (await a.json())["error"]) == (400, "INVALID_REQUEST")


async def test_an_outage_keeps_addresses_and_data(portal: Portal, client: Client) -> None:
    address = portal.address
    await portal.vanish()
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.call("scope")
    await portal.come_back()
    assert portal.address == address
    assert "crm" in await client.done("scope")


class TestBatch:
    """Fifty commands in one request."""

    async def test_commands_use_results_and_fail_alone(self, portal: Portal, client: Client) -> None:
        commands = {
            "who": "user.current", "same": "user.get?filter[ID]=$result[who][ID]",
            "bad": "im.fly?x=1", "all": "user.get",
        }  # fmt: skip
        said = await client.done("batch", halt=0, cmd=commands)
        assert said["result"]["same"] == [said["result"]["who"]]
        assert said["result_error"]["bad"]["error"] == "ERROR_METHOD_NOT_FOUND"
        assert said["result_total"] == {"same": 1, "all": 3}
        assert said["result_next"] == []
        assert portal.requests == 1
        assert [(call.method, call.inside) for call in portal.calls] == [
            ("batch", ""), ("user.current", "who"), ("user.get", "same"), ("im.fly", "bad"), ("user.get", "all"),
        ]  # fmt: skip

    async def test_it_halts_at_the_first_error_if_asked_to(self, portal: Portal, client: Client) -> None:
        said = await client.done("batch", halt=1, cmd={"bad": "im.fly", "good": "scope"})
        assert (said["result"], list(said["result_error"])) == ([], ["bad"])

    async def test_more_than_fifty_a_batch_inside_and_no_commands_are_refused(
        self, careless: Portal, client: Client
    ) -> None:
        many = {f"c{number}": "scope" for number in range(51)}
        assert await client.refused("batch", cmd=many) == (400, "ERROR_BATCH_LENGTH_EXCEEDED")
        assert await client.refused("batch", cmd={"in": "batch?cmd[a]=scope"}) == (
            405,
            "ERROR_BATCH_METHOD_NOT_ALLOWED",
        )
        assert await client.refused("batch") == (400, "ERROR_ARGUMENT")

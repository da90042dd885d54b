"""What goes wrong at an account when a test wants it to, and what its schemas find."""

from __future__ import annotations

import time
from typing import Any

import aiohttp
import pytest

from chatapp_cli.sandbox.amocrm import TOKEN, Account
from tests.sandbox.amocrm.desk import CHAT, Client, new_message
from tests.sandbox.amocrm.schema import SCHEMAS, problems, said_against
from tests.sandbox.clock import HandClock

ODD: Any = (
    "x", 7, None, True, [], {}, ["x"], [None], [{}], {"x": 1}, [{"id": "x"}], [{"name": 7}], [{"_embedded": "x"}],
    [{"_embedded": {"contacts": "x"}}], [{"_embedded": {"contacts": ["x"]}}], [{"_embedded": {"tags": ["x"]}}],
    [{"_embedded": {"source": "x"}}], [{"_embedded": {"contacts": [{"id": []}]}}], [{"tags_to_add": [{}]}],
    [{"_embedded": {"companies": [{"custom_fields_values": "x"}]}}], [{"tags_to_delete": [7]}], [{"request_id": 7}],
    [{"custom_fields_values": ["x"]}], [{"custom_fields_values": [{"values": ["x"], "field_id": 193201}]}],
    [{"custom_fields_values": [{"values": [{"enum_id": []}], "field_id": []}]}],
    [{"custom_fields_values": [{"values": [{"enum_id": [], "enum_code": []}], "field_id": 193201}]}],
    [{"custom_fields_values": [{"values": [{"value": []}], "field_id": 1286575}]}], [{"responsible_user_id": []}],
    [{"name": "a", "external_id": "b", "services": ["x"]}], [{"name": "a", "external_id": "", "pipeline_id": True}],
    {"destination": "http://[", "settings": ["add_lead"]}, {"destination": "x", "settings": [[]]},
    [{"bot_id": 321, "entity_id": 1, "entity_type": "customers"}], {"event_type": [], "payload": {}},
    [{"note_type": "common", "params": {"text": []}, "entity_id": 1}], [{"contact_id": 1, "chat_id": "x"}],
    {"conversation_id": "x", "user": {}}, {"conversation_id": "x", "sender": {}}, {"type": [], "user": {}},
)  # fmt: skip
"""Bodies of which no method can make sense."""
ODD_PARTS: Any = (
    {"sender": {}}, {"sender": {"id": [], "name": "x"}}, {"sender": {"id": 7, "name": 7, "profile": "x"}},
    {"source": "x"}, {"source": {"external_id": []}}, {"message": {}}, {"message": {"type": []}},
    {"message": {"type": "text", "text": []}}, {"message": {"type": "picture", "media": 7, "file_name": 7}},
    {"reply_to": {}}, {"reply_to": {"message": {"id": []}}}, {"conversation_ref_id": 7}, {"receiver": {}},
    {"receiver": {"id": "x", "name": "y"}, "sender": {"ref_id": []}}, {"delivery_status": {"status_code": "x"}},
)  # fmt: skip
ODD_QUERIES = (
    "contacts?filter=x", "contacts?filter[id]=x", "leads?filter[statuses]=x", "leads?filter[statuses][0]=x",
    "leads?filter[updated_at]=x", "leads?filter[updated_at][from]=x", "contacts?page=x", "contacts?limit=0",
    "talks?filter=x", "leads/unsorted?filter=x&order=x", "leads?order=x", "leads/x", "users/x", "contacts?query[]=x",
)  # fmt: skip
PATHS = [
    *(("POST", f"/api/v4/{name}") for name in (
        "contacts", "leads", "leads/complex", "tasks", "sources", "webhooks", "bots/run", "contacts/chats",
        "leads/notes", "bots/321/run", "bots/321/stop",
    )),
    ("PATCH", "/api/v4/contacts"), ("PATCH", "/api/v4/leads"), ("PATCH", "/api/v4/sources"),
    ("PATCH", "/api/v4/leads/7"), ("DELETE", "/api/v4/webhooks"),
]  # fmt: skip
published = pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the schemas are not here")


async def test_a_request_that_is_lost_on_its_way_is_not_carried_out(account: Account, client: Client) -> None:
    account.misbehaviour.lose_before["/api/v4/leads/complex"] = 1
    with pytest.raises(aiohttp.ClientError):
        await client.ask("POST", "/api/v4/leads/complex", [{"name": "А"}])
    assert (account.leads, account.calls[-1].status) == ({}, 0)
    assert (await client.ask("POST", "/api/v4/leads/complex", [{"name": "А"}]))[0] == 200


async def test_an_answer_that_is_lost_leaves_what_was_done(account: Account, client: Client) -> None:
    account.misbehaviour.lose_after["POST /api/v4/leads*"] = 1
    assert (await client.ask("GET", "/api/v4/leads"))[0] == 204
    with pytest.raises(aiohttp.ClientError):
        await client.ask("POST", "/api/v4/leads/complex", [{"name": "А"}])
    assert (len(account.leads), account.calls[-1].status) == (1, 200)


async def test_a_lost_answer_of_the_token_end_point_leaves_the_old_refresh_token_dead(
    account: Account, client: Client
) -> None:
    refresh = account.hand_out().refresh
    account.misbehaviour.lose_after[TOKEN] = 1
    with pytest.raises(aiohttp.ClientError):
        await client.exchange(grant_type="refresh_token", refresh_token=refresh)
    status, said = await client.exchange(grant_type="refresh_token", refresh_token=refresh)
    assert (status, said["hint"]) == (401, "Token has been revoked")


async def test_a_lost_answer_of_the_chats_leaves_the_message_there(account: Account, client: Client) -> None:
    await client.connect()
    account.misbehaviour.lose_after["POST /v2/origin/custom/*"] = 1
    with pytest.raises(aiohttp.ClientError):
        await client.chat("POST", "", new_message("m-1"))
    assert [one.client_id for one in account.chats[0].messages] == ["m-1"]


async def test_a_request_is_refused_as_a_test_says_and_nothing_is_done(account: Account, client: Client) -> None:
    account.misbehaviour.refuse["POST /api/v4/leads"] = (422, {"title": "Unprocessable", "status": 422})
    account.misbehaviour.refuse["/api/v4/account"] = (504, "<html>Gateway Time-out</html>")
    assert await client.ask("POST", "/api/v4/leads", [{"name": "А"}]) == (
        422, {"title": "Unprocessable", "status": 422},
    )  # fmt: skip
    assert await client.ask("GET", "/api/v4/account") == (504, "<html>Gateway Time-out</html>")
    assert account.leads == {}
    account.misbehaviour.refuse.clear()
    assert (await client.ask("POST", "/api/v4/leads", [{"name": "А"}]))[0] == 200


async def test_an_answer_can_be_slow(account: Account, client: Client) -> None:
    account.misbehaviour.slow["/api/v4/account"] = 0.1
    begun = time.monotonic()
    assert (await client.ask("GET", "/api/v4/account"))[0] == 200
    assert time.monotonic() - begun >= 0.1


async def test_a_blocked_address_gets_a_page_from_the_account_and_answers_from_the_chats(
    account: Account, client: Client
) -> None:
    await client.connect()
    account.misbehaviour.html_403 = True
    status, said = await client.ask("GET", "/api/v4/account")
    assert (status, said.startswith("<html>")) == (403, True)
    assert (await client.chat("POST", "", new_message("m-1")))[0] == 200


async def test_an_account_that_is_not_paid_for_gives_tokens_and_nothing_else(account: Account, client: Client) -> None:
    account.misbehaviour.payment = True
    assert (await client.ask("GET", "/api/v4/account"))[0] == 402
    refresh = account.hand_out().refresh
    assert (await client.exchange(grant_type="refresh_token", refresh_token=refresh))[0] == 200


async def test_a_refusal_for_haste_says_when_to_come_again_and_nothing_is_done(
    account: Account, client: Client, clock: HandClock
) -> None:
    account.misbehaviour.limits_to(1)
    await client.ask("GET", "/api/v4/account")
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{account.address}/api/v4/leads", json=[{"name": "А"}]) as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    assert (account.leads, account.server.front.refused) == ({}, 1)


async def test_an_outage_loses_the_hooks_that_wait_and_nothing_else(account: Account, client: Client) -> None:
    said = {"destination": "http://127.0.0.1:9/hook", "settings": ["add_lead"]}
    await client.done("POST", "/api/v4/webhooks", said)
    await client.made("leads", {"name": "А"})
    await account.settled()
    await account.vanish()
    await account.come_back()
    assert account.hooks[0].outcome == "given up"
    assert (account.hooks[0].attempts, len(account.webhooks), len(account.leads)) == (1, 1, 1)


async def test_every_request_is_noted_with_who_asks(account: Account, client: Client) -> None:
    await client.done("GET", "/api/v4/account?with=amojo_id")
    await client.connect()
    await client.ask("GET", "/api/v4/account", Authorization="Bearer nobody")
    noted = [(one.method, one.path.split("/")[-1], one.status, one.token) for one in account.calls]
    assert noted == [
        ("GET", "account", 200, "access"), ("POST", "connect", 200, "channel"), ("GET", "account", 401, ""),
    ]  # fmt: skip
    assert account.calls[0].query == {"with": "amojo_id"}


async def test_whatever_comes_is_refused_or_taken_and_breaks_nothing(careless: Account, client: Client) -> None:
    await client.made("leads", {"name": "А"})
    await client.connect()
    await client.send("m-1")
    statuses = [(await client.ask(*asked, body))[0] for asked in PATHS for body in ODD]
    statuses += [(await client.ask("GET", f"/api/v4/{query}"))[0] for query in ODD_QUERIES]
    number = careless.chats[0].messages[0].id
    for path in ("", "/chats", "/typing", "/react", f"/{number}/delivery_status"):
        for body in (*ODD, *(new_message("m-2", **more) for more in ODD_PARTS)):
            statuses.append((await client.chat("POST", path, body))[0])
    assert set(statuses) <= {200, 201, 202, 204, 400, 404}
    assert (statuses.count(400) > 500, [one for one in careless.calls if not one.status]) == (True, [])


@published
async def test_a_message_that_the_account_would_take_and_no_schema_knows_is_found(
    careless: Account, client: Client
) -> None:
    await client.connect()
    await client.send("m-1")
    assert problems(careless) == []
    await client.send("m-2", source={"external_id": "l" * 41})
    assert problems(careless) != []


@published
async def test_a_request_that_no_client_should_send_is_a_problem(careless: Account, client: Client) -> None:
    await client.refused("POST", "/api/v4/contacts", [{"nick": "x"}])
    assert problems(careless) == ["POST /api/v4/contacts: UnexpectedField nick"]


@published
def test_the_schemas_are_those_that_find_something() -> None:
    assert said_against("oauth.token.answer", {"token_type": "Bearer"}) != []
    assert said_against("account.hook.event", {"leads": {}}) != []
    assert said_against("amojo.hook.event", {"account_id": CHAT, "time": 1}) != []

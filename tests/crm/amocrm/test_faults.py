"""Limits and refusals: the code first, then the status; what is uncertain stays uncertain."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatapp_cli.crm.amocrm import errors
from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.crm.amocrm.rest import LONGEST_WAIT, by_request, embedded
from chatapp_cli.domain.crm.entry import CrmChat, CrmReceipt
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
)
from chatapp_cli.kit.http import HttpResponse
from chatapp_cli.kit.tokens import GrantRefused
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.amocrm import Account
from tests.crm.amocrm.desk import AmoDesk, entry

JSON_403 = b'{"title":"Forbidden","status":403}'


def answer(status: int, body: bytes = b"", **headers: str) -> HttpResponse:
    return HttpResponse(status, headers, body)


def wrong(path: str) -> bytes:
    group = {"request_id": "0", "errors": [{"code": "NotSupportedChoice", "path": path}]}
    return json.dumps({"validation-errors": [group], "status": 400}).encode()


@pytest.mark.parametrize(
    ("response", "kind", "code"),
    [
        (answer(400, wrong("pipeline_id")), Rejected, "pipeline_gone"),
        (answer(400, wrong("status_id")), Rejected, "stage_gone"),
        (answer(400, wrong("custom_fields_values.0.field_id")), Rejected, "field_gone"),
        (answer(422, wrong("name")), Rejected, "refused"),
        (answer(400, b"[]"), Rejected, "refused"),
        (answer(401), NeedsRebind, "unauthorised"),
        (answer(402), Misconfigured, "payment"),
        (answer(403, JSON_403), Misconfigured, "scope"),
        (answer(403, b"<html>nginx</html>"), Misconfigured, "suspended"),
        (answer(404), Rejected, "gone"),
        *((answer(status, b"<html>nginx</html>"), Retryable, "strange_answer") for status in (400, 401, 402, 404, 413)),
        (answer(429), RateLimited, "rate_limited"),
        (answer(302), Misconfigured, "redirected"),
        (answer(408), Retryable, "busy"),
        (answer(504), Retryable, "server_error"),
    ],
)
def test_a_refusal_is_one_of_our_errors(response: HttpResponse, kind: type[ChannelError], code: str) -> None:
    error = errors.refusal(response, now=0)
    assert (type(error), error.code) == (kind, code)


def test_what_a_refusal_says_names_the_fields_and_no_secret() -> None:
    assert errors.refusal(answer(400, wrong("name")), now=0).detail == "name NotSupportedChoice"
    assert errors.refusal(answer(400, b'{"detail":"bad key"}'), now=0, secrets=["key"]).detail == "bad ***"


def test_a_pause_is_the_one_that_was_asked_for_or_a_second() -> None:
    found = [errors.refusal(answer(429, **said), now=0) for said in ({}, {"Retry-After": "7"})]
    assert [one.retry_after for one in found if isinstance(one, RateLimited)] == [1.0, 7.0]


def test_a_server_that_failed_may_have_carried_out_what_is_not_to_be_repeated() -> None:
    page = b"<html>nginx</html>"
    told = [errors.refusal(one, now=0, once=True) for one in (answer(502), answer(400, page), answer(404, page))]
    assert [type(one) for one in told] == [OutcomeUnknown, OutcomeUnknown, Retryable]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>maintenance</html>",
        b'{"error_code":500,"error_type":"internal"}',
        b'{"title":"Bad Request","status":400}',
        b'{"status":400,"validation-errors":[]}',
    ],
)
def test_a_refusal_with_the_status_of_a_success_is_none(body: bytes) -> None:
    for once, kind in ((True, OutcomeUnknown), (False, Retryable)):
        with pytest.raises(kind, match="strange_answer"):
            errors.understood(answer(200, body), once=once)
    assert [errors.understood(answer(200, one), once=True) for one in (b"", b"[]", b'{"id":1}')] == [{}, [], {"id": 1}]


@pytest.mark.parametrize(
    ("response", "kind", "code"),
    [
        (answer(401, b'{"hint":"Token has been revoked"}'), GrantRefused, "access_ended"),
        (answer(401, b'{"hint":"The client is not known"}'), GrantRefused, "client_refused"),
        (answer(400, b'{"hint":"Cannot decrypt the refresh token"}'), GrantRefused, "grant_refused"),
        (answer(402), Misconfigured, "payment"),
        (answer(429), RateLimited, "rate_limited"),
        (answer(500), OutcomeUnknown, "strange_answer"),
        *((answer(status, b"<html>nginx</html>"), OutcomeUnknown, "strange_answer") for status in (400, 401, 403)),
        (answer(404, b"<html>nginx</html>"), errors.NotHere, "grant_refused"),
        (answer(200, b"{}"), OutcomeUnknown, "strange_answer"),
    ],
)
def test_a_refused_token_is_told_from_one_of_which_nobody_knows(
    response: HttpResponse, kind: type[ChannelError], code: str
) -> None:
    error = errors.token_refusal(response, 0, [])
    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (answer(403, JSON_403), "signature"),
        (answer(401), "signature"),
        (answer(403, b"<html>nginx</html>"), "suspended"),
        (answer(403), "signature"),
        (answer(404), "chat_unknown"),
    ],
)
def test_a_refusal_of_the_chats_says_what_to_look_at(response: HttpResponse, code: str) -> None:
    assert errors.chats_refusal(response, now=0).code == code


def test_answers_to_a_collection_are_joined_by_request_and_odd_ones_are_none() -> None:
    told: Any = {"_embedded": {"leads": [{"id": 2, "request_id": "1"}, {"id": 1, "request_id": "0"}, 7]}}
    assert {name: one["id"] for name, one in by_request(told, "leads").items()} == {"0": 1, "1": 2}
    odd: list[Any] = [{}, None, [], {"_embedded": []}, {"_embedded": {"leads": {}}}]
    assert [embedded(one, "leads") for one in odd] == [[]] * 5


async def test_the_pace_stays_below_seven_requests_in_a_second_and_uses_nine_tenths_of_them(
    session: AmoSession, account: Account, world: World
) -> None:
    await world.clock.sleep(1)
    begun, before = world.clock.monotonic(), len(account.calls)
    for _ in range(64):
        await session.prove()
    passed = world.clock.monotonic() - begun
    assert len(account.calls) - before == 64
    assert 0.9 * 7 <= 64 / passed <= 7
    assert [one.status for one in account.calls if one.status == 429] == []


async def test_a_request_too_many_waits_and_is_repeated_and_a_block_ends_the_session(
    session: AmoSession, account: Account
) -> None:
    account.misbehaviour.refuse["GET /api/v4/account"] = (429, "")
    with pytest.raises(RateLimited):
        await session.prove()
    assert [one.status for one in account.calls].count(429) == 4
    account.misbehaviour.refuse.clear()
    await session.prove()
    account.misbehaviour.html_403 = True
    with pytest.raises(Misconfigured, match="suspended"):
        await session.prove()
    account.misbehaviour.html_403 = False
    account.misbehaviour.refuse["/v2/origin/custom/*"] = (403, "<html>403 Forbidden</html>")
    await session.prove()
    with pytest.raises(Misconfigured, match="suspended"):
        await session.deliver([entry()])


async def test_a_long_pause_is_told_to_the_caller_and_not_waited_for_here(
    session: AmoSession, account: Account, world: World
) -> None:
    account.misbehaviour.retry_after = 900
    account.misbehaviour.refuse["GET /api/v4/account"] = (429, "")
    account.misbehaviour.refuse[f"POST /v2/origin/custom/{account.channel.scope_id}"] = (429, "")
    begun, before = world.clock.monotonic(), len(account.calls)
    with pytest.raises(RateLimited) as caught:
        await session.prove()
    assert caught.value.retry_after == 900
    with pytest.raises(RateLimited) as caught:
        await session.deliver([entry()])
    assert caught.value.retry_after == 900
    assert [one.status for one in account.calls[before:]].count(429) == 2
    assert world.clock.monotonic() - begun < LONGEST_WAIT


async def test_several_pauses_are_waited_for_here_only_as_long_as_one_may_be(
    session: AmoSession, account: Account, world: World
) -> None:
    account.misbehaviour.retry_after = 3
    account.misbehaviour.refuse["GET /api/v4/account"] = (429, "")
    begun = world.clock.monotonic()
    with pytest.raises(RateLimited):
        await session.prove()
    assert [one.status for one in account.calls].count(429) == 2
    assert 3 <= world.clock.monotonic() - begun <= LONGEST_WAIT


async def test_a_refused_token_is_renewed_and_the_request_made_again(session: AmoSession, account: Account) -> None:
    account.authority.end_access()
    assert await session.employees() != []
    assert len(account.authority.renewals) == 1


async def test_a_right_that_lacks_for_one_card_refuses_only_what_needs_it(
    session: AmoSession, account: Account
) -> None:
    forbidden = (403, {"title": "Forbidden", "status": 403})
    account.misbehaviour.refuse.update({"GET /api/v4/contacts": forbidden, "GET /api/v4/talks": forbidden})
    there = CrmChat(id="chat-2", name="Иван", remote="9272119c-bb6f-518c-999b-5ae5009f9e6f")
    owner = entry("m-2", act=Act.OWNER, chat=there, employee="56")
    refused, shown = await session.deliver([owner, entry()])
    assert (type(refused), getattr(refused, "code", "")) == (Rejected, "scope")
    assert isinstance(shown, CrmReceipt)
    account.misbehaviour.refuse["GET /api/v4/account"] = forbidden
    with pytest.raises(Misconfigured, match="scope"):
        await session.deliver([entry("m-3", chat=CrmChat(id="chat-3", name="Иван"))])


async def test_with_a_wrong_clock_the_chats_refuse_and_say_what_to_look_at(desk: AmoDesk, account: Account) -> None:
    account.misbehaviour.clock_off = 20 * 60
    await desk.link()
    await desk.allow()
    async with desk.session() as session:
        with pytest.raises(Misconfigured, match="signature"):
            await session.arrange([])


async def test_an_unreachable_account_is_tried_again_and_nothing_is_lost(session: AmoSession, account: Account) -> None:
    await account.vanish()
    with pytest.raises(Retryable):
        await session.deliver([entry()])
    await account.come_back()
    [receipt] = await session.deliver([entry()])
    assert not isinstance(receipt, ChannelError)
    assert len(account.chats) == 1

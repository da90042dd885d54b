"""Bots that call our widget, and stand still until they are continued."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.jwt import claims_of
from chatapp_cli.sandbox.amocrm.objects import MANAGER
from chatapp_cli.sandbox.amocrm.office import BOT
from tests.sandbox.amocrm.desk import Client, Receiver
from tests.sandbox.amocrm.schema import said_against
from tests.sandbox.clock import HandClock

DONE = {
    "data": {"status": "success", "detail": "79000000000:Y"},
    "execute_handlers": [
        {"handler": "show", "params": {"type": "text", "value": "Сообщение отправлено"}},
        {"handler": "goto", "params": {"type": "question", "step": 1}},
    ],
}


@pytest.fixture
async def lead(careless: Account, client: Client, receiver: Receiver) -> int:
    """A lead; bots call the receiver."""
    careless.widget_url = f"{receiver.url}/chat/bot"
    (number,) = await client.made("leads", {"name": "Сруб"})
    return number


def continued(account: Account, url: str) -> str:
    """The path of an address of the account."""
    assert url.startswith(account.address)
    return url.removeprefix(account.address)


async def test_a_bot_asks_the_widget_with_a_token_that_the_secret_proves(
    account: Account, receiver: Receiver, lead: int
) -> None:
    run = await account.runs_bot(lead, {"template": "Здравствуйте", "lead": str(lead)})
    await account.settled()
    (said,) = receiver.said
    assert said_against("salesbot.request.event", said) == []
    assert (said["data"]["template"], said["return_url"], run.answered) == ("Здравствуйте", run.return_url, 200)
    head, claims, signature = said["token"].split(".")
    proof = hmac.new(account.client_secret.encode(), f"{head}.{claims}".encode(), hashlib.sha512).digest()
    assert signature == base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"typ": "JWT", "alg": "HS512"}
    assert (claims_of(said["token"])["aud"], claims_of(said["token"])["entity_id"]) == (receiver.url, lead)


async def test_a_bot_is_continued_once_and_the_second_time_is_404(account: Account, client: Client, lead: int) -> None:
    run = await account.runs_bot(lead, {})
    path = continued(account, run.return_url)
    assert (await client.ask("POST", path, DONE))[0] == 202
    assert (run.state, run.result["status"], run.shown) == ("continued", "success", ["Сообщение отправлено"])
    assert run.exit == {"type": "question", "step": 1}
    assert (await client.ask("POST", path, DONE))[0] == 404
    assert (await client.ask("POST", f"/api/v4/salesbot/{BOT}/continue/9", DONE))[0] == 404


async def test_only_an_administrators_token_continues_a_bot(account: Account, client: Client, lead: int) -> None:
    run = await account.runs_bot(lead, {})
    client.token = account.authority.hand_out(MANAGER).access
    assert (await client.ask("POST", continued(account, run.return_url), DONE))[0] == 403
    assert run.state == "waiting"


@pytest.mark.parametrize(
    ("handlers", "path"), [
        ([{"handler": "goto", "params": {"type": "question", "step": 1}}] * 11, "execute_handlers"),
        ([{"handler": "show", "params": {"type": "text", "value": "x" * 81}}], "execute_handlers.0.params.value"),
        ([{"handler": "show", "params": {"type": "buttons", "value": "x", "buttons": ["x"] * 26}}],
         "execute_handlers.0.params.buttons"),
        ([{"handler": "show", "params": {"type": "image", "value": "x"}}], "execute_handlers.0.params.type"),
        ([{"handler": "goto", "params": {"type": "moon"}}], "execute_handlers.0.params.type"),
        ([{"handler": "send", "params": {}}], "execute_handlers.0.handler"),
    ],
)  # fmt: skip
async def test_what_a_bot_cannot_do_is_refused_and_it_goes_on_waiting(
    careless: Account, client: Client, lead: int, handlers: list[Any], path: str
) -> None:
    run = await careless.runs_bot(lead, {})
    wrong = await client.refused("POST", continued(careless, run.return_url), {"execute_handlers": handlers})
    assert [place for _, place in wrong] == [path]
    assert run.state == "waiting"


async def test_one_bot_works_on_a_lead_so_that_the_next_stops_it(account: Account, client: Client, lead: int) -> None:
    first, second = await account.runs_bot(lead, {}), await account.runs_bot(lead, {})
    assert (first.state, second.state) == ("stopped", "waiting")
    assert (await client.ask("POST", continued(account, first.return_url), DONE))[0] == 404
    assert (await client.ask("POST", continued(account, second.return_url), DONE))[0] == 202


async def test_a_bot_that_nobody_continues_is_overdue_after_ten_minutes(
    account: Account, client: Client, lead: int, clock: HandClock
) -> None:
    run = await account.runs_bot(lead, {})
    clock.passed += 599
    assert account.overdue_bots == []
    clock.passed += 2
    assert account.overdue_bots == [run]
    assert (await client.ask("POST", continued(account, run.return_url), DONE))[0] == 202
    assert account.overdue_bots == []


async def test_a_bot_is_started_and_stopped_by_the_api(account: Account, client: Client, lead: int) -> None:
    on_lead = {"entity_id": lead, "entity_type": "leads"}
    assert (await client.ask("POST", f"/api/v4/bots/{BOT}/run", on_lead))[0] == 202
    assert (await client.ask("POST", "/api/v4/bots/run", [{"bot_id": BOT, **on_lead}]))[0] == 202
    assert [one.state for one in account.bot_runs] == ["stopped", "waiting"]
    assert (await client.ask("POST", f"/api/v4/bots/{BOT}/stop", on_lead))[0] == 202
    assert (await client.ask("POST", f"/api/v4/bots/{BOT}/stop", on_lead))[0] == 404
    contact = {"entity_id": 11, "entity_type": "contacts"}
    assert (await client.ask("POST", f"/api/v4/bots/{BOT}/stop", contact))[0] == 400
    assert await client.refused("POST", f"/api/v4/bots/{BOT}/run", contact) == [("NotSupportedChoice", "entity_id")]
    assert await client.refused("POST", "/api/v4/bots/9/run", on_lead) == [("NotSupportedChoice", "bot_id")]


async def test_no_more_than_a_hundred_bots_are_started_at_once(careless: Account, client: Client, lead: int) -> None:
    many = [{"bot_id": BOT, "entity_id": lead, "entity_type": "leads"}] * 101
    assert (await client.ask("POST", "/api/v4/bots/run", many))[0] == 400
    assert careless.bot_runs == []


async def test_a_widget_that_answers_late_leaves_the_bot_waiting(
    account: Account, receiver: Receiver, lead: int
) -> None:
    account.misbehaviour.hook_patience, receiver.pause = 0.05, 0.3
    run = await account.runs_bot(lead, {})
    await account.settled()
    assert (run.answered, run.state) == (0, "waiting")


async def test_a_widget_may_be_asked_by_a_form(account: Account, receiver: Receiver, lead: int) -> None:
    account.misbehaviour.bot_form = True
    account.widget_url = f"{receiver.url}/hook"
    run = await account.runs_bot(lead, {"params": {"1": "да"}})
    await account.settled()
    (form,) = receiver.forms
    assert (form["data"]["params"], form["return_url"]) == ({"1": "да"}, run.return_url)

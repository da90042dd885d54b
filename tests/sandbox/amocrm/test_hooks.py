"""Sources, webhooks, and what an account tells of what happens in it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.account_hooks import PAUSES
from chatapp_cli.sandbox.amocrm.objects import MANAGER, WON
from chatapp_cli.sandbox.amocrm.office import SALES, SERVICE
from tests.sandbox.amocrm.desk import Client, Receiver
from tests.sandbox.clock import HandClock

LINE = {"name": "WhatsApp Продажи", "external_id": "line-3-wa", "pipeline_id": SERVICE}
NAMES = ["add_lead", "status_lead", "responsible_lead", "note_lead", "delete_lead", "add_contact"]


@pytest.fixture
async def told(careless: Account, client: Client, receiver: Receiver) -> Receiver:
    """A receiver of what happens with leads."""
    await client.done("POST", "/api/v4/webhooks", {"destination": f"{receiver.url}/hook", "settings": NAMES})
    return receiver


async def waiting(account: Account, number: int) -> None:
    """Wait until the last hook was tried so many times."""
    async with asyncio.timeout(5):
        while account.hooks[-1].attempts < number or account.hooks[-1].outcome == "queued":
            await asyncio.sleep(0.005)


async def test_a_source_is_made_found_changed_and_deleted(account: Account, client: Client) -> None:
    made = await client.done("POST", "/api/v4/sources", [LINE])
    (source,) = account.sources
    assert made["_embedded"]["sources"][0]["id"] == source.id
    found = await client.done("GET", "/api/v4/sources?filter[external_id][]=line-3-wa")
    assert found["_embedded"]["sources"][0]["pipeline_id"] == SERVICE
    await client.done("PATCH", "/api/v4/sources", [{"id": source.id, "name": "Продажи", "pipeline_id": SALES}])
    assert (source.name, source.pipeline, source.external_id) == ("Продажи", SALES, "line-3-wa")
    assert (await client.ask("DELETE", f"/api/v4/sources/{source.id}"))[0] == 204
    assert (await client.ask("DELETE", f"/api/v4/sources/{source.id}"))[0] == 404
    assert account.sources == []


@pytest.mark.parametrize(
    ("item", "errors"), [
        ({**LINE}, [("NotUnique", "external_id")]),
        ({**LINE, "external_id": "l" * 41}, [("InvalidLength", "external_id")]),
        ({**LINE, "external_id": "new", "pipeline_id": 9}, [("NotSupportedChoice", "pipeline_id")]),
        ({"external_id": "new"}, [("FieldMissing", "name")]),
        ({**LINE, "external_id": "new", "colour": "red"}, [("UnexpectedField", "colour")]),
    ],
)  # fmt: skip
async def test_a_source_that_cannot_be_is_refused(
    careless: Account, client: Client, item: Any, errors: list[tuple[str, str]]
) -> None:
    await client.done("POST", "/api/v4/sources", [LINE])
    assert await client.refused("POST", "/api/v4/sources", [item]) == errors
    assert len(careless.sources) == 1


async def test_one_of_our_ids_twice_in_one_request_is_refused(account: Account, client: Client) -> None:
    assert await client.refused("POST", "/api/v4/sources", [LINE, LINE]) == [("NotUnique", "external_id")]
    assert account.sources == []


async def test_our_id_of_a_source_cannot_be_changed_and_a_hundred_and_first_source_not_made(
    account: Account, client: Client
) -> None:
    await client.done("POST", "/api/v4/sources", [{**LINE, "external_id": f"l-{number}"} for number in range(100)])
    (first, *_) = account.sources
    assert await client.refused("PATCH", "/api/v4/sources", [{"id": first.id, "external_id": "other"}]) == [
        ("NotSupportedChoice", "external_id")
    ]
    assert await client.refused("POST", "/api/v4/sources", [LINE]) == [("InvalidLength", "sources")]


@pytest.mark.parametrize(
    ("said", "errors"), [
        ({"destination": "desk.example.ru/hook", "settings": ["add_lead"]}, [("NotSupportedChoice", "destination")]),
        ({"destination": "ftp://desk.example.ru", "settings": ["add_lead"]}, [("NotSupportedChoice", "destination")]),
        ({"destination": "https://desk.example.ru", "settings": []}, [("InvalidLength", "settings")]),
        ({"destination": "https://desk.example.ru", "settings": ["add_lead", "add_unsorted"]},
         [("NotSupportedChoice", "settings.1")]),
        ({"settings": ["add_lead"]}, [("FieldMissing", "destination")]),
    ],
)  # fmt: skip
async def test_a_webhook_has_an_address_and_asks_for_what_there_is(
    careless: Account, client: Client, said: Any, errors: list[tuple[str, str]]
) -> None:
    assert await client.refused("POST", "/api/v4/webhooks", said) == errors
    assert careless.webhooks == []


async def test_one_address_is_one_webhook_that_a_second_request_does_not_change(
    account: Account, client: Client
) -> None:
    said = {"destination": "https://desk.example.ru/hook", "settings": ["add_lead"]}
    for settings in (["add_lead"], ["status_lead"]):
        await client.done("POST", "/api/v4/webhooks", {**said, "settings": settings})
    (shown,) = (await client.done("GET", "/api/v4/webhooks"))["_embedded"]["webhooks"]
    assert (shown["settings"], shown["disabled"]) == (["add_lead"], False)
    assert (await client.ask("DELETE", "/api/v4/webhooks", {"destination": said["destination"]}))[0] == 204
    assert (await client.ask("DELETE", "/api/v4/webhooks", {"destination": said["destination"]}))[0] == 404


async def test_a_tariff_without_webhooks_refuses_them(account: Account, client: Client) -> None:
    account.misbehaviour.no_webhooks = True
    said = {"destination": "https://desk.example.ru/hook", "settings": ["add_lead"]}
    assert (await client.ask("POST", "/api/v4/webhooks", said))[0] == 403


async def test_a_moved_lead_is_told_as_a_form_in_which_everything_is_text(
    account: Account, client: Client, told: Receiver
) -> None:
    (number,) = await client.made("leads", {"name": "Сруб"})
    await account.moves(number, WON)
    await account.settled()
    assert "add" in told.forms[0]["leads"]
    (said,) = told.forms[1]["leads"]["status"]
    assert (said["id"], said["status_id"], said["old_status_id"]) == (str(number), str(WON), "33929752")
    assert said["pipeline_id"] == said["old_pipeline_id"] == str(SALES)
    assert told.forms[1]["account"]["id"] == str(account.id)
    assert told.forms[1]["account"]["subdomain"] == "hvoya"


async def test_what_we_write_ourselves_comes_back_too(account: Account, client: Client, told: Receiver) -> None:
    (number,) = await client.made("leads", {"name": "Сруб"})
    await client.done("PATCH", "/api/v4/leads", [{"id": number, "responsible_user_id": MANAGER}])
    await client.done("POST", f"/api/v4/leads/{number}/notes", [{"note_type": "common", "params": {"text": "да"}}])
    await account.settled()
    assert [one.name for one in account.hooks] == ["add_lead", "responsible_lead", "note_lead"]
    (said,) = (form for form in told.forms if "responsible" in form["leads"])
    assert said["leads"]["responsible"][0]["old_responsible_user_id"] == "55"


async def test_only_what_was_asked_for_is_told(account: Account, client: Client, told: Receiver) -> None:
    await client.made("tasks", {"text": "x", "complete_till": 1_796_100_000})
    (number,) = await client.made("contacts", {"name": "А"})
    await client.done("PATCH", "/api/v4/contacts", [{"id": number, "name": "Б"}])
    await account.settled()
    assert [one.name for one in account.hooks] == ["add_contact"]
    assert told.forms[0]["contacts"]["add"][0]["type"] == "contact"


async def test_a_company_is_told_among_contacts(account: Account, client: Client, receiver: Receiver) -> None:
    said = {"destination": f"{receiver.url}/hook", "settings": ["add_company"]}
    await client.done("POST", "/api/v4/webhooks", said)
    await client.made("companies", {"name": "ООО Ромашка"})
    await account.settled()
    assert receiver.forms[0]["contacts"]["add"][0]["type"] == "company"
    assert account.contacts == {}


async def test_a_hook_without_a_good_answer_is_repeated_after_5_15_15_and_60_minutes_and_then_given_up(
    account: Account, client: Client, told: Receiver, clock: HandClock
) -> None:
    told.status = 500
    await client.made("leads", {"name": "Сруб"})
    await account.settled()
    (hook,) = account.hooks
    assert (hook.attempts, hook.outcome, PAUSES) == (1, "waiting", (300, 900, 900, 3600))
    for number, pause in enumerate(PAUSES, 2):
        clock.passed += pause - 1
        await asyncio.sleep(0.05)
        assert hook.attempts == number - 1
        clock.passed += 2
        await waiting(account, number)
    assert (hook.outcome, len(told.forms)) == ("given up", 5)


async def test_a_hook_that_is_taken_at_last_is_not_repeated(
    account: Account, client: Client, told: Receiver, clock: HandClock
) -> None:
    told.status = 302
    await client.made("leads", {"name": "Сруб"})
    await account.settled()
    told.status = 204
    clock.passed += 301
    await waiting(account, 2)
    assert account.hooks[0].outcome == "delivered"


async def test_an_answer_that_comes_late_is_none(account: Account, client: Client, told: Receiver) -> None:
    account.misbehaviour.hook_patience, told.pause = 0.05, 0.3
    await client.made("leads", {"name": "Сруб"})
    await account.settled()
    assert (account.hooks[0].status, account.hooks[0].outcome) == (0, "waiting")


async def test_more_than_a_hundred_bad_answers_in_two_hours_disable_a_webhook_until_it_is_made_anew(
    account: Account, client: Client, told: Receiver
) -> None:
    told.status = 500
    await client.made("leads", *({"name": f"{number}"} for number in range(100)))
    await account.settled()
    (shown,) = (await client.done("GET", "/api/v4/webhooks"))["_embedded"]["webhooks"]
    assert shown["disabled"] is False
    await client.made("leads", {"name": "x"})
    await account.settled()
    (shown,) = (await client.done("GET", "/api/v4/webhooks"))["_embedded"]["webhooks"]
    assert shown["disabled"] is True
    told.status, before = 200, len(told.forms)
    await client.made("leads", {"name": "x"})
    await account.settled()
    assert len(told.forms) == before
    await client.done("DELETE", "/api/v4/webhooks", {"destination": shown["destination"]})
    await client.done("POST", "/api/v4/webhooks", {"destination": shown["destination"], "settings": NAMES})
    await client.made("leads", {"name": "x"})
    await account.settled()
    assert len(told.forms) == before + 1


async def test_what_waits_for_its_next_attempt_is_given_up_once_its_webhook_is_disabled(
    account: Account, client: Client, told: Receiver, clock: HandClock
) -> None:
    told.status = 500
    await client.made("leads", {"name": "Сруб"})
    await account.settled()
    account.misbehaviour.disable_hooks = True
    clock.passed += 301
    async with asyncio.timeout(5):
        while account.hooks[0].outcome == "waiting":
            await asyncio.sleep(0.005)
    assert (account.hooks[0].outcome, len(told.forms)) == ("given up", 1)


async def test_hooks_can_come_twice_be_lost_or_be_switched_off(
    account: Account, client: Client, told: Receiver
) -> None:
    account.misbehaviour.double_hooks = 1
    await client.made("leads", {"name": "А"})
    await account.settled()
    assert len(told.forms) == 2
    assert told.forms[0] == told.forms[1]
    account.misbehaviour.drop_hooks = 1
    await client.made("leads", {"name": "Б"})
    await account.settled()
    assert (len(told.forms), account.hooks[-1].outcome) == (2, "dropped")
    account.misbehaviour.disable_hooks = True
    await client.made("leads", {"name": "В"})
    await account.settled()
    assert (len(told.forms), len(account.hooks)) == (2, 3)
    (shown,) = (await client.done("GET", "/api/v4/webhooks"))["_embedded"]["webhooks"]
    assert shown["disabled"] is True

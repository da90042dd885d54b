"""What a portal posts to the application, and what becomes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.stage import StageFile
from tests.sandbox.bitrix24.desk import CHAT, CONNECTOR, LINE, Client, Handler
from tests.sandbox.clock import HandClock

PRICES = StageFile(name="Прайс.pdf", mime="application/pdf", content=b"%PDF of prices")
EVENTS = (
    "OnImConnectorMessageAdd", "OnImConnectorMessageUpdate", "OnImConnectorMessageDelete", "OnImConnectorDialogStart",
    "OnImConnectorDialogFinish", "OnImConnectorStatusDelete", "OnImConnectorLineDelete", "OnAppUninstall", "OnAppTest",
    "OnCrmDealAdd", "OnCrmDealUpdate", "OnCrmDealDelete",
)  # fmt: skip


@pytest.fixture
async def bound(portal: Portal, client: Client, handler: Handler) -> Handler:
    """A handler of all events, and a client who wrote."""
    for event in EVENTS:
        await client.done("event.bind", event=event, handler=f"{handler.url}/event")
    await client.connect()
    await client.send("m-1")
    await portal.settled()
    return handler


def only(handler: Handler, name: str) -> dict[str, Any]:
    """The one event with a name."""
    (found,) = (form for form in handler.forms if form["event"] == name.upper())
    return found


async def test_an_operators_message_is_posted_with_its_file_which_a_token_opens(portal: Portal, bound: Handler) -> None:
    message = await portal.staff.writes(CONNECTOR, LINE, CHAT, "[b]Светлана:[/b] [br]Вот", files=(PRICES,))
    await portal.settled()
    event = only(bound, "OnImConnectorMessageAdd")
    (said,) = event["data"]["MESSAGES"]
    assert said["im"] == {"chat_id": str(message.chat), "message_id": str(message.id)}
    assert (said["message"]["user_id"], said["message"]["text"]) == ("27", "[b]Светлана:[/b] [br]Вот")
    assert (said["chat"], event["data"]["LINE"]) == ({"id": CHAT}, "107")
    (file,) = said["message"]["files"]
    async with aiohttp.ClientSession() as http, http.get(f"{portal.address}{file['downloadLink']}") as answer:
        assert (await answer.read(), answer.content_type) == (PRICES.content, PRICES.mime)
    async with aiohttp.ClientSession() as http, http.get(f"{portal.client_endpoint}download.json") as answer:
        assert answer.status == 401


async def test_all_values_are_text_and_the_pairs_have_no_order(portal: Portal, bound: Handler) -> None:
    await portal.staff.writes(CONNECTOR, LINE, CHAT, "да")
    names = [name for name, _ in portal.events[-1].form]
    assert all(isinstance(value, str) for _, value in portal.events[-1].form)
    assert names.index("auth[domain]") != sorted(names).index("auth[domain]")
    assert names != sorted(names)


async def test_edits_deletions_and_the_ends_of_things_come_in_the_forms_of_the_documents(
    portal: Portal, bound: Handler
) -> None:
    message = await portal.staff.writes(CONNECTOR, LINE, CHAT, "Добрый дунь")
    message.connector_mid = ["wamid-1"]
    await portal.staff.edits(message, "Добрый день")
    await portal.staff.deletes(message)
    await portal.staff.finishes(CHAT)
    await portal.staff.disconnects(CONNECTOR, LINE)
    await portal.staff.deletes_line(LINE)
    await portal.settled()
    (edited,) = only(bound, "OnImConnectorMessageUpdate")["data"]["MESSAGES"]
    (deleted,) = only(bound, "OnImConnectorMessageDelete")["data"]["MESSAGES"]
    assert edited["message"] == {"id": ["wamid-1"], "text": "Добрый день"}
    assert deleted["message"] == {"id": "wamid-1"}
    assert only(bound, "OnImConnectorDialogStart")["data"]["DATA"][0]["session"]["closed"] == "N"
    assert only(bound, "OnImConnectorDialogFinish")["data"]["DATA"][0]["session"]["closed"] == "Y"
    assert only(bound, "OnImConnectorStatusDelete")["data"] == {"connector": CONNECTOR, "line": "107"}
    assert only(bound, "OnImConnectorLineDelete")["data"] == "107"


async def test_an_automatic_text_has_no_author_and_a_quote_is_only_text(portal: Portal, bound: Handler) -> None:
    await portal.staff.writes(CONNECTOR, LINE, CHAT, "Мы ответим утром", automatic=True)
    (asked, *_) = portal.messages(CHAT)
    await portal.staff.quotes(asked, "Да, есть")
    await portal.staff.quotes(asked, "И ещё", style="bbcode")
    await portal.settled()
    said = [
        form["data"]["MESSAGES"][0]["message"] for form in bound.forms if form["event"] == "ONIMCONNECTORMESSAGEADD"
    ]
    assert [one["user_id"] for one in said] == ["0", "27", "27"]
    assert said[1]["text"].splitlines()[0] == "-" * 54
    assert said[1]["text"].splitlines()[2:] == ["Добрый день", "-" * 54, "Да, есть"]
    assert said[2]["text"].startswith("[quote]Иван Иванов [")
    assert said[2]["text"].endswith("\nДобрый день[/quote]\nИ ещё")


async def test_an_event_that_is_refused_is_dropped_and_never_repeated(portal: Portal, bound: Handler) -> None:
    before = len(bound.forms)
    bound.status = 503
    await portal.staff.writes(CONNECTOR, LINE, CHAT, "раз")
    await portal.settled()
    bound.status = 200
    await portal.staff.writes(CONNECTOR, LINE, CHAT, "два")
    await portal.settled()
    assert [(one.status, one.outcome) for one in portal.events[-2:]] == [(503, "dropped"), (200, "delivered")]
    assert len(bound.forms) == before + 2


async def test_events_are_doubled_dropped_and_stripped_of_tokens_on_request(portal: Portal, bound: Handler) -> None:
    before = len(bound.forms)
    portal.misbehaviour.doubled_events = 1
    await portal.staff.writes(CONNECTOR, LINE, CHAT, "дважды")
    portal.misbehaviour.drop_events = 1
    await portal.staff.writes(CONNECTOR, LINE, CHAT, "никогда")
    portal.misbehaviour.events_without_tokens = True
    await portal.staff.writes(CONNECTOR, LINE, CHAT, "без ключа")
    await portal.settled()
    said = [form["data"]["MESSAGES"][0]["message"]["text"] for form in bound.forms[before:]]
    assert said == ["дважды", "дважды", "без ключа"]
    assert [sorted({"access_token", "member_id"} & form["auth"].keys()) for form in bound.forms[-2:]] == [
        ["access_token", "member_id"], ["member_id"],
    ]  # fmt: skip


async def test_a_late_event_waits_on_the_clock_and_is_overtaken(
    portal: Portal, bound: Handler, clock: HandClock
) -> None:
    before = len(bound.forms)
    portal.misbehaviour.late_events = 60
    await portal.staff.writes(CONNECTOR, LINE, CHAT, "раньше")
    portal.misbehaviour.late_events = 0
    await portal.staff.writes(CONNECTOR, LINE, CHAT, "позже")
    while len(bound.forms) == before:
        await asyncio.sleep(0.01)
    clock.passed += 60
    await portal.settled()
    said = [
        form["data"]["MESSAGES"][0]["message"]["text"] for form in bound.forms[before:] if "MESSAGES" in form["data"]
    ]
    assert said == ["позже", "раньше"]


async def test_a_handler_that_takes_too_long_loses_the_event(portal: Portal, bound: Handler) -> None:
    portal.misbehaviour.patience = 0.05
    bound.pause = 1.0
    await portal.staff.writes(CONNECTOR, LINE, CHAT, "раз")
    await portal.settled()
    assert (portal.events[-1].status, portal.events[-1].outcome) == (0, "dropped")


async def test_a_binding_exists_once_for_each_spelling_of_its_address(
    portal: Portal, client: Client, handler: Handler
) -> None:
    said = {"event": "OnImConnectorMessageAdd", "handler": f"{handler.url}/event"}
    await client.done("event.bind", **said)
    assert await client.refused("event.bind", **said) == (400, "ERROR_CORE")
    await client.done("event.bind", **{**said, "handler": f"{said['handler']}/"})
    assert [one["handler"] for one in await client.done("event.get")] == [said["handler"], f"{said['handler']}/"]
    assert await client.done("event.unbind", **said) == {"count": 1}
    assert await client.refused("event.bind", event="OnNothing", handler=handler.url) == (400, "ERROR_EVENT_NOT_FOUND")
    assert [one.handler for one in portal.bindings] == [f"{said['handler']}/"]


async def test_a_handler_without_https_is_a_problem_unless_it_is_on_loopback(careless: Portal, client: Client) -> None:
    await client.done("event.bind", event="OnAppTest", handler="http://desk.example.org/event")
    assert careless.problems == ["event.bind: handler is not a public https address"]


async def test_a_test_event_brings_the_parameters_back(portal: Portal, client: Client, bound: Handler) -> None:
    await client.done("event.test", nonce="n-1")
    await portal.settled()
    assert only(bound, "OnAppTest")["data"] == {"QUERY": {"nonce": "n-1"}}


async def test_no_event_comes_before_the_installation_is_finished(handler: Handler) -> None:
    async with Portal(pages=True) as portal:
        client = Client(portal, portal.hand_out().access)
        await client.done("event.bind", event="OnAppTest", handler=f"{handler.url}/event")
        await client.done("event.test", nonce="too early")
        portal.finishes_installation()
        await client.done("event.test", nonce="now")
        await portal.settled()
    assert [form["data"]["QUERY"]["nonce"] for form in handler.forms] == ["now"]


async def test_an_uninstalled_application_hears_of_it_without_tokens_and_loses_everything(
    portal: Portal, client: Client, bound: Handler
) -> None:
    await portal.staff.uninstalls()
    await portal.settled()
    event = only(bound, "OnAppUninstall")
    assert event["auth"]["application_token"] == portal.application_token
    assert "access_token" not in event["auth"]
    assert (portal.bindings, portal.connectors, portal.active) == ([], {}, set())
    assert await client.refused("scope") == (401, "invalid_token")


async def test_copies_of_our_own_messages_come_back_only_if_the_portal_does_so(
    portal: Portal, client: Client, bound: Handler
) -> None:
    await client.send("m-2", "с телефона", user_id=29)
    portal.misbehaviour.copies_return = True
    await client.send("m-3", "и ещё", user_id=29)
    await portal.settled()
    (said,) = only(bound, "OnImConnectorMessageAdd")["data"]["MESSAGES"]
    assert said["message"] == {"user_id": "29", "text": "и ещё"}
    assert [(one.author, one.by_client) for one in portal.messages(CHAT)[1:]] == [(29, False), (29, False)]


@pytest.mark.parametrize("link", ["", "http://10.0.0.1/inside"])
async def test_a_files_address_can_be_missing_or_point_inside(portal: Portal, bound: Handler, link: str) -> None:
    portal.misbehaviour.download_link = link
    portal.misbehaviour.download_size = 1 << 31
    await portal.staff.writes(CONNECTOR, LINE, CHAT, files=(PRICES,))
    await portal.settled()
    (file,) = only(bound, "OnImConnectorMessageAdd")["data"]["MESSAGES"][0]["message"]["files"]
    assert (file.get("downloadLink", ""), file["size"]) == (link, str(1 << 31))
    async with aiohttp.ClientSession() as http, http.get(file["link"]) as answer:
        assert answer.content_length == 1 << 31
        assert await answer.content.read(5) == bytes(5)

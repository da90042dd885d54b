"""The providers of SMS of the stand-in: what it refuses, and how it calls them."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from chatapp_cli.sandbox.bitrix24 import Portal
from tests.sandbox.bitrix24.desk import Client, Handler

CODE = "chatapp_wa_3"
PHONE = "+79990000000"
ADD, UPDATE, DELETE, STATUS = (
    f"messageservice.{name}" for name in ("sender.add", "sender.update", "sender.delete", "message.status.update")
)


@pytest.fixture
async def provider(portal: Portal, client: Client, handler: Handler) -> dict[str, Any]:
    """A registered provider."""
    sender = {
        "CODE": CODE,
        "TYPE": "SMS",
        "HANDLER": f"{handler.url}/event",
        "NAME": {"ru": "ChatApp", "en": "ChatApp"},
    }
    assert await client.done(ADD, **sender) is True
    return sender


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"CODE": ""}, "ERROR_SENDER_VALIDATION_FAILURE"),
        ({"CODE": "whatsapp: 3"}, "ERROR_SENDER_VALIDATION_FAILURE"),
        ({"NAME": ""}, "ERROR_SENDER_VALIDATION_FAILURE"),
        ({"TYPE": "MAIL"}, "ERROR_SENDER_VALIDATION_FAILURE"),
        ({}, "ERROR_SENDER_ALREADY_INSTALLED"),
    ],
)
async def test_a_registration_is_refused_for_what_the_portal_refuses(
    careless: Portal, client: Client, handler: Handler, changes: dict[str, str], code: str
) -> None:
    sender = {"CODE": CODE, "TYPE": "SMS", "HANDLER": f"{handler.url}/event", "NAME": "ChatApp"}
    await client.done(ADD, **sender)
    assert await client.refused(ADD, **{**sender, **changes}) == (400, code)
    assert set(careless.senders) == {CODE}


async def test_a_provider_that_is_not_there_is_neither_changed_nor_removed(
    portal: Portal, client: Client, provider: dict[str, Any]
) -> None:
    for method, more in ((UPDATE, {"NAME": "x"}), (DELETE, {}), (STATUS, {"MESSAGE_ID": "1", "STATUS": "sent"})):
        assert await client.refused(method, CODE="chatapp_wa_4", **more) == (400, "ERROR_SENDER_NOT_FOUND")
    assert await client.refused(UPDATE, CODE=CODE) == (400, "ERROR_SENDER_OTHER_PARAMS_REQUIRED")
    assert await client.done(UPDATE, CODE=CODE, NAME="Другое имя") is True
    assert (portal.senders[CODE]["NAME"], portal.senders[CODE]["HANDLER"]) == ("Другое имя", provider["HANDLER"])


async def test_only_administrators_change_providers_and_only_the_sender_or_they_say_what_became_of_an_sms(
    portal: Portal, provider: dict[str, Any]
) -> None:
    svetlana, other = (Client(portal, portal.authority.access_for(user)) for user in (27, 29))
    assert await svetlana.refused(DELETE, CODE=CODE) == (403, "ACCESS_DENIED")
    assert await svetlana.refused(ADD, **{**provider, "CODE": "x"}) == (403, "ACCESS_DENIED")
    number, _ = await portal.sends_sms(CODE, PHONE, "Заказ готов")
    said = {"CODE": CODE, "MESSAGE_ID": number, "STATUS": "sent"}
    assert await other.refused(STATUS, **said) == (403, "ACCESS_DENIED")
    assert await svetlana.done(STATUS, **said) is True


async def test_a_message_belongs_to_the_provider_that_sent_it(
    portal: Portal, client: Client, provider: dict[str, Any]
) -> None:
    await client.done(ADD, **{**provider, "CODE": "chatapp_wa_4"})
    number, _ = await portal.sends_sms(CODE, PHONE, "Заказ готов")
    said = {"MESSAGE_ID": number, "STATUS": "sent"}
    assert await client.refused(STATUS, CODE="chatapp_wa_4", **said) == (400, "ERROR_MESSAGE_NOT_FOUND")
    assert portal.sms_statuses == {number: []}


async def test_a_card_and_a_robot_call_the_provider_as_the_portal_does(
    portal: Portal, provider: dict[str, Any], handler: Handler
) -> None:
    portal.misbehaviour.doubled_sms = 1
    first, _ = await portal.sends_sms(CODE, PHONE, "Заказ готов")
    second, answered = await portal.robot_sends_sms(CODE, PHONE, "Оплатите")
    assert answered.body == "ok"
    told = [(form["message_id"], form["module_id"], form["message_to"], form["code"]) for form in handler.forms]
    assert told == [(first, "crm", PHONE, CODE)] * 2 + [(second, "bizproc", PHONE, CODE)]
    assert handler.forms[2]["document_id"] == ["crm", "CCrmDocumentDeal", "DEAL_17"]
    assert handler.forms[0]["auth"]["application_token"] == portal.application_token


async def test_the_answer_of_a_batch_is_lost_with_a_command_of_it(
    portal: Portal, client: Client, provider: dict[str, Any]
) -> None:
    number, _ = await portal.sends_sms(CODE, PHONE, "Заказ готов")
    portal.misbehaviour.lose_after[STATUS] = 1
    command = f"{STATUS}?CODE={CODE}&MESSAGE_ID={number}&STATUS=sent"
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.call("batch", halt=0, cmd={"s": command})
    await client.call("batch", halt=0, cmd={"s": command})
    assert portal.sms_statuses == {number: ["sent", "sent"]}

"""One person is one dialog, whether Meta tells a phone, a business-scoped id, or both."""

from __future__ import annotations

import pytest

from chatapp_cli.connectors.whatsapp.connector import WhatsAppSession
from chatapp_cli.domain.arrival import MessageArrived, PeerMoved
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox
from tests.connectors.whatsapp.calls import call, of, payload, taken
from tests.contract.connector_contract import ANNA

PHONE = "79160000001"
USER = "RU.1000000000007001"


async def test_who_tells_both_is_one_dialog_under_the_id_reached_by_phone(
    session: WhatsAppSession, sandbox: WhatsAppSandbox
) -> None:
    await sandbox.say(ANNA, "Здравствуйте")
    events = taken(session, sandbox)
    (message,) = of(MessageArrived, events)
    assert (message.peer.key, message.peer.address, message.peer.title) == (USER, f"+{PHONE}", ANNA.name)
    assert (message.sender.id, message.sender.phone, message.sender.username) == (USER, f"+{PHONE}", "")
    (moved,) = of(PeerMoved, events)
    assert (moved.old_key, moved.peer) == (f"+{PHONE}", message.peer)
    assert events.index(moved) < events.index(message)


async def test_a_client_without_a_phone_is_known_by_id_and_username_alone(
    session: WhatsAppSession, sandbox: WhatsAppSandbox
) -> None:
    sandbox.meta.client(ANNA).hidden = True
    await sandbox.say(ANNA, "Здравствуйте")
    (message,) = taken(session, sandbox)
    assert isinstance(message, MessageArrived)
    assert (message.peer.key, message.peer.address) == (USER, USER)
    assert (message.sender.phone, message.sender.username) == ("", "anna_b")


async def test_a_client_without_an_id_is_known_by_phone_until_the_id_is_told(
    session: WhatsAppSession, sandbox: WhatsAppSandbox
) -> None:
    anna = sandbox.meta.client(ANNA)
    anna.anonymous = True
    await sandbox.say(ANNA, "раз")
    (first,) = taken(session, sandbox)
    anna.anonymous = False
    await sandbox.say(ANNA, "два")
    moved, second = taken(session, sandbox)
    assert isinstance(first, MessageArrived)
    assert isinstance(second, MessageArrived)
    assert isinstance(moved, PeerMoved)
    assert (first.peer.key, moved.old_key) == (f"+{PHONE}", f"+{PHONE}")
    assert moved.peer.key == second.peer.key == USER


async def test_an_echo_that_tells_only_the_phone_finds_the_dialog_after_a_restart_too(
    connector: Connector, bound: Bound, sandbox: WhatsAppSandbox
) -> None:
    anna = sandbox.meta.client(ANNA)
    async with connector.open(ChannelId(1), bound) as session:
        assert isinstance(session, WhatsAppSession)
        await sandbox.say(ANNA, "Здравствуйте")
        taken(session, sandbox)
    assert await bound.memory.known() == {f"id/{PHONE}": USER}
    anna.anonymous = True
    sandbox.echo(ANNA, {"type": "text", "text": {"body": "Это с телефона"}})
    async with connector.open(ChannelId(1), bound) as session:
        assert isinstance(session, WhatsAppSession)
        (echo,) = taken(session, sandbox)
    assert isinstance(echo, MessageArrived)
    assert (echo.peer.key, echo.from_us, echo.text, echo.sender.name) == (USER, True, "Это с телефона", "")


async def test_the_first_receipt_of_a_template_joins_phone_and_id(
    session: WhatsAppSession, sandbox: WhatsAppSandbox
) -> None:
    contact = {"profile": {"name": ANNA.name}, "wa_id": PHONE, "user_id": USER}
    status = {"id": "wamid.9", "status": "sent", "timestamp": "1795000000", "recipient_id": PHONE}
    reply = call(session, sandbox, payload({"contacts": [contact], "statuses": [status]}))
    (moved,) = of(PeerMoved, reply.batch.arrivals[0].events)
    assert (moved.old_key, moved.peer.key, moved.peer.address) == (f"+{PHONE}", USER, f"+{PHONE}")


@pytest.mark.parametrize(("told", "key"), [("RU.2000", "RU.2000"), ("", "+79167777777")])
async def test_a_new_number_keeps_the_dialog(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, told: str, key: str
) -> None:
    await sandbox.say(ANNA, "Здравствуйте")
    taken(session, sandbox)
    sandbox.change_number(ANNA, "79167777777", told)
    events = taken(session, sandbox)
    assert [event.old_key for event in of(PeerMoved, events)] == [USER, f"+{PHONE}"]
    assert {event.peer.key for event in of(PeerMoved, events)} == {key}
    assert {event.peer.address for event in of(PeerMoved, events)} == {"+79167777777"}
    assert of(MessageArrived, events) == []


async def test_a_new_id_keeps_the_dialog(session: WhatsAppSession, sandbox: WhatsAppSandbox) -> None:
    change = {"wa_id": PHONE, "user_id": {"previous": USER, "current": "RU.3000"}, "timestamp": "1795000000"}
    reply = call(session, sandbox, payload({"user_id_update": [change]}, field="user_id_update"))
    (arrival,) = reply.batch.arrivals
    assert [event.old_key for event in of(PeerMoved, arrival.events)] == [USER, f"+{PHONE}"]
    assert {event.peer.key for event in of(PeerMoved, arrival.events)} == {"RU.3000"}
    assert arrival.problem == ""


async def test_in_a_group_the_dialog_is_the_groups_and_the_sender_is_named(
    session: WhatsAppSession, sandbox: WhatsAppSandbox
) -> None:
    sandbox.arrive(ANNA, {"type": "text", "text": {"body": "Всем привет"}, "group_id": "Y2FwaV9ncm91cDox"})
    (message,) = of(MessageArrived, taken(session, sandbox))
    assert (message.peer.key, message.peer.kind, message.peer.address) == (
        "Y2FwaV9ncm91cDox",
        "group",
        "Y2FwaV9ncm91cDox",
    )
    assert message.sender.name == ANNA.name

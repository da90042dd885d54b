"""What lies under the requests: packets, keys, salts, containers, and the one data centre."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
from telethon import errors, functions, types

from chatapp_cli.sandbox.telegram import TelegramSandbox
from chatapp_cli.sandbox.telegram.letters import Contact
from chatapp_cli.sandbox.telegram.server import OWNER_ID
from chatapp_cli.sandbox.telegram.tl import unpacked
from chatapp_cli.sandbox.telegram.wire import frame, read_frame
from tests.connectors.telegram.server_client import ANNA, Device, device, logged_in

GREETING = frame(0, bytes(20) + bytes(functions.ReqPqMultiRequest(nonce=5)))


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(password="") as sandbox:
        yield sandbox


@pytest.fixture
async def client(sandbox: TelegramSandbox) -> AsyncIterator[Device]:
    async with logged_in(sandbox) as client:
        yield client


@pytest.mark.parametrize(
    "packet",
    [b"GET / HTTP/1.1\r\n\r\n", GREETING[:-1] + b"!", frame(0, bytes(20) + bytes(types.MsgsAck([1])))],
    ids=["another protocol", "a wrong checksum", "no exchange of keys"],
)
async def test_what_is_no_telegram_is_hung_up_on(sandbox: TelegramSandbox, packet: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
    with closing(writer):
        writer.write(packet)
        async with asyncio.timeout(5):
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await reader.readexactly(1)


async def test_whoever_greets_is_answered(sandbox: TelegramSandbox) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
    with closing(writer):
        writer.write(GREETING)
        answer = unpacked((await read_frame(reader))[20:])
        assert (answer.nonce, answer.server_public_key_fingerprints) == (5, [sandbox.key.fingerprint])


async def test_a_forged_message_is_hung_up_on(client: Device, sandbox: TelegramSandbox) -> None:
    key_id = sandbox.stage.devices()[0].key.key_id.to_bytes(8, "little")
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
    with closing(writer):
        writer.write(frame(0, key_id + bytes(16 + 64)))
        async with asyncio.timeout(5):
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await reader.readexactly(1)
    assert (await client.get_me()).id == OWNER_ID


async def test_a_wrong_salt_is_corrected_and_the_request_done_once(client: Device, sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "?")
    await client.hears(1)
    sandbox.stage.devices()[0].salt = 7
    await client.send_message(ANNA.number, "раз")
    assert client._sender._state.salt == 7
    assert [one.text for one in await sandbox.heard(ANNA)] == ["раз"]


async def test_many_requests_travel_together(client: Device) -> None:
    results = await client(
        [functions.help.GetNearestDcRequest(), functions.users.GetUsersRequest([types.InputUserSelf()])]
    )
    assert (results[0].nearest_dc, results[1][0].id) == (2, OWNER_ID)


async def test_long_answers_and_questions_are_zipped(client: Device, sandbox: TelegramSandbox) -> None:
    await sandbox.say(ANNA, "а" * 4000)
    (text,) = await client.hears(1)
    await client.send_message(ANNA.number, text)
    assert [one.text for one in await sandbox.heard(ANNA)] == ["а" * 4000]
    assert [m.text async for m in client.iter_messages(ANNA.number, limit=2)] == [text, text]


async def test_a_ping_is_answered(client: Device) -> None:
    assert (await client(functions.PingRequest(ping_id=5))).ping_id == 5


async def test_a_login_moves_to_another_connection_by_a_ticket(client: Device, sandbox: TelegramSandbox) -> None:
    ticket = await client(functions.auth.ExportAuthorizationRequest(dc_id=2))
    async with device(sandbox) as other:
        there = await other(functions.auth.ImportAuthorizationRequest(ticket.id, ticket.bytes))
        assert there.user.id == OWNER_ID
    async with device(sandbox) as third:
        with pytest.raises(errors.AuthBytesInvalidError):
            await third(functions.auth.ImportAuthorizationRequest(ticket.id, ticket.bytes))


async def test_a_client_that_is_sent_to_another_data_centre_finds_it(sandbox: TelegramSandbox) -> None:
    sandbox.stage.order("auth.sendCode", "PHONE_MIGRATE_2")
    async with device(sandbox, request_retries=2) as client:
        sent = await client.send_code_request(sandbox.answers["phone"])
        assert sent.phone_code_hash
    assert [one.refusal for one in sandbox.stage.asked("auth.sendCode")] == ["PHONE_MIGRATE_2", ""]


async def test_a_quiet_connection_is_not_pushed_to(sandbox: TelegramSandbox) -> None:
    async with logged_in(sandbox) as client:
        session = client.session
    async with device(sandbox, session, receive_updates=False) as quiet:
        await sandbox.say(ANNA, "?")
        assert (await quiet.get_me()).id == OWNER_ID
        assert quiet.messages == []


async def test_leaving_the_server_leaves_nothing_open(sandbox: TelegramSandbox) -> None:
    async with logged_in(sandbox, auto_reconnect=False):
        await sandbox.vanish()
        assert sandbox.stage.devices()[0].sessions == []
    with pytest.raises(OSError, match="onnect"):
        await asyncio.open_connection("127.0.0.1", sandbox.port)
    gc.collect()
    await sandbox.come_back()


async def test_a_mistake_of_the_sandbox_is_told_at_its_end() -> None:
    sandbox = await TelegramSandbox(password="").__aenter__()
    async with logged_in(sandbox) as client:
        sandbox.owner.contacts[404] = Contact("Никто")
        with pytest.raises(errors.ServerError):
            await client(functions.contacts.GetContactsRequest(hash=0))
    with pytest.raises(ExceptionGroup, match="could not answer"):
        await sandbox.__aexit__(None, None, None)

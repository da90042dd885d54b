"""A real client logs in to the sandbox: by code, by cloud password, by QR; and is thrown out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from telethon import errors, functions

from chatapp_cli.sandbox.telegram import TelegramSandbox
from chatapp_cli.sandbox.telegram.letters import Person
from chatapp_cli.sandbox.telegram.server import OWNER_ID, PASSWORD
from chatapp_cli.sandbox.telegram.tl import Refusal
from tests.connectors.telegram.server_client import ANNA, BORIS, Device, device, logged_in, login, until


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def open_sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(password="") as sandbox:
        yield sandbox


@pytest.fixture
async def client(sandbox: TelegramSandbox) -> AsyncIterator[Device]:
    async with device(sandbox) as client:
        yield client


async def test_a_code_lets_in(open_sandbox: TelegramSandbox) -> None:
    async with device(open_sandbox) as client:
        assert not await client.is_user_authorized()
        answers = open_sandbox.answers
        await client.send_code_request(answers["phone"])
        me = await client.sign_in(answers["phone"], answers["code"])
        assert (me.id, me.phone, me.username) == (OWNER_ID, open_sandbox.owner.phone, "yolki_shop")
        assert (await client.get_me()).first_name == "Ёлочный базар"


async def test_a_cloud_password_is_asked_after_the_code(client: Device, sandbox: TelegramSandbox) -> None:
    answers = sandbox.answers
    await client.send_code_request(answers["phone"])
    with pytest.raises(errors.SessionPasswordNeededError):
        await client.sign_in(answers["phone"], answers["code"])
    with pytest.raises(errors.PasswordHashInvalidError):
        await client.sign_in(password="не тот")
    assert (await client(functions.account.GetPasswordRequest())).hint == "зима"
    assert (await client.sign_in(password=PASSWORD)).id == OWNER_ID


async def test_a_wrong_and_a_stale_code_are_told_apart(client: Device, sandbox: TelegramSandbox) -> None:
    phone, code = sandbox.answers["phone"], sandbox.answers["code"]
    await client.send_code_request(phone)
    with pytest.raises(errors.PhoneCodeInvalidError):
        await client.sign_in(phone, "00000")
    sandbox.stage.expire_codes()
    with pytest.raises(errors.PhoneCodeExpiredError):
        await client.sign_in(phone, code)


@pytest.mark.parametrize(
    ("phone", "refusal"),
    [("+7916", errors.PhoneNumberInvalidError), ("+79160000009", errors.PhoneNumberBannedError)],
)
async def test_a_phone_that_cannot_log_in(
    client: Device, sandbox: TelegramSandbox, phone: str, refusal: type[Exception]
) -> None:
    sandbox.cloud.settle(Person(9, "Изгнанник", phone="79160000009", banned=True))
    with pytest.raises(refusal):
        await client.send_code_request(phone)


async def test_a_phone_without_an_account_gets_a_code_that_leads_nowhere(client: Device) -> None:
    await client.send_code_request("+79990001122")
    with pytest.raises(errors.PhoneNumberUnoccupiedError):
        await client.sign_in("+79990001122", client.sandbox.answers["code"])


async def test_an_unregistered_application_is_refused(sandbox: TelegramSandbox) -> None:
    async with device(sandbox) as client:
        client.api_id = 1
        with pytest.raises(errors.ApiIdInvalidError):
            await client.send_code_request(sandbox.answers["phone"])


async def test_a_scanned_qr_lets_in(open_sandbox: TelegramSandbox) -> None:
    async with device(open_sandbox) as client:
        shown = await client.qr_login()
        waiting = asyncio.create_task(shown.wait(5))
        await asyncio.sleep(0)
        open_sandbox.stage.scan(shown.url)
        assert (await waiting).id == OWNER_ID


async def test_a_scanned_qr_asks_for_the_cloud_password(client: Device, sandbox: TelegramSandbox) -> None:
    shown = await client.qr_login()
    waiting = asyncio.create_task(shown.wait(5))
    await asyncio.sleep(0)
    sandbox.stage.scan(shown.url)
    with pytest.raises(errors.SessionPasswordNeededError):
        await waiting
    assert (await client.sign_in(password=PASSWORD)).id == OWNER_ID


async def test_a_logged_in_device_may_scan_too(open_sandbox: TelegramSandbox) -> None:
    async with logged_in(open_sandbox) as phone, device(open_sandbox) as client:
        shown = await client.qr_login()
        waiting = asyncio.create_task(shown.wait(5))
        await asyncio.sleep(0)
        await phone(functions.auth.AcceptLoginTokenRequest(shown.token))
        assert (await waiting).id == OWNER_ID
        with pytest.raises(errors.AuthTokenInvalidError):
            await phone(functions.auth.AcceptLoginTokenRequest(shown.token))


async def test_a_qr_code_goes_stale_and_is_shown_anew(open_sandbox: TelegramSandbox) -> None:
    open_sandbox.cloud.desk.token_seconds = -1
    async with device(open_sandbox) as client:
        shown = await client.qr_login()
        with pytest.raises(TimeoutError):
            await shown.wait()
        with pytest.raises(Refusal, match="AUTH_TOKEN_EXPIRED"):
            open_sandbox.stage.scan(shown.url)
        open_sandbox.cloud.desk.token_seconds = 30
        await shown.recreate()
        waiting = asyncio.create_task(shown.wait())
        await asyncio.sleep(0)
        open_sandbox.stage.scan(shown.url)
        assert (await waiting).id == OWNER_ID


async def test_telegram_writes_the_code_to_devices_that_are_logged_in(sandbox: TelegramSandbox) -> None:
    async with logged_in(sandbox) as first, device(sandbox) as second:
        sent = await second.send_code_request(sandbox.answers["phone"])
        assert type(sent.type).__name__ == "SentCodeTypeApp"
        (words,) = await first.hears(1)
        assert sandbox.answers["code"] in words
        assert first.messages[0].chat_id == 777000


async def test_a_login_survives_an_outage_and_a_new_process(sandbox: TelegramSandbox) -> None:
    async with logged_in(sandbox) as client:
        session = client.session
    await sandbox.vanish()
    await sandbox.come_back()
    async with device(sandbox, session) as again:
        assert await again.is_user_authorized()


async def test_a_live_client_reconnects_by_itself_and_misses_nothing(sandbox: TelegramSandbox) -> None:
    async with logged_in(sandbox, auto_reconnect=True, connection_retries=100) as client:
        await sandbox.say(ANNA, "раз")
        await client.hears(1)
        await sandbox.vanish()
        await sandbox.say(ANNA, "два")
        await sandbox.come_back()
        await until(client.sandbox.stage.devices()[0].sessions.copy)
        await client.catch_up()
        assert await client.hears(2) == ["раз", "два"]


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        ("AUTH_KEY_UNREGISTERED", errors.AuthKeyUnregisteredError),
        ("SESSION_REVOKED", errors.SessionRevokedError),
        ("USER_DEACTIVATED_BAN", errors.UserDeactivatedBanError),
    ],
)
async def test_a_login_that_was_ended_elsewhere_is_refused_by_its_name_until_the_next(
    sandbox: TelegramSandbox, refusal: str, kind: type[Exception]
) -> None:
    async with logged_in(sandbox) as client:
        session = client.session
    sandbox.stage.revoke(refusal)
    assert sandbox.stage.devices() == []
    async with device(sandbox, session) as again:
        with pytest.raises(kind):
            await again(functions.updates.GetStateRequest())
        assert (await login(again)).id == OWNER_ID


async def test_who_logs_out_is_a_stranger(client: Device, sandbox: TelegramSandbox) -> None:
    await login(client)
    assert len(sandbox.stage.devices()) == 1
    session = client.session
    session_copy = type(session)()
    session_copy.set_dc(sandbox.dc, "127.0.0.1", sandbox.port)
    session_copy.auth_key = session.auth_key
    assert await client.log_out()
    assert sandbox.stage.devices() == []
    async with device(sandbox, session_copy) as again:
        assert not await again.is_user_authorized()


async def test_a_key_that_nobody_knows_is_refused_by_the_transport(sandbox: TelegramSandbox) -> None:
    async with logged_in(sandbox) as client:
        session = client.session
    sandbox.cloud.devices.clear()
    with pytest.raises(errors.AuthKeyNotFound):
        async with device(sandbox, session):
            pass


async def test_a_customer_is_an_account_like_ours(sandbox: TelegramSandbox) -> None:
    boris = sandbox.stage.person(BORIS)
    async with logged_in(sandbox) as shop, device(sandbox) as customer:
        await customer.send_code_request(BORIS.phone)
        assert (await customer.sign_in(BORIS.phone, sandbox.answers["code"])).id == boris.id
        await customer.send_message("@yolki_shop", "Это я")
        assert await shop.hears(1) == ["Это я"]

"""What the servers of OAuth answer, however odd, becomes one of our errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.domain.errors import ChannelError, Misconfigured, OutcomeUnknown, Retryable
from chatapp_cli.kit.http import HttpResponse
from chatapp_cli.kit.oauth import Client, DeviceCode, Pending, _read, _refusal
from chatapp_cli.kit.tokens import Granted, GrantRefused

SECRET = "secret of the client"


@asynccontextmanager
async def answering(status: int, body: str) -> AsyncIterator[Client]:
    """A client whose server always gives this answer."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/json")

    app = web.Application()
    app.router.add_post("/token", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/token"
        yield Client(client_id="c", client_secret=SECRET, token_url=url, device_url=url)
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (400, '{"error": "invalid_grant"}', GrantRefused, "access_ended"),
        (400, '{"error": "interaction_required", "error_description": "AADSTS50076"}', GrantRefused, "access_ended"),
        (401, '{"error": "invalid_client"}', Misconfigured, "client_refused"),
        (400, '{"error": "invalid_scope"}', Misconfigured, "client_refused"),
        (404, "<html>", OutcomeUnknown, "authorisation_away"),
        (403, "<html>", OutcomeUnknown, "authorisation_away"),
        (302, "", OutcomeUnknown, "authorisation_away"),
        (429, "", Retryable, "authorisation_away"),
        (503, "", OutcomeUnknown, "authorisation_away"),
        (200, "", OutcomeUnknown, "authorisation_away"),
        (200, "[]", OutcomeUnknown, "authorisation_away"),
        (200, '{"access_token": ""}', OutcomeUnknown, "authorisation_away"),
        (200, '{"access_token": "тайна"}', OutcomeUnknown, "authorisation_away"),
        (200, '{"access_token": "a\\r\\nb"}', OutcomeUnknown, "authorisation_away"),
    ],
)
async def test_each_answer_says_what_happens_next(status: int, body: str, error: type[ChannelError], code: str) -> None:
    async with answering(status, body) as client:
        with pytest.raises(error) as caught:
            await client.renew("a refresh token")
    assert (type(caught.value), caught.value.code) == (error, code)


async def test_a_server_that_repeats_our_secrets_does_not_show_them() -> None:
    said = f'{{"error": "invalid_grant", "error_description": "no: {SECRET}, a refresh token"}}'
    async with answering(400, said) as client:
        with pytest.raises(GrantRefused) as caught:
            await client.renew("a refresh token")
    assert caught.value.detail == "no: ***, ***"
    assert SECRET not in repr(client)


async def test_a_refresh_token_that_is_not_replaced_is_kept() -> None:
    async with answering(200, '{"access_token": "a", "expires_in": "3600"}') as client:
        granted = await client.renew("the same")
    assert (granted.access_token, granted.refresh_token, granted.expires_in) == ("a", "the same", 3600)
    assert "the same" not in repr(granted)


@given(st.binary(max_size=200), st.integers(100, 599))
def test_no_answer_escapes_our_errors(body: bytes, status: int) -> None:
    answer = HttpResponse(status, {}, body)
    assert isinstance(_refusal(answer, [SECRET]), ChannelError)
    for kind in (Granted, DeviceCode):
        with suppress(OutcomeUnknown):
            _read(answer, kind)


def test_a_page_of_yandex_is_found_as_that_of_the_standard() -> None:
    yandex = HttpResponse(
        200, {}, b'{"device_code": "d", "user_code": "u", "verification_url": "https://ya.ru/device"}'
    )
    device = _read(yandex, DeviceCode)
    assert (device.page, device.interval, device.expires_in) == ("https://ya.ru/device", 5, 600)
    assert "'d'" not in repr(device)
    slow = _refusal(HttpResponse(400, {}, b'{"error": "slow_down"}'), [])
    assert isinstance(slow, Pending)
    assert slow.slower

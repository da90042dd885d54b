"""Answers of HTTP servers, and what they lead to."""

from __future__ import annotations

import ssl

import aiohttp
import pytest
from aiohttp_socks import ProxyConnectionError

from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
)
from chatapp_cli.kit.http import HttpResponse, network, open_session, retry_after, veil, verdict
from tests.unit.kit.worlds import NOON


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (302, Misconfigured, "redirected"),
        (400, Rejected, "refused"),
        (401, NeedsRebind, "unauthorised"),
        (403, NeedsRebind, "unauthorised"),
        (404, Rejected, "refused"),
        (408, Retryable, "busy"),
        (429, Retryable, "busy"),
        (500, Retryable, "server_error"),
        (503, Retryable, "server_error"),
        (101, Rejected, "refused"),
    ],
)
def test_a_status_says_what_happens_next(status: int, error: type[ChannelError], code: str) -> None:
    found = verdict(HttpResponse(status, {}, b""), "слова", now=NOON)
    assert (type(found), found.code, found.detail) == (error, code, "слова")


@pytest.mark.parametrize("status", [429, 503])
def test_an_answer_that_names_a_time_is_waited_for(status: int) -> None:
    found = verdict(HttpResponse(status, {"Retry-After": "17"}, b""), "", now=NOON)
    assert isinstance(found, RateLimited)
    assert found.retry_after == 17


def test_long_words_are_trimmed() -> None:
    assert verdict(HttpResponse(400, {}, b""), "ж" * 1000, now=NOON).detail == "ж" * 300


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("Wed, 18 Nov 2026 09:00:00 GMT", 0),
        ("31536000", 3600),
        ("9" * 400, 3600),
        ("Tue, 18 Nov 2031 10:13:20 GMT", 3600),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(said: str, seconds: float | None) -> None:
    now = 1_794_996_800_000  # 18 November 2026, 10:13:20
    assert retry_after({"Retry-After": said}, now) == seconds


async def test_a_network_that_fails_is_retryable_and_shows_no_secret() -> None:
    with pytest.raises(Retryable) as caught, network(["127.0.0.1"]):
        async with open_session() as http, http.get("http://127.0.0.1:1/"):
            pass
    assert caught.value.code == "unreachable"
    assert "127.0.0.1" not in caught.value.detail
    assert "***" in caught.value.detail


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:1/", "127.0.0.1:1: Connection refused"),
        ("http://nowhere.invalid/", "nowhere.invalid:80: the name is not found"),
    ],
)
async def test_a_host_that_is_not_reached_is_named_with_a_plain_reason(url: str, why: str) -> None:
    with pytest.raises(Retryable) as caught, network():
        async with open_session() as http, http.get(url):
            pass
    assert caught.value.detail == why


async def test_what_a_library_says_of_tls_and_lost_connections_is_said_plainly() -> None:
    for error, why in (
        (ssl.SSLCertVerificationError("_ssl.c:1"), "its certificate is not accepted"),
        (ssl.SSLError("_ssl.c:1"), "it does not speak TLS as expected"),
        (aiohttp.ServerDisconnectedError(), "the connection was closed"),
        (aiohttp.ClientOSError(104, "Connection reset by peer"), "Connection reset by peer"),
        (aiohttp.ConnectionTimeoutError(), "Connection timed out"),
    ):
        with pytest.raises(Retryable) as caught, network():
            raise error
        assert caught.value.detail == why


async def test_time_that_runs_out_is_retryable() -> None:
    with pytest.raises(Retryable) as caught, network():
        raise TimeoutError
    assert caught.value.code == "timeout"


async def test_what_may_not_be_done_twice_is_uncertain_once_it_was_on_its_way() -> None:
    with pytest.raises(OutcomeUnknown, match="timeout"), network(once=True):
        raise TimeoutError
    with pytest.raises(OutcomeUnknown, match="no_answer"), network(once=True):
        raise aiohttp.ServerDisconnectedError
    for never_left in (ProxyConnectionError("refused"), aiohttp.ConnectionTimeoutError(), ssl.SSLError("no trust")):
        with pytest.raises(Retryable, match="unreachable"), network(once=True):
            raise never_left


@pytest.mark.parametrize("url", ["http://", "nonsense", "http://:80:80/"])
async def test_an_address_that_is_none_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(Misconfigured) as caught, network():
        async with open_session() as http, http.get(url):
            pass
    assert (caught.value.code, caught.value.field) == ("bad_url", "url")


def test_secrets_are_hidden_in_words() -> None:
    assert veil("key=abc, again abc", ["abc", ""]) == "key=***, again ***"

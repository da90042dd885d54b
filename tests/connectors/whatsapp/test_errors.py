"""Meta's codes: every one of the table leads to what happens next, and every word of ours is explained."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from chatapp_cli.connectors import whatsapp
from chatapp_cli.connectors.whatsapp import errors
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
    SendingBlocked,
)
from chatapp_cli.kit.http import HttpResponse
from chatapp_cli.kit.manifests import manifest
from tests.contract.connector_contract import ODD
from tests.unit.kit.worlds import NOON

SOURCES = sorted(Path(whatsapp.__path__[0]).glob("*.py"))
RAISED = re.compile(
    r'(?:Retryable|Rejected|OutcomeUnknown|NeedsRebind|Misconfigured|RateLimited|SendingBlocked|lost)\(\s*"(\w+)"'
)
ELSEWHERE = {"unreachable", "timeout", "no_answer", "bad_url", "proxies_down", "unauthorised", "redirected"}
ELSEWHERE |= {"refused", "busy", "rate_limited", "server_error", "sent_in_part"}
"""Raised by what channels share."""


def refused(code: int, *, once: bool = True, usage: str = "", subcode: int = 0) -> ChannelError:
    fault = {"message": "Слишком", "type": "OAuthException", "code": code, "error_data": {"details": "Подробно"}}
    fault["error_subcode"] = subcode
    headers = {"x-business-use-case-usage": usage} if usage else {}
    return errors.refused(HttpResponse(400, headers, msgspec.json.encode({"error": fault})), once=once, now=NOON)


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        ((0, 190), NeedsRebind),
        ((3, 10, 200, 294, 299, 131005), SendingBlocked),
        ((4, 80007, 130429, 131056), RateLimited),
        ((131048, 131064, 368, 131031, 131042, 131045, 131037, 133010, 33), SendingBlocked),
        ((131047, 130497), Rejected),
        ((131026, 131030, 131051, 131021, 131050, 130472, 131062, 131049), Rejected),
        ((131000, 131016, 133004, 500, 503, 1, 2), OutcomeUnknown),
        ((132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016), Rejected),
        ((131052, 131053, 131215, 100, 424242), Rejected),
        ((131057, 2494100), Retryable),
    ],
)
def test_every_code_leads_to_what_happens_next(codes: tuple[int, ...], kind: type[ChannelError]) -> None:
    for code in codes:
        error = refused(code)
        assert type(error) is kind, code
        assert error.detail == f"{code} Подробно"
        assert error.code in manifest("whatsapp").errors


def test_a_number_that_may_not_be_sent_from_blocks_sending_and_a_file_that_is_gone_does_not() -> None:
    blocked = refused(100, subcode=33)
    assert (type(blocked), blocked.code) == (SendingBlocked, "no_permission")
    assert type(refused(100, subcode=33, once=False)) is Rejected
    assert type(refused(100, subcode=2018)) is Rejected


def test_trouble_at_meta_is_uncertain_only_where_doing_it_twice_would_be_seen() -> None:
    assert type(refused(131000, once=False)) is Retryable


@pytest.mark.parametrize(
    ("status", "once", "kind", "word"),
    [
        (502, True, OutcomeUnknown, "server_error"),
        (502, False, Retryable, "server_error"),
        (404, True, Rejected, "refused"),
        (302, True, Misconfigured, "redirected"),
    ],
)
def test_what_something_on_the_way_says_is_told_from_what_meta_says(
    status: int, once: bool, kind: type[ChannelError], word: str
) -> None:
    error = errors.refused(HttpResponse(status, {}, b"<html>"), once=once, now=NOON)
    assert (type(error), error.code, error.detail) == (kind, word, f"HTTP {status}")


def test_a_pause_is_as_long_as_meta_says_and_as_wide_as_it_has_to_be() -> None:
    pair = refused(131056)
    assert isinstance(pair, RateLimited)
    assert (pair.retry_after, pair.scope) == (6, "dialog")
    account = refused(80007)
    assert isinstance(account, RateLimited)
    assert (account.retry_after, account.scope) == (60, "account")
    told = refused(80007, usage='{"41": [{"type": "messages", "estimated_time_to_regain_access": 7}], "42": [{}]}')
    assert isinstance(told, RateLimited)
    assert told.retry_after == 7 * 60
    unread = refused(80007, usage="soon")
    assert isinstance(unread, RateLimited)
    assert unread.retry_after == 60


@pytest.mark.parametrize("minutes", ["1e308", "-5", "null", '"soon"', "9" * 400])
def test_a_pause_of_no_sensible_length_is_our_own(minutes: str) -> None:
    found = refused(80007, usage=f'{{"41": [{{"estimated_time_to_regain_access": {minutes}}}]}}')
    assert isinstance(found, RateLimited)
    assert 0 < found.retry_after < 10**400
    assert minutes.startswith("9") or found.retry_after == 60


@pytest.mark.parametrize("value", ODD, ids=len)
def test_no_answer_is_too_odd_to_be_understood(value: bytes) -> None:
    odd = b'{"error":{"code":131042,"message":"no","odd":' + value + b"}}"
    assert errors.refused(HttpResponse(400, {}, odd), once=True, now=NOON).code == "payment"
    assert errors.refused(HttpResponse(400, {}, value), once=True, now=NOON).code == "refused"


def test_every_word_that_it_raises_is_explained_with_what_to_do() -> None:
    raised = {word for source in SOURCES for word in RAISED.findall(source.read_text("utf-8"))}
    words = raised | ELSEWHERE | {errors.word(code) for code in range(150_000)} | {"not_delivered", "needs_invitation"}
    assert {"sent_in_part", "file_damaged", "number_down", "window_closed"} <= words
    explained = manifest("whatsapp").errors
    assert words - explained.keys() == set()
    assert [word for word, said in explained.items() if said.step_when_bound is None] == ["not_member"]

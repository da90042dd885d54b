"""Signatures of webhooks."""

from __future__ import annotations

import base64
import hmac

import pytest

from chatapp_cli.kit.signatures import Unsigned, is_secret, new_secret, sign, verify
from tests.unit.kit.worlds import NOON, CountedChance

# The key, id, time and body of an example made with the openssl command line, as docs/channels/api.md shows it.
SECRET = "whsec_" + base64.b64encode(b"a key of thirty-two bytes, here.").decode()
OTHER = "whsec_" + base64.b64encode(b"quite another key, and as long..").decode()
BODY = '{"type":"ping","words":"Ёлка"}'


def headers(secret: str = SECRET, body: str = BODY, at: int = NOON) -> dict[str, str]:
    return sign([secret], id="msg-1", at=at, body=body)


def test_a_signature_is_what_openssl_computes() -> None:
    signed = sign([SECRET], id="msg-1", at=1_795_000_000_000, body=BODY)
    assert signed == {
        "webhook-id": "msg-1",
        "webhook-timestamp": "1795000000",
        "webhook-signature": "v1,fgkF8BqudkGSoqMA8BRnHr/D127HHQ56NvyeUOImtSU=",
    }


def test_a_right_signature_tells_the_id() -> None:
    assert verify([SECRET], headers(), BODY.encode(), now=NOON) == "msg-1"


def test_while_a_secret_is_replaced_either_of_both_is_enough() -> None:
    assert verify([OTHER, SECRET], headers(SECRET), BODY.encode(), now=NOON) == "msg-1"
    both = sign([SECRET, OTHER], id="msg-1", at=NOON, body=BODY)
    assert verify([OTHER], both, BODY.encode(), now=NOON) == "msg-1"


@pytest.mark.parametrize("skew", [-300, 300])
def test_clocks_may_differ_by_five_minutes(skew: int) -> None:
    assert verify([SECRET], headers(at=NOON + skew * 1000), BODY.encode(), now=NOON) == "msg-1"


@pytest.mark.parametrize(
    ("changes", "body", "why"),
    [
        ({}, BODY + " ", "does not match"),
        ({"webhook-id": "msg-2"}, BODY, "does not match"),
        ({"webhook-signature": ""}, BODY, "does not match"),
        ({"webhook-signature": "v1,не base64"}, BODY, "does not match"),
        ({"webhook-signature": "nonsense"}, BODY, "does not match"),
        ({"webhook-id": ""}, BODY, "webhook-id is missing"),
        ({"webhook-timestamp": ""}, BODY, "webhook-timestamp is missing"),
        ({"webhook-timestamp": "١٢٣"}, BODY, "not whole seconds"),
        ({"webhook-timestamp": "9" * 400}, BODY, "not whole seconds"),
        ({"webhook-timestamp": str(NOON // 1000 - 301)}, BODY, "more than 300 seconds"),
        ({"webhook-timestamp": str(NOON // 1000 + 301)}, BODY, "more than 300 seconds"),
    ],
)
def test_everything_else_is_refused_with_the_reason(changes: dict[str, str], body: str, why: str) -> None:
    with pytest.raises(Unsigned, match=why):
        verify([SECRET], headers() | changes, body.encode(), now=NOON)


def test_a_body_that_is_no_text_is_proved_like_any_other() -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = base64.b64encode(hmac.digest(key, b"msg-1.1795000000.\xff", "sha256")).decode()
    signed = headers() | {"webhook-signature": f"v1,{mac}"}
    assert verify([SECRET], signed, b"\xff", now=NOON) == "msg-1"
    with pytest.raises(Unsigned, match="does not match"):
        verify([SECRET], signed, b"\xfe", now=NOON)


def test_a_new_secret_is_a_secret() -> None:
    assert is_secret(new_secret(CountedChance()))


@pytest.mark.parametrize("words", ["", "whsec_", "whsec_AAAA", "whsec_я", "пароль", SECRET.removeprefix("whsec_")])
def test_other_words_are_not(words: str) -> None:
    assert not is_secret(words)

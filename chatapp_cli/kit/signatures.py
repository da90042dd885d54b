"""Signed webhooks by the Standard Webhooks specification 1.0.0 (standardwebhooks.com): ``v1``, HMAC-SHA256."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.world import Chance

PREFIX: Final = "whsec_"
TOLERANCE: Final = 300
"""Seconds by which the two clocks may differ."""
_KEY_SIZES: Final = range(24, 65)


class Unsigned(Exception):
    """The signature is not valid; the message tells the sender why."""


def new_secret(chance: Chance) -> str:
    """Make a signing secret of 32 bytes."""
    return PREFIX + base64.b64encode(chance.key().encode()).decode()


def is_secret(words: str) -> bool:
    """Whether this is ``whsec_`` and the base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(words.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return words.startswith(PREFIX) and len(key) in _KEY_SIZES


def sign(secrets: Iterable[str], *, id: str, at: Millis, body: str) -> dict[str, str]:  # noqa: A002 - the field's word
    """Headers for a body, with several secrets while one replaces another."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(at // 1000),
        "webhook-signature": " ".join(Webhook(secret).sign(id, moment, body) for secret in secrets),
    }


def verify(secrets: Iterable[str], headers: Mapping[str, str], body: bytes, *, now: Millis) -> str:
    """Return the ``webhook-id`` of a body that one of the secrets signed; header names in lower case.

    Raises Unsigned. The library's own ``verify`` is not used, because it reads the machine's clock, raises other errors
    for malformed headers and accepts only UTF-8.
    """
    at = _fresh(headers.get("webhook-timestamp", ""), now)
    webhook_id = _id(headers)
    signed = f"{webhook_id}.{at // 1000}.".encode() + body
    wanted = [_signature(secret, signed) for secret in secrets]
    given = headers.get("webhook-signature", "").split()
    if not any(hmac.compare_digest(a.encode(), b) for a in given for b in wanted):
        raise Unsigned("webhook-signature does not match the raw body and the secret")
    return webhook_id


def _signature(secret: str, signed: bytes) -> bytes:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    # ``hmac.digest`` has OpenSSL 3 look for the algorithm each time, which takes longer than the hash.
    return b"v1," + base64.b64encode(hmac.new(key, signed, "sha256").digest())


def _id(headers: Mapping[str, str]) -> str:
    if not (found := headers.get("webhook-id", "")):
        raise Unsigned("webhook-id is missing")
    return found


def _fresh(stamp: str, now: Millis) -> Millis:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= len(str(now))):
        raise Unsigned("webhook-timestamp is missing or not whole seconds since 1970")
    if abs(int(stamp) - now / 1000) > TOLERANCE:
        raise Unsigned(f"webhook-timestamp is more than {TOLERANCE} seconds away from our clock")
    return int(stamp) * 1000

"""Tokens that amoCRM signs with the integration's secret, checked by one algorithm that is fixed beforehand.

Source: providers' sheet §6.2, ``token.salesbot.claims.json``; RFC 7515 and 7519. A bot's token is signed by HS512, and
the one-time token of a widget by HS256: what a token itself says of its algorithm decides nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any, Final

import msgspec

from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.lenient import read_as

ALGORITHM: Final = "HS512"
LONGEST: Final = 8192
"""Characters of a token."""
CLOCKS_DIFFER: Final = 300
"""Seconds by which our clock may differ from the account's."""


class _Head(msgspec.Struct, frozen=True):
    alg: str
    crit: Any = None


class BotClaims(msgspec.Struct, frozen=True, kw_only=True):
    """What a bot's token says: for whom, until when, of which account and card."""

    iss: str
    aud: str
    exp: float
    account_id: int
    client_uuid: str
    entity_id: int
    nbf: float = 0
    iat: float = 0
    jti: str = ""
    entity_type: int | str = ""
    bot_type: str = ""


class OutOfTime(ValueError):
    """A token that amoCRM signed, of another time."""

    def __init__(self, claims: BotClaims, seconds: float) -> None:
        super().__init__("a token of another time")
        self.claims = claims
        self.seconds = seconds
        """By how much it is too late, or too early."""


def claims_of(token: str, secret: str, now: Millis, ahead: int = 0) -> BotClaims:
    """The claims of a token that amoCRM signed, in its time. Raises OutOfTime, and ValueError for any other.

    ``ahead``: seconds by which our clock was ahead of the account's; it may have been set since.
    """
    parts = token.split(".")
    if len(token) > LONGEST or len(parts) != 3 or not secret:  # noqa: PLR2004 - head, claims, signature
        raise ValueError("no token with claims")
    head = read_as(_decoded(parts[0]), _Head)
    if head.alg != ALGORITHM or head.crit is not None:
        raise ValueError("a token by another algorithm")
    signed = f"{parts[0]}.{parts[1]}".encode("ascii")
    proof = hmac.new(secret.encode(), signed, hashlib.sha512).digest()
    if not hmac.compare_digest(proof, _decoded(parts[2])):
        raise ValueError("a token that was signed with another secret")
    claims = read_as(_decoded(parts[1]), BotClaims, spelled=True)
    off = min(_off(claims, now / 1000), _off(claims, now / 1000 - ahead))
    if off > CLOCKS_DIFFER:
        raise OutOfTime(claims, off)
    return claims


def _off(claims: BotClaims, now: float) -> float:
    """Seconds by which a moment is outside the time of a token."""
    return max(max(claims.nbf, claims.iat) - now, now - claims.exp, 0)


def _decoded(part: str) -> bytes:
    """A part of a token. Raises ValueError."""
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no token with claims") from error

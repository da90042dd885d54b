"""Tokens that amoCRM signs with the integration's secret, checked by one algorithm that is fixed beforehand.

Source: providers' sheet §4.2, §6.2; ``token.salesbot.claims.json``, ``token.onetime.claims.json``; RFC 7515 and 7519.
A bot's token is signed by HS512, and the one-time token of a widget by HS256: what a token itself says of its
algorithm decides nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.lenient import read_as

OF_BOTS: Final = "HS512"
OF_WIDGETS: Final = "HS256"
_HASHES: Final = {OF_BOTS: hashlib.sha512, OF_WIDGETS: hashlib.sha256}
LONGEST: Final = 8192
"""Characters of a token."""
CLOCKS_DIFFER: Final = 300
"""Seconds by which our clock may differ from the account's."""


class _Head(msgspec.Struct, frozen=True):
    alg: str
    crit: Any = None


class TokenClaims(msgspec.Struct, frozen=True, kw_only=True):
    """What every token says: for whom, until when, of which account."""

    iss: str
    aud: str
    exp: float
    account_id: int
    client_uuid: str
    nbf: float = 0
    iat: float = 0

    def is_for(self, account: int, client_id: str, address: str) -> bool:
        """Whether it is for an integration in an account, and for the desk at an address."""
        said = (self.account_id, self.client_uuid.lower(), origin_of(self.aud))
        return said == (account, client_id.lower(), origin_of(address))


class BotClaims(TokenClaims, frozen=True, kw_only=True):
    """What a bot's token says besides: of which card."""

    entity_id: int
    jti: str = ""
    entity_type: int | str = ""
    bot_type: str = ""


class WidgetClaims(TokenClaims, frozen=True, kw_only=True):
    """What the token of a page says besides on which our widget is: who sits there, and by what it is known again."""

    jti: str
    user_id: int


class OutOfTime(ValueError):
    """A token that amoCRM signed, of another time."""

    def __init__(self, claims: BotClaims, seconds: float) -> None:
        super().__init__("a token of another time")
        self.claims = claims
        self.seconds = seconds
        """By how much it is too late, or too early."""


def claims_of(token: str, secret: str, now: Millis, ahead: int = 0) -> BotClaims:
    """The claims of a bot's token that amoCRM signed, in its time. Raises OutOfTime, and ValueError for any other.

    ``ahead``: seconds by which our clock was ahead of the account's; it may have been set since.
    """
    claims = read_as(_signed(token, secret, OF_BOTS), BotClaims, spelled=True)
    off = _out_of_time(claims, now, ahead)
    if off > CLOCKS_DIFFER:
        raise OutOfTime(claims, off)
    return claims


def of_widget(token: str, secret: str, now: Millis, ahead: int = 0) -> WidgetClaims:
    """The same, of a one-time token, which its ``X-Auth-Token`` is. Raises ValueError also for one of another time."""
    claims = read_as(_signed(token, secret, OF_WIDGETS), WidgetClaims, spelled=True)
    if not claims.jti or _out_of_time(claims, now, ahead) > CLOCKS_DIFFER:
        raise ValueError("a token of another time, or without a name")
    return claims


def origin_of(address: str) -> str:
    """Scheme and host, in small letters; empty for what has none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


def _signed(token: str, secret: str, algorithm: str) -> bytes:
    """What a token says, if it was signed with this secret by this algorithm. Raises ValueError."""
    parts = token.split(".")
    if len(token) > LONGEST or len(parts) != 3 or not secret:  # noqa: PLR2004 - head, claims, signature
        raise ValueError("no token with claims")
    head = read_as(_decoded(parts[0]), _Head)
    if head.alg != algorithm or head.crit is not None:
        raise ValueError("a token by another algorithm")
    signed = f"{parts[0]}.{parts[1]}".encode("ascii")
    proof = hmac.new(secret.encode(), signed, _HASHES[algorithm]).digest()
    if not hmac.compare_digest(proof, _decoded(parts[2])):
        raise ValueError("a token that was signed with another secret")
    return _decoded(parts[1])


def _out_of_time(claims: TokenClaims, now: Millis, ahead: int) -> float:
    """Seconds by which now is outside the time of a token, by our clock or by the account's."""
    return min(_off(claims, now / 1000), _off(claims, now / 1000 - ahead))


def _off(claims: TokenClaims, now: float) -> float:
    """Seconds by which a moment is outside the time of a token."""
    return max(max(claims.nbf, claims.iat) - now, now - claims.exp, 0)


def _decoded(part: str) -> bytes:
    """A part of a token. Raises ValueError."""
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no token with claims") from error

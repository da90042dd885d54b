"""Tokens with readable claims (RFC 7519), as the account gives them out and signs them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any, Final, Literal

from chatapp_cli.sandbox.amocrm.objects import Json

_HASHES: Final = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}


def signed(claims: Json, secret: str, algorithm: Literal["HS256", "HS512"]) -> str:
    """A token that whoever knows the secret can check."""
    head = f"{_part({'typ': 'JWT', 'alg': algorithm})}.{_part(claims)}"
    return f"{head}.{_text(hmac.new(secret.encode(), head.encode(), _HASHES[algorithm]).digest())}"


def opaque(claims: Json, proof: bytes) -> str:
    """A token whose claims can be read, and which nobody but the account can check."""
    return f"{_part({'typ': 'JWT', 'alg': 'RS256'})}.{_part(claims)}.{_text(proof)}"


def claims_of(token: str) -> Json:
    """The claims of a token, unchecked."""
    part = token.split(".")[1]
    said: Json = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return said


def _part(said: Any) -> str:
    return _text(json.dumps(said, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

"""The two signatures of the chats: requests are signed with their headers and path, hooks over their body alone.

providers-crm.md 5.2, 5.5.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from chatapp_cli.sandbox.amocrm.objects import AmoRefusal

WINDOW: Final = 900.0
"""Seconds by which the clock of a request may differ."""


def check(method: str, path: str, headers: Mapping[str, str], body: bytes, secret: str, now: float) -> None:
    """Check a request to the chats at ``now``, in seconds since 1970. Raises AmoRefusal (403)."""
    try:
        said = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except ValueError:
        raise AmoRefusal(403, "The Date is not one") from None
    if abs(said - now) > WINDOW:
        raise AmoRefusal(403, "The Date is too far from now")
    digest = hashlib.md5(body).hexdigest()
    if headers.get("Content-MD5") != digest:
        raise AmoRefusal(403, "The Content-MD5 is wrong")
    kind = headers.get("Content-Type", "")
    text = "\n".join([method, digest, kind, headers.get("Date", ""), path])
    expected = hmac.new(secret.encode(), text.encode(), hashlib.sha1).hexdigest()
    if kind != "application/json" or not hmac.compare_digest(expected, headers.get("X-Signature", "")):
        raise AmoRefusal(403, "The signature is wrong")


def of_hook(body: bytes, secret: str) -> str:
    """The signature of a hook."""
    return hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()

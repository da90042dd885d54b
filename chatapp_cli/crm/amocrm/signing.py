"""The signatures of requests to the chats API, and of hooks to us.

Source: providers' sheet §5.2, §5.5. ``Content-MD5`` is lower-case hex, and what is signed are the very bytes sent.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from chatapp_cli.domain.ids import Millis

JSON: Final = "application/json"


def headers(secret: str, method: str, path: str, body: bytes, now: Millis) -> Mapping[str, str]:
    """The headers of a request; ``path`` is without host and query. They are good for 15 minutes."""
    date = format_datetime(datetime.fromtimestamp(now // 1000, UTC))
    content = hashlib.md5(body, usedforsecurity=False).hexdigest()
    signed = f"{method.upper()}\n{content}\n{JSON}\n{date}\n{path}"
    return {"Date": date, "Content-Type": JSON, "Content-MD5": content, "X-Signature": _mac(secret, signed.encode())}


def is_signed(secret: str, body: bytes, signature: str) -> bool:
    """Whether a hook has the signature of its body, with the line feed at its end or without (providers' sheet §5.5).

    A wrong one takes the same time wherever it differs.
    """
    said = signature.encode("utf-8", "replace")
    wanted = [_mac(secret, one).encode() for one in (body, body.rstrip(b"\n"))]
    found = [hmac.compare_digest(one, said) for one in wanted]
    return bool(secret) and any(found)


def is_revocation(secret: str, client_id: str, account: int, signature: str) -> bool:
    """Whether the hook of an integration that was switched off has its signature: HMAC-SHA256 over ``id|account``.

    Source: amoCRM's page on OAuth step by step, «Хук об отключении интеграции».
    """
    wanted = hmac.digest(secret.encode(), f"{client_id}|{account}".encode(), "sha256").hex()
    return bool(secret) and hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace"))


def _mac(secret: str, said: bytes) -> str:
    return hmac.digest(secret.encode(), said, "sha1").hex()

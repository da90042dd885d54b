"""Map the library's errors to failures: it passes them on as text that contains WhatsApp's numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from chatapp_cli.connectors.whatsapp_web.wire import Failure

_HOUR: Final = 3600.0
_MINUTE: Final = 60.0

_WORDS: Final[Sequence[tuple[str, Failure]]] = (
    ("download failed with status code 4", Failure("file_gone")),
    ("no url present", Failure("file_gone")),
    ("rate-overlimit", Failure("rate", "wait", retry_after=5 * _MINUTE)),
    ("resource-limit", Failure("rate", "wait", retry_after=_HOUR)),
    ("websocket not connected", Failure("offline", "retry")),
    ("not logged in", Failure("logged_out", "rebind")),
    ("failed to get device list", Failure("offline", "retry")),
    ("unknown server", Failure("not_found")),
    ("no lid found", Failure("not_on_whatsapp")),
    ("not-acceptable", Failure("refused")),
    ("item-not-found", Failure("not_found")),
    ("not-authorized", Failure("forbidden")),
    ("forbidden", Failure("forbidden")),
)
"""Wordings that mean that the request was certainly not carried out."""
_NUMBERS: Final[Mapping[int, Failure]] = {
    400: Failure("refused"),
    401: Failure("forbidden"),
    403: Failure("forbidden"),
    404: Failure("not_found"),
    406: Failure("refused"),
    419: Failure("rate", "wait", retry_after=_HOUR),
    429: Failure("rate", "wait", retry_after=5 * _MINUTE),
    463: Failure("strangers_limited", "wait", retry_after=6 * _HOUR),
    479: Failure("refused"),
}
"""WhatsApp's own refusals; 463 is its ban on writing to strangers, without an end time here."""
_NUMBER: Final = re.compile(r"(?:server returned error|status|code) (\d{3})\b")

MEMBERS: Final[Mapping[int, str]] = {
    401: "privacy",
    403: "privacy",
    404: "not_on_whatsapp",
    408: "left_recently",
    500: "refused",
}
"""Why a person could not be added to a group; 409 means that they are already a member."""


def named(words: str) -> Failure | None:
    """The failure that WhatsApp or the library clearly names."""
    lower = words.lower()
    for part, failure in _WORDS:
        if part in lower:
            return _with(failure, words)
    number = _NUMBER.search(lower)
    known = _NUMBERS.get(int(number[1])) if number else None
    return _with(known, words) if known else None


def of(error: Exception, otherwise: Failure) -> Failure:
    """The failure for an error, or the closest assumption."""
    return named(str(error)) or _with(otherwise, str(error))


def _with(failure: Failure, detail: str) -> Failure:
    return Failure(failure.code, failure.outcome, detail[:300], failure.retry_after)

"""Map MAX's refusals to errors: by ``code``, otherwise by status."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from chatapp_cli.connectors.max.wire import Refusal
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.http import HttpResponse, retry_after, veil
from chatapp_cli.kit.lenient import read_as
from chatapp_cli.kit.pauses import pause

PAUSE: Final = 2.0
"""Seconds to wait if MAX names no time."""
SERVER: Final = 500
LIMITED: Final = 429
NOT_ALLOWED: Final = 405
_LONGEST: Final = 300

_WORDS: Final[Sequence[tuple[str, Callable[[str], ChannelError]]]] = (
    ("verify.token", partial(NeedsRebind, "unauthorised")),
    ("attachment.not.ready", partial(Retryable, "attachment_not_ready")),
    ("not.processed", partial(Retryable, "attachment_not_ready")),
    ("too.many.requests", partial(RateLimited, "rate_limited", retry_after=PAUSE)),
    ("dialog.suspended", partial(Rejected, "blocked_by_user")),
    ("user.blocked", partial(Rejected, "blocked_by_user")),
    ("not.admin", partial(Rejected, "no_rights")),
    ("permission", partial(Rejected, "no_rights")),
    ("chat.denied", partial(Rejected, "no_access")),
    ("message.not.found", partial(Rejected, "message_gone")),
    ("message not found", partial(Rejected, "message_gone")),
    ("chat.not.found", partial(Rejected, "chat_gone")),
)
"""Parts of ``code`` and ``message``, most specific first."""

_STATUS: Final[Mapping[int, Callable[[str], ChannelError]]] = {
    **dict.fromkeys(range(300, 400), partial(Misconfigured, "redirected", field="api_url")),
    401: partial(NeedsRebind, "unauthorised"),
    403: partial(Rejected, "no_access"),
    404: partial(Rejected, "chat_gone"),
    NOT_ALLOWED: partial(Retryable, "subscribed_elsewhere"),
    **dict.fromkeys((408, 425), partial(Retryable, "busy")),
    413: partial(Rejected, "file_too_big"),
}


def refusal(response: HttpResponse, *, now: Millis, once: bool, secrets: Sequence[str]) -> ChannelError:
    """The error for an answer other than 2xx; ``once`` if the call is not repeatable."""
    said = _said(response)
    words = veil(said.message or said.code or f"HTTP {response.status}", secrets)[:_LONGEST]
    if response.status == LIMITED:
        seconds = retry_after(response.headers, now)
        return RateLimited("rate_limited", words, retry_after=pause(seconds, PAUSE))
    if response.status >= SERVER:
        return (OutcomeUnknown if once else Retryable)("server_error", words)
    return _verdict(response.status, f"{said.code} {said.message}".lower())(words)


def not_done(words: str) -> ChannelError:
    """The error for an operation that failed with a 200 answer."""
    return _verdict(0, words.lower())(words[:_LONGEST])


def _verdict(status: int, words: str) -> Callable[[str], ChannelError]:
    known = (lead for part, lead in _WORDS if part in words)
    return next(known, _STATUS.get(status, partial(Rejected, "refused")))


def _said(response: HttpResponse) -> Refusal:
    try:
        return read_as(response.body, Refusal, lax=True)
    except ValueError:
        return Refusal()

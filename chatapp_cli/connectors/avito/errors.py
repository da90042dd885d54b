"""Map Avito's refusals to errors. Sections of the API word them differently, so only the status counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

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
from chatapp_cli.kit.lenient import UNREADABLE
from chatapp_cli.kit.pauses import pause
from chatapp_cli.kit.tokens import GrantRefused
from chatapp_cli.kit.trees import known, loaded

MINUTE: Final = 60.0
"""Avito counts requests by the minute and seldom says how long to wait."""
SERVER: Final = 500
LIMITED: Final = 429
UNAUTHORISED: Final = 401
NO_TARIFF: Final = 402
FORBIDDEN: Final = 403

_REFUSALS: Final[Mapping[int, Callable[[str], ChannelError]]] = {
    **dict.fromkeys(range(300, 400), partial(Misconfigured, "redirected", field="api_url")),
    UNAUTHORISED: partial(NeedsRebind, "unauthorised"),
    NO_TARIFF: partial(Misconfigured, "tariff"),
    FORBIDDEN: partial(Misconfigured, "tariff"),
    404: partial(Rejected, "chat_gone"),
    **dict.fromkeys((408, 425), partial(Retryable, "busy")),
    413: partial(Rejected, "file_too_big"),
}
_SPENT: Final = frozenset({"invalid_grant", "invalid_client", "unauthorized_client", "access_denied"})
_LONGEST: Final = 300
_TELLING: Final = ("message", "error_description", "error", "errors")
"""Fields that may contain the reason, most specific first."""


def words(response: HttpResponse, secrets: Sequence[str] = ()) -> str:
    """Avito's error text in any of its shapes; never the whole body, and without echoed secrets."""
    return veil(_found(_said(response)) or f"HTTP {response.status}", secrets)[:_LONGEST]


def _said(response: HttpResponse) -> Any:
    """The decoded error; of a partly malformed answer only the fields that give the reason."""
    try:
        return loaded(response.body)
    except UNREADABLE:
        with suppress(*UNREADABLE):
            return known(response.body, _TELLING)
    return None


def _found(said: Any) -> str:
    if isinstance(said, str):
        return said
    if isinstance(said, list):
        return "; ".join(filter(None, map(_found, said)))
    if isinstance(said, dict):
        named = (_found(said.get(name)) for name in _TELLING)
        return next(filter(None, named), "")
    return ""


def refusal(response: HttpResponse, *, now: Millis, once: bool, secrets: Sequence[str]) -> ChannelError:
    """The error for an answer other than 2xx; ``once`` if the call is not repeatable."""
    said = words(response, secrets)
    if response.status == LIMITED:
        seconds = retry_after(response.headers, now)
        return RateLimited("rate_limited", said, retry_after=pause(seconds, MINUTE))
    if response.status >= SERVER:
        return (OutcomeUnknown if once else Retryable)("server_error", said)
    return _REFUSALS.get(response.status, partial(Rejected, "refused"))(said)


def token_refusal(response: HttpResponse, *, now: Millis, secrets: Sequence[str]) -> ChannelError:
    """The same for the token endpoint, which gives the reason as a word in the body, whatever the status."""
    if _word(response) in _SPENT or response.status in {400, UNAUTHORISED, FORBIDDEN}:
        return GrantRefused("grant_refused", words(response, secrets))
    return refusal(response, now=now, once=False, secrets=secrets)


def _word(response: HttpResponse) -> str:
    said = _said(response)
    return str(said.get("error", "")) if isinstance(said, dict) else ""

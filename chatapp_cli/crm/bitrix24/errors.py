"""Map Bitrix24's refusals to errors: by the code first, by the status only without one.

Codes and what follows from them: b24-rest-docs ``error-codes.md``, ``limits.md``, ``settings/oauth/error-codes.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    PlaceRefused,
    RateLimited,
    Rejected,
    Retryable,
)
from chatapp_cli.kit.http import HttpResponse, veil
from chatapp_cli.kit.lenient import UNREADABLE
from chatapp_cli.kit.tokens import GrantRefused
from chatapp_cli.kit.trees import loaded

EXPIRED: Final = "expired_token"
"""The only code after which a token is renewed."""
TOO_MANY: Final = "query_limit_exceeded"
"""The portal's bucket ran over: the request was certainly not carried out."""
TOO_LONG: Final = "operation_time_limit"
"""A method used up its time; other methods go on."""
PAUSE: Final = 2.0
"""Seconds in which the bucket has room again."""
CARD_AWAITED: Final = "card_awaited"
"""The code of an entry that waits until the tracker has made its card."""
SCOPE: Final = "scope"
"""The code of a right that is lacking: Rejected for one method, Misconfigured for all of them."""
CLOSED_LOOK: Final = 600.0
"""Seconds between looks whether a closed portal is open again: it may be for a while only (providers' sheet, A)."""
PARKED_CODE: Final = "method_parked"
PARKED: Final = 60.0
"""Seconds that a method rests whose end of the pause was not told: the limit counts by minutes."""
UNAUTHORISED: Final = 401
SERVER: Final = 500
REDIRECT: Final = range(300, 400)
_LONGEST: Final = 300

_BY_CODE: Final[Mapping[str, Callable[[str], ChannelError]]] = {
    EXPIRED: partial(NeedsRebind, "unauthorised"),
    **dict.fromkeys(("no_auth_found", "invalid_token"), partial(NeedsRebind, "unauthorised")),
    **dict.fromkeys(
        ("insufficient_scope", "invalid_credentials", "user_access_error", "access_denied", "invalid_scope"),
        partial(Misconfigured, SCOPE),
    ),
    "wrong_auth_type": partial(Misconfigured, "wrong_context"),
    "payment_required": partial(Misconfigured, "payment"),
    **dict.fromkeys(("overload_limit", "portal_deleted"), partial(Misconfigured, "suspended", look_within=CLOSED_LOOK)),
    "error_method_not_found": partial(Rejected, "no_method"),
    "not_active_line": partial(PlaceRefused, "line_inactive"),
    **dict.fromkeys(
        ("imconnector_no_correct_provider", "imconnector_not_specified_correct_command", "connector_id_required"),
        partial(PlaceRefused, "no_connector"),
    ),
    "invalid_request": partial(Misconfigured, "bad_url", field="portal"),
}
_BY_STATUS_ALONE: Final[Mapping[int, Callable[[str], ChannelError]]] = {
    **dict.fromkeys(REDIRECT, partial(Misconfigured, "redirected", field="portal")),
    **dict.fromkeys((408, 425), partial(Retryable, "busy")),
    **dict.fromkeys((404, 405, 410), partial(Retryable, "strange_answer")),
}
"""What a status means that no code stands beside: with those of the last line, the API was not even reached."""
_BY_STATUS: Final[Mapping[int, Callable[[str], ChannelError]]] = {
    **dict.fromkeys(REDIRECT, partial(Misconfigured, "redirected", field="portal")),
    **dict.fromkeys((408, 425), partial(Retryable, "busy")),
    UNAUTHORISED: partial(NeedsRebind, "unauthorised"),
    402: partial(Misconfigured, "payment"),
    403: partial(Misconfigured, SCOPE),
}
_ENDED: Final = frozenset({"invalid_grant", "unauthorized_client"})
_UNKNOWN: Final = frozenset({"invalid_client", "invalid_request"})
_STOPPING: Final = (NeedsRebind, Misconfigured)


def said(response: HttpResponse) -> Mapping[str, Any] | None:
    """The JSON object of an answer; ``None`` if it is something else, such as a page."""
    try:
        found = loaded(response.body)
    except UNREADABLE:
        return None
    return found if isinstance(found, dict) else None


def code_of(answer: Mapping[str, Any]) -> str:
    """The error's code in lower case, of an answer with any status; empty if it is none.

    Some methods put it into the result (``imconnector.register``, with status 200).
    """
    for place in (answer, answer.get("result")):
        if isinstance(place, dict) and (code := place.get("error")):
            return str(code).lower()
    return ""


def words_of(answer: Mapping[str, Any], secrets: Sequence[str] = ()) -> str:
    """The code and the words of an error, without secrets that they repeat."""
    for place in (answer, answer.get("result")):
        if isinstance(place, dict) and place.get("error"):
            told = " ".join(str(place[name]) for name in ("error", "error_description") if place.get(name))
            return veil(told, secrets)[:_LONGEST]
    return ""


def refusal(code: str, words: str, *, status: int = 0, once: bool = False) -> ChannelError:
    """The error for a code, or for a status without a known one; ``once`` if the call must not be repeated blindly.

    A server that failed in the middle may have done it: without a code that says otherwise it is OutcomeUnknown then.
    An answer without any code is not the API's: a server or a filter in between refuses for all, and for a while.
    Status 0 is for one item in an answer that went well.
    """
    if code == TOO_LONG:
        return RateLimited(PARKED_CODE, words, retry_after=PARKED)
    if code in _BY_CODE:
        return _BY_CODE[code](words)
    if code == TOO_MANY or status == 429:  # noqa: PLR2004 - the status of RFC 6585
        return RateLimited("rate_limited", words, retry_after=PAUSE)
    if status >= SERVER or code in {"internal_server_error", "error_unexpected_answer"}:
        return (OutcomeUnknown if once else Retryable)("server_error", words)
    if code or not status:
        return _BY_STATUS.get(status, partial(Rejected, "refused"))(words)
    return _BY_STATUS_ALONE.get(status, partial(OutcomeUnknown if once else Retryable, "strange_answer"))(words)


def token_refusal(response: HttpResponse, secrets: Sequence[str]) -> ChannelError:
    """The error for an answer of the authorisation server without tokens.

    One without a code, such as a page, does not say whether the refresh token is spent: OutcomeUnknown.
    """
    answer = said(response) or {}
    code, words = code_of(answer), words_of(answer, secrets) or f"HTTP {response.status}"
    if code in _ENDED:
        return GrantRefused("grant_refused", words)
    if code in _UNKNOWN:
        return GrantRefused("client_refused", words)
    if not code:
        return OutcomeUnknown("strange_answer", words)
    return refusal(code, words, status=response.status, once=True)


def begins_with(error: ChannelError, code: str) -> bool:
    """Whether a refusal without a meaning of its own here has this code, which stands first in its words."""
    return error.detail.lower().startswith(code)


def of_one_method(error: ChannelError) -> ChannelError:
    """The error of a method by itself, when the portal is known to let us in: a right that is lacking is lacking here.

    b24-rest-docs ``error-codes.md``: ACCESS_DENIED and insufficient_scope are answers about the method that was called.
    """
    return Rejected(SCOPE, error.detail) if error.code == SCOPE else error


def of_all(error: ChannelError) -> ChannelError:
    """The reverse: of a method that the link cannot do without, a lacking right is lacking for all."""
    return Misconfigured(SCOPE, error.detail) if error.code == SCOPE else error


def stops_everything(error: ChannelError) -> bool:
    """Whether an error concerns the whole link, and not one entry or one method."""
    return isinstance(error, _STOPPING) or (
        isinstance(error, Retryable | RateLimited) and error.code not in {PARKED_CODE, CARD_AWAITED}
    )

"""Map amoCRM's refusals to errors: by the code first, by the status only without one.

Sources: providers' sheet §4.3, §5.4, addendum C8; ``problem.json`` and ``oauth.token.refused`` of the contracts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from chatapp_cli.kit.tokens import GrantRefused
from chatapp_cli.kit.trees import loaded

BAD: Final = 400
UNAUTHORISED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
FULL: Final = 429
"""The request was certainly not carried out."""
SERVER: Final = 500
PAUSE: Final = 1.0
"""Seconds: the account counts requests by seconds."""
REVOKED: Final = "revoked"
"""In the hint of the token endpoint: the token was used before, and its successors are dead too."""
_EMPTY: Final = 204
_LONGEST: Final = 300
_WRONG: Final = frozenset({"validation-errors", "error", "error_code", "error_type"})
"""What stands only in refusals."""
_STOPPING: Final = (NeedsRebind, Misconfigured, Retryable, RateLimited)
_ABOUT: Final[Mapping[str, str]] = {
    "pipeline_id": "pipeline_gone",
    "status_id": "stage_gone",
    "field_id": "field_gone",
    "external_id": "source_taken",
}
"""The code of ours by the last name in the path of a validation error."""
_BY_STATUS_ALONE: Final[Mapping[int, Callable[[str], ChannelError]]] = {
    **dict.fromkeys(range(300, 400), partial(Misconfigured, "redirected", field="account")),
    **dict.fromkeys((408, 425), partial(Retryable, "busy")),
    **dict.fromkeys((NOT_FOUND, 405, 410), partial(Retryable, "strange_answer")),
}
"""What a status means in whose answer a page stands: with those of the last line, the API was not even reached."""
_BY_STATUS: Final[Mapping[int, Callable[[str], ChannelError]]] = {
    **dict.fromkeys(range(300, 400), partial(Misconfigured, "redirected", field="account")),
    **dict.fromkeys((408, 425), partial(Retryable, "busy")),
    UNAUTHORISED: partial(NeedsRebind, "unauthorised"),
    402: partial(Misconfigured, "payment"),
    NOT_FOUND: partial(Rejected, "gone"),
}


class NotHere(GrantRefused):
    """There is no account at the address: nothing was done with the token that was sent there."""


def said(response: HttpResponse) -> Any:
    """The JSON of an answer; ``None`` if it is something else, such as a page, or empty."""
    try:
        return loaded(response.body)
    except UNREADABLE:
        return None


def understood(response: HttpResponse, *, once: bool) -> Any:
    """The JSON of an answer with 2xx; an empty mapping for one without a body.

    Raises OutcomeUnknown, or Retryable of what may be repeated, for a page, and for a refusal that is told so.
    """
    if response.status == _EMPTY or not response.body:
        return {}
    answer = said(response)
    if answer is None or _is_refusal(answer):
        raise (OutcomeUnknown if once else Retryable)("strange_answer", words_of(response))
    return answer


def _is_refusal(answer: Any) -> bool:
    """Whether an answer tells that something went wrong, whatever its status."""
    if not isinstance(answer, dict):
        return False
    status = answer.get("status")
    return bool(answer.keys() & _WRONG) or (isinstance(status, int) and status >= BAD and "title" in answer)


def is_page(response: HttpResponse) -> bool:
    """Whether a server or a filter in between answered, and not the API: it refuses for all, and for a while.

    An answer of the API may be empty (``404`` of ``/api/v4``).
    """
    return bool(response.body.strip()) and said(response) is None


def words_of(response: HttpResponse, secrets: Sequence[str] = ()) -> str:
    """What a refusal says, without secrets that it repeats: the paths of wrong fields go before its sentences."""
    answer = said(response)
    if not isinstance(answer, dict):
        return f"HTTP {response.status}"
    told = [f"{one.get('path', '')} {one.get('code', '')}".strip() for one in _wrong_fields(answer)]
    told += [str(answer[name]) for name in ("hint", "detail", "title") if answer.get(name)]
    return veil("; ".join(told) or f"HTTP {response.status}", secrets)[:_LONGEST]


def refusal(response: HttpResponse, *, now: Millis, once: bool = False, secrets: Sequence[str] = ()) -> ChannelError:
    """The error for an answer other than 2xx; ``once`` if the request must not be repeated blindly."""
    words, status, answer = words_of(response, secrets), response.status, said(response)
    if status == FULL:
        return RateLimited("rate_limited", words, retry_after=retry_after(response.headers, now) or PAUSE)
    if status == FORBIDDEN:
        # Too many 429s block the address, by the front server's page and not by the API's answer (addendum C8).
        return Misconfigured("scope", words) if isinstance(answer, dict) else Misconfigured("suspended", words)
    if status >= SERVER:
        return (OutcomeUnknown if once else Retryable)("server_error", words)
    if is_page(response):
        return _BY_STATUS_ALONE.get(status, partial(OutcomeUnknown if once else Retryable, "strange_answer"))(words)
    code = next(filter(None, map(_code, _wrong_fields(answer))), "") if isinstance(answer, dict) else ""
    if code:
        return Rejected(code, words)
    return _BY_STATUS.get(status, partial(Rejected, "refused"))(words)


def _wrong_fields(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    groups = answer.get("validation-errors")
    for group in groups if isinstance(groups, list) else ():
        some = group.get("errors") if isinstance(group, dict) else None
        yield from (one for one in some or () if isinstance(one, dict))


def _code(wrong: Mapping[str, Any]) -> str:
    return _ABOUT.get(str(wrong.get("path", "")).rpartition(".")[2], "")


def token_refusal(response: HttpResponse, now: Millis, secrets: Sequence[str]) -> ChannelError:
    """The error for an answer of the token endpoint without tokens: nobody knows what a failing server did."""
    words, status = words_of(response, secrets), response.status
    if status == NOT_FOUND:
        return NotHere("grant_refused", words)
    if response.ok or status >= SERVER or is_page(response):
        return OutcomeUnknown("strange_answer", words)
    if status == UNAUTHORISED:
        return GrantRefused("access_ended" if REVOKED in words.lower() else "client_refused", words)
    if status == BAD:
        return GrantRefused("grant_refused", words)
    return refusal(response, now=now, secrets=secrets)


def chats_refusal(
    response: HttpResponse, *, now: Millis, once: bool = False, secrets: Sequence[str] = ()
) -> ChannelError:
    """The error for a refusal of the chats API: a wrong clock looks like a wrong secret there.

    A page with 403 is none of the API: the front server blocks our address, as it does for the account.
    """
    words = words_of(response, secrets)
    if response.status == UNAUTHORISED or (response.status == FORBIDDEN and not is_page(response)):
        return Misconfigured("signature", words)
    if response.status == NOT_FOUND and not is_page(response):
        return Rejected("chat_unknown", words)
    return refusal(response, now=now, once=once, secrets=secrets)


def stops_everything(error: ChannelError) -> bool:
    """Whether an error concerns the whole link, and not one entry."""
    return isinstance(error, _STOPPING)

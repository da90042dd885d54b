"""Map Meta's error codes to errors of a message or the channel.

The codes are those of developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct

from chatapp_cli.connectors.whatsapp.answers import Refusal
from chatapp_cli.connectors.whatsapp.wire import Fault
from chatapp_cli.domain.errors import (
    ChannelError,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
    SendingBlocked,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.http import HttpResponse, verdict
from chatapp_cli.kit.lenient import UNREADABLE, read_as
from chatapp_cli.kit.pauses import pause


class Then(Enum):
    """What happens next."""

    REBIND = auto()
    BLOCK = auto()
    """The account may send nothing until a person acts; receiving continues."""
    FAIL = auto()
    AGAIN = auto()
    """It is not known whether a send was carried out."""
    LATER = auto()
    """Certainly not done; retry later."""
    PAUSE = auto()
    """The account waits."""
    PAUSE_DIALOG = auto()


_TABLE: Final = (
    (Then.REBIND, "unauthorized", (0, 102, 190)),
    (Then.BLOCK, "no_permission", (3, 10, 131005, *range(200, 300))),
    (Then.PAUSE, "app_rate", (4, 17, 613, 80007, 131208)),
    (Then.PAUSE, "throughput", (130429,)),
    (Then.PAUSE_DIALOG, "pair_rate", (131056,)),
    (Then.BLOCK, "spam_limit", (131048, 131064)),
    (Then.BLOCK, "account_restricted", (368, 131031)),
    (Then.BLOCK, "payment", (131042,)),
    (Then.BLOCK, "not_registered", (33, 131045, 133010)),
    (Then.BLOCK, "name_not_approved", (131037,)),
    (Then.AGAIN, "server_trouble", (1, 2, 500, 503, 131000, 131016, 133004, 135000)),
    (Then.LATER, "maintenance", (131057, 2494100)),
    (Then.FAIL, "country_restricted", (130497,)),
    (Then.FAIL, "window_closed", (131047,)),
    (Then.FAIL, "not_delivered", (131026,)),
    (Then.FAIL, "not_in_test_list", (131030,)),
    (Then.FAIL, "unsupported_type", (131051,)),
    (Then.FAIL, "to_ourselves", (131021,)),
    (Then.FAIL, "marketing_stopped", (131050,)),
    (Then.FAIL, "experiment", (130472,)),
    (Then.FAIL, "needs_phone", (131062,)),
    (Then.FAIL, "marketing_closed", (131063,)),
    (Then.FAIL, "marketing_capped", (131049,)),
    (Then.FAIL, "identity_changed", (137000,)),
    (Then.FAIL, "template_gaps", (132000,)),
    (Then.FAIL, "template_unknown", (132001,)),
    (Then.FAIL, "template_too_long", (132005,)),
    (Then.FAIL, "template_policy", (132007,)),
    (Then.FAIL, "template_values", (132008, 132012, 132018)),
    (Then.FAIL, "template_paused", (132015,)),
    (Then.FAIL, "template_disabled", (132016,)),
    (Then.FAIL, "media_download", (131052,)),
    (Then.FAIL, "media_upload", (131053,)),
    (Then.FAIL, "no_groups", (131215,)),
    (Then.FAIL, "group_unknown", (131020, 131041)),
    (Then.FAIL, "group_full", (131204,)),
    (Then.FAIL, "group_suspended", (131207,)),
    (Then.FAIL, "group_limit", (131211, 131214)),
    (Then.FAIL, "not_member", (131212,)),
)
_KNOWN: Final[Mapping[int, tuple[Then, str]]] = {code: (then, word) for then, word, codes in _TABLE for code in codes}
_NOT_THERE: Final = (100, 33)
"""Code and subcode of a missing or forbidden object: our number when sending, otherwise a deleted file."""
_OTHERWISE: Final = (Then.FAIL, "bad_request")

_PAUSES: Final[Mapping[str, float]] = {"app_rate": 60, "throughput": 5, "pair_rate": 6}
"""Seconds to wait if Meta names no time."""
_MINUTE: Final = 60


class _Usage(Struct, frozen=True, gc=False):
    estimated_time_to_regain_access: float = 0


_usages: Final = msgspec.json.Decoder(dict[str, list[_Usage]]).decode


def word(code: int) -> str:
    """Our word for one of Meta's codes."""
    return _KNOWN.get(code, _OTHERWISE)[1]


def refused(response: HttpResponse, *, once: bool, now: Millis) -> ChannelError:
    """The error for an answer other than 2xx; ``once`` if the call is not repeatable."""
    try:
        fault = read_as(response.body, Refusal).error
    except UNREADABLE:
        return _strange(response, once=once, now=now)
    then, known = _KNOWN.get(fault.code, _OTHERWISE)
    if once and (fault.code, fault.error_subcode) == _NOT_THERE:
        then, known = Then.BLOCK, "no_permission"
    if then in {Then.PAUSE, Then.PAUSE_DIALOG}:
        return _pause(known, fault, response, dialog=then is Then.PAUSE_DIALOG)
    made: Mapping[Then, Callable[[str, str], ChannelError]] = {**_MADE, Then.AGAIN: _lost(once=once)}
    return made[then](known, f"{fault.code} {fault.words}")


def _strange(response: HttpResponse, *, once: bool, now: Millis) -> ChannelError:
    """The error for an answer that is not Meta's but a proxy's or server's in between."""
    error = verdict(response, f"HTTP {response.status}", now=now)
    return OutcomeUnknown(error.code, error.detail) if once and type(error) is Retryable else error


_MADE: Final[Mapping[Then, Callable[[str, str], ChannelError]]] = {
    Then.REBIND: NeedsRebind,
    Then.BLOCK: SendingBlocked,
    Then.FAIL: Rejected,
    Then.LATER: Retryable,
}


def _lost(*, once: bool) -> Callable[[str, str], ChannelError]:
    return OutcomeUnknown if once else Retryable


def _pause(known: str, fault: Fault, response: HttpResponse, *, dialog: bool) -> RateLimited:
    limited = partial(RateLimited, known, f"{fault.code} {fault.words}")
    if dialog:
        return limited(retry_after=_PAUSES[known], scope="dialog")
    return limited(retry_after=pause(_told(response), _PAUSES[known]))


def _told(response: HttpResponse) -> float:
    """The waiting time in seconds by Meta's usage header (Graph API, «Rate limits», business use case)."""
    try:
        usages = _usages(response.headers.get("x-business-use-case-usage", "{}"))
    except UNREADABLE:
        return 0.0
    minutes = (usage.estimated_time_to_regain_access for each in usages.values() for usage in each)
    return max(minutes, default=0.0) * _MINUTE

"""Map VK's error numbers to errors of a message or the channel: https://dev.vk.com/reference/errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Final

from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    RateLimited,
    Rejected,
    Retryable,
    SendingBlocked,
)
from chatapp_cli.kit.http import VERDICTS, StatusErrors

MINUTE: Final = 60.0
HOUR: Final = 60 * MINUTE

PRIVATE_REFUSED: Final = frozenset({"not_allowed", "privacy"})
"""The person does not allow private messages: their comment can only be answered publicly."""


class NotPermitted(Rejected):
    """The key has no right to this method."""


class Unverified(Misconfigured):
    """VK wants the key's owner to verify themselves; some methods still work."""


_TABLE: Final[Mapping[tuple[int, ...], Callable[[str], ChannelError]]] = {
    (1, 10, 13, 36, 43): partial(Retryable, "server_trouble"),
    (6, 32): partial(RateLimited, "too_fast", retry_after=1.0),
    (9,): partial(RateLimited, "flood", retry_after=3 * MINUTE),
    (14, 3300): partial(RateLimited, "captcha", retry_after=10 * MINUTE),
    (223,): partial(RateLimited, "flood", retry_after=5 * MINUTE, scope="dialog"),
    (29, 601): partial(RateLimited, "daily_limit", retry_after=HOUR),
    (17, 24, 25, 3301, 3302, 3303, 3304): partial(Unverified, "validation"),
    (42,): partial(Misconfigured, "ip_refused"),
    (2000,): partial(Misconfigured, "too_many_servers", field="intake"),
    (4, 5, 27, 28, 1114, 1116, 1117): partial(NeedsRebind, "token_refused"),
    (2, 11, 38, 40, 203): partial(NeedsRebind, "community_gone"),
    (7, 20, 23): partial(NotPermitted, "no_rights"),
    (15,): partial(Rejected, "no_rights"),
    (18, 37, 39, 113, 3610): partial(Rejected, "user_gone"),
    (900,): partial(Rejected, "blacklisted"),
    (901, 987, 988): partial(Rejected, "not_allowed"),
    (902,): partial(Rejected, "privacy"),
    (932, 936): partial(Rejected, "peer_unknown"),
    (917, 922, 925, 927, 935, 945, 946, 962, 985, 1012): partial(Rejected, "chat_closed"),
    (912,): partial(Rejected, "bot_features_off"),
    (950,): partial(Rejected, "too_late_to_answer"),
    (910, 914): partial(Rejected, "too_long"),
    (913, 921, 940, 969): partial(Rejected, "bad_quote"),
    (909, 920, 949): partial(Rejected, "cannot_edit"),
    (924,): partial(Rejected, "cannot_delete"),
    (104,): partial(Rejected, "message_gone"),
    (1009, 1010, 1011): partial(Rejected, "reaction_not_allowed"),
    (22, 105, 114, 118, 121, 122, 129, 1150, 1152, 1153): partial(Rejected, "file_refused"),
    (210, 211, 212, 213, 225, 801): partial(Rejected, "comments_closed"),
    (222,): partial(Rejected, "links_forbidden"),
}
_BY_CODE: Final = {code: make for codes, make in _TABLE.items() for code in codes}

FILES: Final[StatusErrors] = {
    **VERDICTS,
    **dict.fromkeys(range(400, 500), partial(Rejected, "file_gone")),
    **dict.fromkeys((408, 425, 429), partial(Retryable, "busy")),
}
"""Verdicts for links, which expire."""


@contextmanager
def sending() -> Iterator[None]:
    """Convert errors about the key during sending: they stop all sending and nothing else. Raises SendingBlocked."""
    try:
        yield
    except (NotPermitted, Unverified) as refusal:
        raise SendingBlocked(refusal.code, refusal.detail) from refusal


def refused(code: int, words: str) -> ChannelError:
    """The error for a refusal; the call was certainly not carried out."""
    return _BY_CODE.get(code, partial(Rejected, "bad_request"))(f"{code}: {words}")

"""Map the child's failures to errors of a message or the channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    Pause,
    RateLimited,
    Rejected,
    Retryable,
)
from chatapp_cli.domain.manifest import ErrorWords
from chatapp_cli.kit.manifests import manifest

KIND: Final = "whatsapp_web"

_BY_OUTCOME: Mapping[str, Callable[[str, str], ChannelError]] = {
    "retry": Retryable,
    "refused": Rejected,
    "unknown": OutcomeUnknown,
    "rebind": NeedsRebind,
    "misconfigured": Misconfigured,
}
_STRANGERS = frozenset({"strangers_limited"})
"""Limits that delay only messages to people who never wrote to us."""


def of(failure: wire.Failure) -> ChannelError:
    """The error for a failure; an unknown ``outcome`` means OutcomeUnknown."""
    if failure.outcome == "wait":
        scope: Pause = "strangers" if failure.code in _STRANGERS else "account"
        return RateLimited(failure.code, failure.detail, retry_after=failure.retry_after, scope=scope)
    return _BY_OUTCOME.get(failure.outcome, OutcomeUnknown)(failure.code, failure.detail)


def words(error: ChannelError) -> ErrorWords:
    """The text for a person; another child program may have codes that we do not know."""
    return manifest(KIND).errors.get(error.code) or ErrorWords(what=error.what, next_step=error.next_step)


def again(error: ChannelError) -> ChannelError:
    """A copy of an error: one exception must not be raised in two tasks."""
    if isinstance(error, RateLimited):
        return RateLimited(error.code, error.detail, retry_after=error.retry_after, scope=error.scope)
    return type(error)(error.code, error.detail)

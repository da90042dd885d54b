"""Map Telegram's refusals and network failures to errors of a message or the channel.

Telegram distinguishes refusals by an HTTP-like status and by wording; aiogram's exceptions have the rest. Bot API
addresses contain the token, so no exception text is passed on without ``scrub``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiogram import exceptions as aio
from aiohttp import ClientConnectorError, ClientResponseError, ConnectionTimeoutError

from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
)
from chatapp_cli.kit.pauses import pause

LIMITED: Final = 429
PAUSE: Final = 5.0
"""Seconds to wait if Telegram names no valid time."""
_STATUS: Mapping[type[Exception], int] = {
    aio.TelegramBadRequest: 400,
    aio.TelegramUnauthorizedError: 401,
    aio.TelegramForbiddenError: 403,
    aio.TelegramNotFound: 404,
    aio.TelegramConflictError: 409,
    aio.TelegramEntityTooLarge: 413,
}

_WORDS: Mapping[int, Sequence[tuple[str, str]]] = {
    400: (
        ("not modified", "not_modified"),
        ("message to edit not found", "message_gone"),
        ("message to delete not found", "message_gone"),
        ("message to react not found", "message_gone"),
        ("no text in the message to edit", "no_text"),
        ("can't be edited", "cannot_edit"),
        ("can't be deleted", "cannot_delete"),
        ("chat not found", "chat_not_found"),
        ("peer_id_invalid", "chat_not_found"),
        ("too long", "too_long"),
        ("too big", "file_too_big"),
        ("wrong file", "file_gone"),
        ("temporarily unavailable", "file_gone"),
        ("rights", "no_rights"),
        ("reaction", "reaction_not_allowed"),
        ("webhook", "bad_webhook"),
    ),
    403: (
        ("blocked by the user", "blocked_by_user"),
        ("deactivated", "user_deactivated"),
        ("initiate conversation", "never_started"),
        ("kicked", "removed_from_chat"),
        ("not a member", "removed_from_chat"),
    ),
    409: (("webhook", "webhook_conflict"),),
}
_OTHERWISE: Mapping[int, str] = {403: "no_rights", 409: "second_reader", 413: "file_too_big"}


class Moved(Rejected):
    """The group became a supergroup with another id, where the same call works."""

    def __init__(self, chat_id: int) -> None:
        super().__init__("chat_moved", str(chat_id))
        self.chat_id = chat_id


def refused(status: int, words: str) -> ChannelError:
    """The error for a refusal; the call was certainly not carried out."""
    code = _code(status, words.lower())
    if status in {401, 404}:
        return NeedsRebind("unauthorized", words)
    if status == 409:  # noqa: PLR2004 - HTTP
        return Retryable(code, words)
    if code == "bad_webhook":
        return Misconfigured(code, words, field="public_url")
    return Rejected(code, words)


def _code(status: int, words: str) -> str:
    found = (code for part, code in _WORDS.get(status, ()) if part in words)
    return next(found, _OTHERWISE.get(status, "bad_request"))


def limited(words: str, retry_after: float, chat: object) -> RateLimited:
    """The error for a rate limit. Telegram does not say whose: a group has its own, a private chat shares the bot's."""
    group = str(chat).startswith("-")
    return RateLimited("flood", words, retry_after=pause(retry_after, PAUSE), scope="dialog" if group else "account")


def translate(error: Exception, *, token: str, once: bool) -> ChannelError:
    """Convert exceptions of aiogram and aiohttp to ours; ``once`` if the call is not repeatable."""
    if isinstance(error, aio.TelegramRetryAfter):
        return limited("", error.retry_after, getattr(error.method, "chat_id", ""))
    if _asks_for_a_pause(error):
        return limited("", 0, getattr(getattr(error, "method", None), "chat_id", ""))
    if isinstance(error, aio.TelegramMigrateToChat):
        return Moved(error.migrate_to_chat_id)
    if isinstance(error, aio.TelegramAPIError) and (status := _STATUS.get(type(error))):
        return refused(status, scrub(error.message, token))
    return _lost(error, token, once=once)


def _lost(error: Exception, token: str, *, once: bool) -> ChannelError:
    cause = error.__cause__ if isinstance(error, aio.TelegramNetworkError) else error
    if isinstance(cause, ClientConnectorError | ConnectionTimeoutError):
        return Retryable("unreachable", scrub(str(cause), token))
    code = "server_trouble" if isinstance(error, aio.TelegramServerError) else "no_answer"
    return (OutcomeUnknown if once else Retryable)(code, _describe(cause))


def _describe(cause: BaseException | None) -> str:
    """Only the type of the failure: these exceptions' texts quote addresses and answers."""
    if isinstance(cause, ClientResponseError):
        return f"HTTP {cause.status}"
    return type(cause).__name__


def _asks_for_a_pause(error: Exception) -> bool:
    """Whether it is a 429 without a waiting time that aiogram can read."""
    if isinstance(error, aio.ClientDecodeError):
        data: Any = error.data
        return isinstance(data, dict) and data.get("error_code") == LIMITED
    return isinstance(error, aio.TelegramAPIError) and error.message.lower().startswith("too many requests")


def scrub(words: str, token: str) -> str:
    """Remove the token from a text."""
    return words.replace(token, "<token>")

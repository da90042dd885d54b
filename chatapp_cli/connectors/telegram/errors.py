"""Map Telegram's refusals and network failures to errors of a message or the channel.

The names are those of https://core.telegram.org/api/errors; Telethon knows most of them by class.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import structlog
from python_socks import ProxyError, ProxyTimeoutError
from telethon import errors as tg
from telethon.errors import rpcerrorlist

from chatapp_cli.domain.errors import (
    ChannelError,
    ChatappError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    Pause,
    RateLimited,
    Rejected,
    Retryable,
    SendingBlocked,
)

log = structlog.get_logger()

PEER_FLOOD_REST: Final = 86_400.0
"""Seconds: Telegram names none. A day is how long its restrictions of strangers last at least."""

UNTOLD_REST: Final = 60
"""Seconds to wait if Telegram names no time."""

_TRANSPORT: Final = (
    OSError,
    EOFError,
    ProxyError,
    ProxyTimeoutError,
    tg.InvalidBufferError,
    tg.InvalidChecksumError,
    tg.SecurityError,
    tg.BadMessageError,
)
_NAMES: Final = {known: name for name, known in rpcerrorlist.rpc_errors_dict.items()}

_LOST: Final = frozenset(
    {
        "AUTH_KEY_UNREGISTERED",
        "AUTH_KEY_INVALID",
        "AUTH_KEY_DUPLICATED",
        "AUTH_KEY_PERM_EMPTY",
        "SESSION_REVOKED",
        "SESSION_EXPIRED",
        "USER_DEACTIVATED",
        "USER_DEACTIVATED_BAN",
    }
)
_REBIND: Final = {
    "AUTH_KEY_DUPLICATED": "used_twice",
    "USER_DEACTIVATED": "account_deleted",
    "USER_DEACTIVATED_BAN": "account_banned",
}
_PASSING: Final = frozenset({"RPC_CALL_FAIL", "RPC_MCGET_FAIL", "PERSISTENT_TIMESTAMP_OUTDATED", "HISTORY_GET_FAILED"})
"""Telegram's internal errors that do not have a 5xx code."""
_CODES: Final[Mapping[str, str]] = {
    "USER_PRIVACY_RESTRICTED": "privacy",
    "PRIVACY_PREMIUM_REQUIRED": "premium_required",
    "PREMIUM_ACCOUNT_REQUIRED": "premium_required",
    "VOICE_MESSAGES_FORBIDDEN": "no_voice",
    "CHAT_SEND_VOICES_FORBIDDEN": "no_voice",
    "USER_IS_BLOCKED": "blocked_by_user",
    "YOU_BLOCKED_USER": "blocked_by_us",
    "INPUT_USER_DEACTIVATED": "user_deactivated",
    "USER_NOT_MUTUAL_CONTACT": "not_mutual",
    "USER_ALREADY_PARTICIPANT": "already_in_group",
    "USER_CHANNELS_TOO_MUCH": "too_many_groups",
    "CHANNELS_TOO_MUCH": "too_many_groups",
    "USERS_TOO_FEW": "no_members",
    "USERS_TOO_MUCH": "group_full",
    "USER_NOT_PARTICIPANT": "not_in_group",
    "USER_BANNED_IN_CHANNEL": "no_rights",
    "CHAT_WRITE_FORBIDDEN": "no_rights",
    "CHAT_ADMIN_REQUIRED": "no_rights",
    "CHAT_RESTRICTED": "no_rights",
    "CHAT_FORBIDDEN": "removed_from_chat",
    "CHANNEL_PRIVATE": "removed_from_chat",
    "CHANNEL_INVALID": "peer_unknown",
    "CHAT_ID_INVALID": "peer_unknown",
    "PEER_ID_INVALID": "peer_unknown",
    "USER_ID_INVALID": "peer_unknown",
    "USERNAME_NOT_OCCUPIED": "username_not_found",
    "USERNAME_INVALID": "username_not_found",
    "PHONE_NOT_OCCUPIED": "phone_not_found",
    "INVITE_HASH_EXPIRED": "invite_gone",
    "INVITE_HASH_INVALID": "invite_gone",
    "INVITE_REQUEST_SENT": "invite_asked",
    "MESSAGE_TOO_LONG": "too_long",
    "MEDIA_CAPTION_TOO_LONG": "too_long",
    "MESSAGE_EMPTY": "empty",
    "MESSAGE_ID_INVALID": "message_gone",
    "MSG_ID_INVALID": "message_gone",
    "MESSAGE_NOT_MODIFIED": "not_modified",
    "MESSAGE_EDIT_TIME_EXPIRED": "cannot_edit",
    "MESSAGE_AUTHOR_REQUIRED": "cannot_edit",
    "MESSAGE_DELETE_FORBIDDEN": "cannot_delete",
    "REACTION_INVALID": "reaction_not_allowed",
    "REACTIONS_TOO_MANY": "reaction_not_allowed",
    "FILE_REFERENCE_EXPIRED": "file_expired",
    "FILE_REFERENCE_INVALID": "file_expired",
    "FILE_PARTS_INVALID": "file_too_big",
    "PHOTO_INVALID_DIMENSIONS": "bad_photo",
    "IMAGE_PROCESS_FAILED": "bad_photo",
    "RANDOM_ID_DUPLICATE": "duplicate",
    "PERSISTENT_TIMESTAMP_INVALID": "position_lost",
    "PERSISTENT_TIMESTAMP_EMPTY": "position_lost",
}

_LOGIN: Final[Mapping[str, str]] = {
    "PHONE_CODE_INVALID": "code_wrong",
    "PHONE_CODE_EMPTY": "code_wrong",
    "PHONE_CODE_EXPIRED": "code_expired",
    "SESSION_PASSWORD_NEEDED": "password_needed",
    "PASSWORD_HASH_INVALID": "password_wrong",
}
"""Errors that occur only while logging in, which handles them itself."""


class NotUnderstood(Rejected):
    """An answer that cannot be decoded; ``raw`` is its bytes.

    ``place`` is its position in a chat, which is the same on every request.
    """

    def __init__(self, raw: bytes, problem: str, place: str = "") -> None:
        super().__init__("not_understood", problem)
        self.raw = raw
        self.place = place


def name_of(error: tg.RPCError) -> str:
    """Telegram's own name of an error, such as ``PEER_FLOOD``."""
    return _NAMES.get(type(error)) or str(error.message).upper()


def translate(error: tg.RPCError, scope: Pause = "account") -> ChannelError:
    """The error for a refusal; ``scope`` is what a flood wait of this kind of request delays."""
    name = name_of(error)
    if waiting := _limited(error, name, scope):
        return waiting
    if name in _LOST:
        return NeedsRebind(_REBIND.get(name, "unauthorized"), name)
    if name.startswith("FROZEN_"):
        return SendingBlocked("frozen", name)
    if name.startswith("API_ID_"):
        return Misconfigured("bad_api_id", name, field="api_id")
    if code := _CODES.get(name) or _LOGIN.get(name):
        return Rejected(code, name)
    return _unnamed(error, name)


def _limited(error: tg.RPCError, name: str, scope: Pause) -> RateLimited | None:
    if isinstance(error, tg.SlowModeWaitError):
        return RateLimited("slow_mode", retry_after=error.seconds, scope="dialog")
    if name == "PEER_FLOOD":
        return RateLimited("peer_flood", name, retry_after=PEER_FLOOD_REST, scope="strangers")
    if isinstance(error, tg.FloodError) and not name.startswith("FROZEN_"):
        return RateLimited("flood", retry_after=max(1, _seconds(error, name)), scope=scope)
    return None


def _seconds(error: tg.RPCError, name: str) -> int:
    """The seconds as Telethon read them, or from an error name unknown to it."""
    known = getattr(error, "seconds", None)
    said = re.search(r"(\d+)$", name)
    return int(known if known is not None else said[1] if said else UNTOLD_REST)


def _unnamed(error: tg.RPCError, name: str) -> ChannelError:
    """The error for a name without an entry: its family decides; unknown ones are final."""
    if isinstance(error, tg.ServerError | tg.TimedOutError) or name in _PASSING:
        return Retryable("server_trouble", name)
    if name.startswith("ALLOW_PAYMENT_REQUIRED"):
        return Rejected("payment_required", name)
    if name.startswith("CHAT_SEND_"):
        return Rejected("no_rights", name)
    return NeedsRebind("unauthorized", name) if isinstance(error, tg.UnauthorizedError) else Rejected("refused", name)


def is_about_all(error: ChatappError) -> bool:
    """Whether this error stops all reading; any other concerns only the chat it came from."""
    if isinstance(error, Retryable):
        return error.code == "unreachable"
    return not isinstance(error, RateLimited | Rejected | SendingBlocked)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Name the current step in the error when our own code fails."""
    try:
        yield
    except ChatappError:
        raise
    except Exception as error:  # any bug of ours: the account is restarted, and the log has the traceback
        log.exception("telegram.stumbled", stage=name)
        raise Retryable("stumbled", f"{name}: {type(error).__name__}") from error


@contextmanager
def network(*, scope: Pause = "account", once: bool = False) -> Iterator[None]:
    """Convert Telethon's exceptions to ours; ``once`` if the request is not repeatable."""
    try:
        yield
    except tg.RPCError as error:
        raise translate(error, scope) from None
    except tg.TypeNotFoundError:
        raise Rejected("not_understood") from None
    except tg.AuthKeyNotFound:
        raise NeedsRebind("unauthorized", "AUTH_KEY_NOT_FOUND") from None
    except asyncio.CancelledError:
        if _is_our_own():
            raise
        raise _silence("CancelledError", once=once) from None
    except _TRANSPORT as error:
        raise _silence(type(error).__name__, once=once) from None


def _is_our_own() -> bool:
    """Whether our own task was cancelled: Telethon also cancels the requests of a connection that it closes."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _silence(detail: str, *, once: bool) -> ChannelError:
    return (OutcomeUnknown if once else Retryable)("no_answer" if once else "unreachable", detail)

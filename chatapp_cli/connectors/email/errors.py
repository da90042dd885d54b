"""Map the answers of servers and the failures of networks to errors.

Reply and status codes: RFC 5321 §4.2, RFC 3463; IMAP response codes: RFC 9051 §7.1.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from typing import TypeVar

from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    Rejected,
    Retryable,
    SendingBlocked,
)

_EXPIRED, _NOT_YET_VALID, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 62, 64
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"})
_COME_BACK = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)|too many|try again|temporar", re.IGNORECASE)
_ENHANCED = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?!\w|\.\d)")
PERMANENT = 500
_REFUSED, _NO_CODE = 400, 600
_CLOSING = 421
_TOO_BIG = 552

E = TypeVar("E", bound=ChannelError)


class ImapRefused(Retryable):
    """The server answered NO or BAD to anything but a login."""


_REFUSALS = (
    (re.compile(r"[45]\.1\.(?:[0-36]|10)|[45]\.2\.1"), "no_such_mailbox"),
    (re.compile(r"[45]\.2\.2"), "mailbox_full"),
    (re.compile(r"[45]\.2\.3|[45]\.3\.4"), "too_big"),
    (re.compile(r"[45]\.7\.\d+"), "taken_for_spam"),
)
_WORDED = (
    (
        re.compile(
            r"(?:user|mailbox|account|recipient|address)(?: \S+){0,4}"
            r" (?:unknown|unavailable|not found|does ?n[o']t exist)"
            r"|(?:unknown|no such|invalid) (?:user|mailbox|account|recipient|address)"
            r"|(?:ящик|пользовател|адресат|получател)\w*(?: \S+){0,4} не (?:существует|найден)",
            re.IGNORECASE,
        ),
        "no_such_mailbox",
    ),
    (re.compile(r"over ?quota|quota exceeded|(?:mail)?box (?:is )?full|переполнен", re.IGNORECASE), "mailbox_full"),
    (re.compile(r"too (?:big|large)|size (?:limit|exceed)|слишком больш", re.IGNORECASE), "too_big"),
    (re.compile(r"spam|спам|black ?list|dmarc|\bspf\b|dkim", re.IGNORECASE), "taken_for_spam"),
)
"""How servers say the same without a status code."""


def unreachable(error: BaseException) -> ChannelError:
    """The error for a failed or lost connection."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause)
        if isinstance(cause, ssl.SSLError) and cause.reason in _NOT_TLS:
            return Misconfigured("tls_mismatch", str(cause.reason))
        if isinstance(cause, socket.gaierror):
            return Retryable("unknown_host", str(cause.strerror))
    return Retryable("unreachable", str(error) or type(error).__name__)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _certificate(error: ssl.SSLCertVerificationError) -> ChannelError:
    detail = error.verify_message or str(error)
    if error.verify_code in {_EXPIRED, _NOT_YET_VALID}:
        return Retryable("certificate_expired", detail)
    if error.verify_code in {_OTHER_NAME, _OTHER_ADDRESS}:
        return Misconfigured("certificate_name", detail)
    return Misconfigured("certificate_unknown", detail, field="ca_file")


def imap_login(answer: str, *, by_token: bool) -> ChannelError:
    """The error for a NO to a login: wrong credentials, unless the server reports a fault of its own."""
    if _COME_BACK.search(answer):
        return Retryable("server_busy", answer)
    return NeedsRebind("access_refused", answer) if by_token else NeedsRebind("login_refused", answer)


def smtp_login(code: int, answer: str) -> ChannelError:
    """The error for a refused AUTH. It blocks only sending: reading has a login of its own."""
    if code < PERMANENT:
        return Retryable("server_busy", f"{code} {answer}")
    return SendingBlocked("sending_refused", f"{code} {answer}")


def between_commands(error: E) -> E:
    """The error, marked as one after which the connection goes on: no answer is outstanding."""
    error.connection_lives = True
    return error


def imap_refusal(answer: str) -> ImapRefused:
    """The error for a NO or BAD to anything but a login."""
    return between_commands(ImapRefused("imap_refused", answer))


def smtp_sender(code: int, answer: str) -> ChannelError:
    """The error for a refused MAIL FROM: it concerns our account, so every message would be refused."""
    detail = f"{code} {answer}"
    too_big = code == _TOO_BIG
    return _by_reply_code(code, Rejected("too_big", detail) if too_big else SendingBlocked("sender_refused", detail))


def smtp_refusal(code: int, answer: str) -> ChannelError:
    """The error for a refused RCPT TO, DATA or content."""
    too_big = code == _TOO_BIG and not _ENHANCED.search(answer)
    return _by_reply_code(code, Rejected("too_big" if too_big else refusal(answer), f"{code} {answer}"))


def copy_refusal(address: str, code: int, answer: str) -> ChannelError:
    """The error for a refused RCPT TO of somebody who was to get a copy."""
    return _by_reply_code(code, Rejected("copy_refused", f"{address}: {code} {answer}"))


def _by_reply_code(code: int, lasting: ChannelError) -> ChannelError:
    """The error for a reply code of SMTP: ``lasting`` from 500 on, below that one that passes.

    The connection goes on, unless the code is no refusal, or 421, with which the server hangs up.
    """
    error = Retryable("try_later", lasting.detail) if code < PERMANENT else lasting
    error.connection_lives = is_refusal(code) and code != _CLOSING
    return error


def is_refusal(code: int) -> bool:
    """Whether a reply code says that a command was not done (RFC 5321 §4.2.1)."""
    return _REFUSED <= code < _NO_CODE


def unknown(ext_id: str, *, files_itself: bool, detail: str = "") -> OutcomeUnknown:
    """The error for a mail that may have been sent; a service that files sent mail itself shows whether it was."""
    return OutcomeUnknown("look_into_sent" if files_itself else "outcome_unknown", detail, ids=(ext_id,))


def refusal(answer: str) -> str:
    """The manifest's code for an answer: by its enhanced status code, such as ``5.1.1``, or else by its words."""
    status = _ENHANCED.search(answer)
    if status is None:
        return next((code for pattern, code in _WORDED if pattern.search(answer)), "refused")
    return next((code for pattern, code in _REFUSALS if pattern.fullmatch(status.group())), "refused")

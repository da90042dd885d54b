"""Map the answers of servers and the failures of networks to errors.

Reply and status codes: RFC 5321 §4.2, RFC 3463; IMAP response codes: RFC 9051 §7.1.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator

from chatapp_cli.domain.errors import ChannelError, Misconfigured, NeedsRebind, Rejected, Retryable, SendingBlocked

_EXPIRED, _NOT_YET_VALID, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 62, 64
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"})
_COME_BACK = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)|too many|try again|temporar", re.IGNORECASE)
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_PERMANENT = 500
_TOO_BIG = 552

_REFUSALS = (
    (re.compile(r"[45]\.1\.[0-36]|[45]\.2\.1"), "no_such_mailbox"),
    (re.compile(r"[45]\.2\.2"), "mailbox_full"),
    (re.compile(r"[45]\.2\.3|[45]\.3\.4"), "too_big"),
    (re.compile(r"[45]\.7\.\d+"), "taken_for_spam"),
)


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


def imap_login(answer: str) -> ChannelError:
    """The error for a NO to LOGIN: wrong credentials, unless the server reports a fault of its own."""
    if _COME_BACK.search(answer):
        return Retryable("server_busy", answer)
    return NeedsRebind("login_refused", answer)


def smtp_login(code: int, answer: str) -> ChannelError:
    """The error for a refused AUTH. It blocks only sending: reading has a login of its own."""
    if code < _PERMANENT:
        return Retryable("server_busy", f"{code} {answer}")
    return SendingBlocked("sending_refused", f"{code} {answer}")


def smtp_sender(code: int, answer: str) -> ChannelError:
    """The error for a refused MAIL FROM: it concerns our account, so every message would be refused."""
    if code < _PERMANENT:
        return Retryable("try_later", f"{code} {answer}")
    if code == _TOO_BIG:
        return Rejected("too_big", f"{code} {answer}")
    return SendingBlocked("sender_refused", f"{code} {answer}")


def smtp_refusal(code: int, answer: str) -> ChannelError:
    """The error for a refused RCPT TO or DATA."""
    detail = f"{code} {answer}"
    if code < _PERMANENT:
        return Retryable("try_later", detail)
    if code == _TOO_BIG and not _ENHANCED.search(answer):
        return Rejected("too_big", detail)
    return Rejected(refusal(answer), detail)


def refusal(answer: str) -> str:
    """The manifest's code for an enhanced status code somewhere in an answer, such as ``5.1.1``."""
    status = _ENHANCED.search(answer)
    if status is None:
        return "refused"
    return next((code for pattern, code in _REFUSALS if pattern.fullmatch(status.group())), "refused")

"""Automatic mail: never answered automatically (RFC 3834), and partly not shown as unread."""

from __future__ import annotations

import re
from email.message import Message

from chatapp_cli.connectors.email.addresses import halves
from chatapp_cli.connectors.email.headers import raw, words
from chatapp_cli.domain.subject import plain_subject

_NOBODYS = re.compile(
    r"(?:^|[-_.+])(?:no[-_.]?repl(?:y|ies)|do[-_.]?not[-_.]?reply|mailer-daemon|postmaster|bounces?)(?:[-_.+=]|$)",
    re.IGNORECASE,
)
_BULK = frozenset({"bulk", "list", "junk"})
_LISTS = ("List-Id", "List-Unsubscribe")
"""RFC 2919 and RFC 2369."""
_ANSWERING = ("X-Autoreply", "X-Autorespond", "X-Autoresponder")
_AWAY = re.compile(
    r"automatic reply|auto[- ]?reply|out of (?:the )?office|автоматический ответ|автоответ|вне офиса",
    re.IGNORECASE,
)


def is_automatic(message: Message, sender: str) -> bool:
    """Whether a machine wrote it, so that it must not be answered automatically."""
    return _is_marked(message) or is_newsletter(message) or is_nobodys(sender)


def _is_marked(message: Message) -> bool:
    """Whether its head or its form says that nobody typed it."""
    return (
        is_auto_submitted(message)
        or _is_marked_as_reply(message)
        or is_receipt(message)
        or is_delivery_report(message)
        or has_no_return_path(message)
    )


def is_automatic_reply(message: Message) -> bool:
    """Whether it is an automatic reply, such as a holiday notice."""
    return (
        _auto_submitted(message).startswith("auto-replied")
        or _is_marked_as_reply(message)
        or (_is_marked(message) and _AWAY.match(plain_subject(words(message, "Subject"))) is not None)
    )


def _is_marked_as_reply(message: Message) -> bool:
    """Whether a field that only automatic replies have says so; there is no standard for these."""
    marks = (words(message, name).lower() for name in _ANSWERING)
    return any(mark not in {"", "no", "false", "0"} for mark in marks) or _precedence(message) == "auto_reply"


def is_newsletter(message: Message) -> bool:
    """Whether it is marked as bulk mail, as newsletters, mailing lists and some shops' orders are."""
    return _precedence(message) in _BULK or any(name in message for name in _LISTS)


def is_delivery_report(message: Message) -> bool:
    """Whether it has the form of a delivery report (RFC 3464)."""
    return _report_type(message) == "delivery-status"


def is_receipt(message: Message) -> bool:
    """Whether it has the form of a read receipt (RFC 8098)."""
    return _report_type(message) == "disposition-notification"


def _report_type(message: Message) -> str:
    """The report type of a ``multipart/report`` (RFC 6522); empty for other mails."""
    if message.get_content_type() != "multipart/report":
        return ""
    return str(message.get_param("report-type", "")).lower()


def has_no_return_path(message: Message) -> bool:
    """Whether the return path is empty, so that not even a server answers (RFC 5321 §4.5.5)."""
    return "Return-Path" in message and raw(message, "Return-Path").strip() == "<>"


def is_auto_submitted(message: Message) -> bool:
    """Whether the Auto-Submitted field marks it as automatic."""
    said = _auto_submitted(message)
    return said != "" and not said.startswith("no")


def is_nobodys(address: str) -> bool:
    """Whether an address is a no-reply one, by its name."""
    return _NOBODYS.search(halves(address)[0]) is not None


def _auto_submitted(message: Message) -> str:
    return words(message, "Auto-Submitted").lower()


def _precedence(message: Message) -> str:
    return words(message, "Precedence").lower()

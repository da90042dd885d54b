"""What machines write: never answered by a machine (RFC 3834), and some of it not worth anybody's look."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message

from chatapp_cli.connectors.email.addresses import parts
from chatapp_cli.connectors.email.headers import raw, words

_NAMES = re.compile(
    r"(?:^|[-_.+])(?:no[-_.]?repl(?:y|ies)|do[-_.]?not[-_.]?reply|mailer-daemon|postmaster|bounces?)(?:[-_.+=]|$)",
    re.IGNORECASE,
)
_BULK = frozenset({"bulk", "list", "junk"})
_LISTS = ("List-Id", "List-Unsubscribe")
_ANSWERING = ("X-Autoreply", "X-Autorespond", "X-Autoresponder")
_AWAY = re.compile(
    r"^\s*(?:re:\s*)?(?:automatic reply|auto[- ]?reply|out of (?:the )?office"
    r"|автоматический ответ|автоответ|вне офиса)",
    re.IGNORECASE,
)


def is_automatic(message: Message, sender: str) -> bool:
    """Tell whether a machine wrote it, so that no machine may answer."""
    return _says_so(message) or is_newsletter(message) or is_nobodys(sender)


def _says_so(message: Message) -> bool:
    return (
        is_submitted_automatically(message)
        or _answers_by_itself(message)
        or is_receipt(message)
        or is_delivery_report(message)
        or has_no_return_path(message)
    )


def is_answer_of_a_machine(message: Message) -> bool:
    """Tell whether it is a reply that nobody wrote, such as a holiday notice."""
    return (
        _auto_submitted(message).startswith("auto-replied")
        or _answers_by_itself(message)
        or (_says_so(message) and _AWAY.match(words(message, "Subject")) is not None)
    )


def _answers_by_itself(message: Message) -> bool:
    marks = (words(message, name).lower() for name in _ANSWERING)
    return any(mark not in {"", "no", "false", "0"} for mark in marks) or _precedence(message) == "auto_reply"


def is_newsletter(message: Message) -> bool:
    """Tell whether it bears the marks of mail to many: newsletters do, mailing lists, and the orders of some shops."""
    return _precedence(message) in _BULK or any(name in message for name in _LISTS)


def is_delivery_report(message: Message) -> bool:
    """Tell whether it has the form of a report that a mail was delivered or not (RFC 3464)."""
    return _report_type(message) == "delivery-status"


def is_receipt(message: Message) -> bool:
    """Tell whether it has the form of a report that a mail was displayed or not (RFC 8098)."""
    return _report_type(message) == "disposition-notification"


def _report_type(message: Message) -> str:
    """What a ``multipart/report`` reports (RFC 6522); empty for other mails."""
    said = str(message.get_param("report-type", "")).lower()
    return said if message.get_content_type() == "multipart/report" else ""


def is_by_a_server(message: Message, authors: Sequence[str]) -> bool:
    """Tell whether it was sent as servers send, by name or wanting no answer; the form of a report is anybody's."""
    by_name = len(authors) == 1 and is_nobodys(authors[0])
    return by_name or has_no_return_path(message) or is_submitted_automatically(message)


def has_no_return_path(message: Message) -> bool:
    """Tell whether whoever sent it wants no answer, not even by a server (RFC 5321 §4.5.5)."""
    return "Return-Path" in message and raw(message, "Return-Path").strip() == "<>"


def is_submitted_automatically(message: Message) -> bool:
    """Tell whether it says so by the field that was made for it."""
    said = _auto_submitted(message)
    return said != "" and not said.startswith("no")


def is_nobodys(address: str) -> bool:
    """Tell whether an address is one that nobody reads, by its name."""
    return _NAMES.search(parts(address)[0]) is not None


def _auto_submitted(message: Message) -> str:
    return words(message, "Auto-Submitted").lower()


def _precedence(message: Message) -> str:
    return words(message, "Precedence").lower()

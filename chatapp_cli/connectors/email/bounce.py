"""Mails of mail servers about our mails (RFC 3464), and what machines write in general (RFC 3834)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.message import Message

from chatapp_cli.connectors.email.errors import refusal
from chatapp_cli.connectors.email.headers import raw, words
from chatapp_cli.domain.event import DeliveryChanged
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import State

_SERVERS = re.compile(r"(?:^|<)\s*(?:mailer-daemon|mail-daemon|postmaster)@", re.IGNORECASE)
_MACHINES = re.compile(r"^(no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?)([+-]|@|$)", re.IGNORECASE)
_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})
_MARKS = frozenset({"list-id", "list-unsubscribe", "x-autoreply", "x-autorespond"})
_LONGEST_DETAIL = 300


def message_id(key: str, domain: str) -> str:
    """The Message-ID of a mail of ours: our idempotency key at the mailbox's domain."""
    return f"<{key}@{domain}>"


def is_own_id(ext_id: str, domain: str) -> bool:
    """Tell whether we could have given this Message-ID."""
    return re.fullmatch(rf"<[0-9a-z]{{32}}@{re.escape(domain)}>", ext_id) is not None


def news(message: Message, content: bytes, *, domain: str, at: Millis) -> Sequence[DeliveryChanged] | None:
    """What a server reports of a mail of ours; ``None`` if this is no such report."""
    if not _is_report(message):
        return None
    original = _original(content, domain)
    if original is None:
        return None
    return tuple(
        DeliveryChanged(ext_id=original, state=State.FAILED, at=at, code=refusal(detail), detail=detail)
        for detail in _failures(message)
    )


def _is_report(message: Message) -> bool:
    if message.get_content_type() == "multipart/report":
        return str(message.get_param("report-type", "")).lower() == "delivery-status"
    return _SERVERS.search(raw(message, "From")) is not None


def _original(content: bytes, domain: str) -> str | None:
    """The Message-ID of the mail that came back; references to earlier mails of ours do not count."""
    found = re.search(rb"(?im)^message-id:\s*(<[0-9a-z]{32}@%s>)" % re.escape(domain.encode()), content)
    return found[1].decode() if found else None


def _failures(message: Message) -> Iterator[str]:
    blocks = list(_blocks(message))
    if not blocks:
        yield words(message, "Subject")[:_LONGEST_DETAIL]
    for block in blocks:
        if words(block, "Action").lower() == "failed":
            status, diagnosis = words(block, "Status"), words(block, "Diagnostic-Code")
            yield f"{status} {diagnosis}".strip()[:_LONGEST_DETAIL]


def _blocks(message: Message) -> Iterator[Message]:
    """The per-recipient groups of a delivery status."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            yield from (block for block in part.get_payload() if isinstance(block, Message) and "Action" in block)


def is_automatic(message: Message, sender: str) -> bool:
    """Tell whether a machine wrote it, so that no machine may answer."""
    names = {name.lower() for name in message.keys()}  # noqa: SIM118 - a message is no mapping
    return (
        not _MARKS.isdisjoint(names)
        or ("auto-submitted" in names and not words(message, "Auto-Submitted").lower().startswith("no"))
        or ("precedence" in names and words(message, "Precedence").lower() in _BULK)
        or ("return-path" in names and raw(message, "Return-Path").strip() == "<>")
        or _MACHINES.match(sender) is not None
    )

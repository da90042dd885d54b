"""Delivery reports of mail servers about our mails (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.message import Message

from chatapp_cli.connectors.email import machines
from chatapp_cli.connectors.email.errors import refusal
from chatapp_cli.connectors.email.headers import people, words
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import DeliveryChanged
from chatapp_cli.domain.message import State

_SERVERS = re.compile(r"(?:mailer-daemon|mail-daemon|postmaster)@")
_PHRASES = re.compile(r"(?!re:|на:|отв:).*(?:deliver|fail|return|не\s*достав)", re.IGNORECASE)
_LONGEST_DETAIL = 300


def news(message: Message, content: bytes, *, domain: str, at: border.At) -> Sequence[DeliveryChanged] | None:
    """The delivery state that a server reports for a mail of ours; ``None`` if this is no such report."""
    if not _is_report(message):
        return None
    original = _original(content, domain)
    if original is None:
        return None
    return tuple(
        DeliveryChanged(
            ext_id=border.external_id(original),
            state=State.FAILED,
            at=at,
            code=border.name(refusal(detail)),
            detail=border.name(detail),
        )
        for detail in _failures(message)
    )


def _is_report(message: Message) -> bool:
    """Whether a mail server wrote it: only a server may report that a mail of ours failed.

    Old servers do not use ``multipart/report``. For those the sender's name is not enough, because people use such
    names too: the mail must be sent the way servers send and have the form of a report.
    """
    authors = people(message, "From")
    if message.get_content_type() == "multipart/report":
        by_server = machines.is_by_a_server(message, [author.email for author in authors])
        return machines.is_delivery_report(message) and by_server
    if len(authors) != 1 or not _SERVERS.match(authors[0].email):
        return False
    by_itself = machines.has_no_return_path(message) or machines.is_submitted_automatically(message)
    return "X-Failed-Recipients" in message or (by_itself and _PHRASES.match(words(message, "Subject")) is not None)


def _original(content: bytes, domain: str) -> str | None:
    """The Message-ID of the returned mail; references to earlier mails of ours do not count."""
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

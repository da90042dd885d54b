"""The content of delivery reports: the form of RFC 3464, and what servers write for people."""

from __future__ import annotations

import binascii
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from itertools import islice, takewhile

from chatapp_cli.connectors.email import html
from chatapp_cli.connectors.email.charset import decode
from chatapp_cli.connectors.email.headers import Parsed, ids, words
from chatapp_cli.connectors.email.tree import RETURNED, walk
from chatapp_cli.kit.understanding import readable

_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_WRITTEN = frozenset({"text/plain", "text/html"})
_LONGEST = 262_144
"""The most bytes of a part that are read: a returned mail's header and a server's words are at its beginning."""
_MOST_PARTS = _MOST_GROUPS = 200
_MOST_LINES = 400
_LONGEST_LINE = 1000
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_TOLD_ID = re.compile(
    r"^[ \t>|*]{0,20}(?:x-)?(?:original-)?message-id:[ \t]*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE
)
_COPY = re.compile(
    r"-{2,}\s*(?:below this line|this is a copy|the body of|included is|исходное сообщение|original message)"
    r"|original message headers"
    r"|(?:return-path|received|message-id|dkim-signature|mime-version):\s",
    re.IGNORECASE,
)
"""How the copy of the returned mail begins."""
_CODE, _STATUS_CODE = r"(?<![\d.])(?:4[2357]\d|5[0-57]\d)", r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)"
_REPLIES = (
    re.compile(rf"({_CODE}[ -]#?{_STATUS_CODE})"),
    re.compile(rf"(?:^|said:|error:|smtp;|[\"'(:])\s{{0,20}}({_CODE}[ -])"),
    re.compile(rf"^()(?=.{{0,{_LONGEST_LINE}}}?{_STATUS_CODE})"),
)
"""Where a server's answer begins in a line, the surest form first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What a server says about one recipient (RFC 3464 §2.3)."""

    recipient: str
    action: str
    """``failed``, ``delayed``, ``delivered``, ``relayed`` or ``expanded``."""
    status: str
    diagnosis: str


def _own(message: Message, kinds: Container[str]) -> list[Message]:
    """The parts of these types that a server wrote or returned: not those within the returned mail."""
    return [part for part in islice(walk(message), _MOST_PARTS) if part.get_content_type() in kinds]


def groups(message: Message) -> Sequence[Group]:
    """The groups of the recipients, however the part is encoded; of hundreds the first; empty without such a part."""
    found, _ = readable(_own(message, _STATUS), lambda part: list(_groups(part)))
    return [group for some in found for group in some][:_MOST_GROUPS]


def _groups(part: Message) -> Iterator[Group]:
    for block in islice(_BLANK_LINE.split(_body(part)), _MOST_GROUPS):
        fields = message_from_bytes(block.strip() + b"\r\n\r\n", Parsed)
        action, status = words(fields, "Action").lower(), words(fields, "Status")
        if action or status:
            yield Group(
                recipient=_address(words(fields, "Original-Recipient") or words(fields, "Final-Recipient")),
                action=action.split("(")[0].strip() or _by_class(status),
                status=status,
                diagnosis=words(fields, "Diagnostic-Code"),
            )


def _by_class(status: str) -> str:
    return {"2": "delivered", "4": "delayed", "5": "failed"}.get(status[:1], "")


def _address(typed: str) -> str:
    """The address of ``rfc822; anna@example.org``."""
    return typed.partition(";")[2].strip(" <>") or typed


def returned_ids(message: Message) -> Sequence[str]:
    """The Message-IDs of returned mails, whole or header, however they are encoded."""
    found, _ = readable(_own(message, RETURNED), _returned)
    return [one for some in found for one in some]


def _returned(part: Message) -> Sequence[str]:
    head = _BLANK_LINE.split(_body(part).lstrip(), maxsplit=1)[0]
    return ids(message_from_bytes(head + b"\r\n\r\n", Parsed), "Message-ID")


def told_ids(text: str) -> Sequence[str]:
    """The Message-IDs in a text, as in a copy of the header of the returned mail."""
    return [found[1] for found in _TOLD_ID.finditer(text)]


def text_of(message: Message) -> str:
    """All that is written for people, HTML as text."""
    found, _ = readable(_own(message, _WRITTEN), _text)
    return "\n\n".join(found)


def _text(part: Message) -> str:
    data = _body(part)
    charset = part.get_param("charset")
    text = decode(data, charset if isinstance(charset, str) else None)
    return html.to_text(text) if part.get_content_subtype() == "html" else text


def before_copy(text: str) -> str:
    """What a server wrote itself, before the copy of the returned mail."""
    lines = (line[:_LONGEST_LINE] for line in islice(text.splitlines(), _MOST_LINES))
    return "\n".join(takewhile(lambda line: not _COPY.match(line.strip()), lines))


def answer(said: str) -> str:
    """The answer of the refusing server within that, with the lines that belong to it; empty if none."""
    lines = said.splitlines()
    for pattern in _REPLIES:
        for number, line in enumerate(lines):
            if found := pattern.search(line):
                return " ".join([line[found.start(1) :].strip(), *_rest(lines[number + 1 :])])
    return ""


def _rest(lines: Sequence[str]) -> Iterator[str]:
    """The lines up to the next empty one."""
    for line in lines:
        if not line.strip():
            return
        yield line.strip()


def _body(part: Message) -> bytes:
    """The decoded beginning of a part. The standard library decodes no ``message`` part, but some servers encode it."""
    if not part.is_multipart():
        payload = part.get_payload(decode=True)
        return payload[:_LONGEST] if isinstance(payload, bytes) else b""
    blocks = (one.as_bytes().strip() for one in part.get_payload() if isinstance(one, Message))
    inner = b"\n\n".join(islice(blocks, _MOST_GROUPS))[:_LONGEST]
    encoding = words(part, "Content-Transfer-Encoding").lower()
    if encoding == "base64":
        return _from_base64(inner)
    return binascii.a2b_qp(inner) if encoding == "quoted-printable" else inner


def _from_base64(data: bytes) -> bytes:
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    return binascii.a2b_base64(letters[: len(letters) // 4 * 4])

"""The text of one part of a mail, plain or HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.message import Message
from email.utils import collapse_rfc2231_value

from chatapp_cli.connectors.email import html
from chatapp_cli.connectors.email.armor import without_armor
from chatapp_cli.connectors.email.charset import decode
from chatapp_cli.connectors.email.flowed import unwrapped
from chatapp_cli.connectors.email.headers import Parsed, words
from chatapp_cli.kit.understanding import readable

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w.-]+)", re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_LINES_LOOKED_AT = 2000
_SHORTEST_LINE = 20
"""The fewest letters of a first line of base64 with other text below: a word may be of the same letters."""
_HTML = re.compile(r"\s*<(?:!doctype html|html|head|body|table|div|p)\b[^<>]*>", re.IGNORECASE)


def source(part: Message) -> str:
    """The decoded source of a part of HTML."""
    data = _data(part)
    return decode(data, _parameters(part).get("charset") or _meta_charset(data))


def text(part: Message) -> str:
    """The text of a part."""
    if part.get_content_subtype() == "html":
        return html.to_text(source(part))
    said = _parameters(part)
    found = decode(_data(part), said.get("charset")).replace("\r\n", "\n").replace("\x00", "")
    if _HTML.match(found) and "</" in found:
        return html.to_text(found) or found.strip()
    if said.get("format", "").lower() == "flowed":
        found = unwrapped(found, delsp=said.get("delsp", "").lower() == "yes")
    return (without_armor(found) if "-----BEGIN PGP" in found else found).strip()


def _data(part: Message) -> bytes:
    """The decoded bytes of a text; as they are, if they are labelled base64 and are not."""
    if words(part, "Content-Transfer-Encoding").lower() == "base64":
        written, _ = readable((part,), _written)
        if written and not _is_base64(written[0]):
            return written[0]
    return payload(part)


def _written(part: Message) -> bytes:
    """The bytes of a part as they were sent; the standard library hands over those alone that are ASCII."""
    said = part.get_payload()
    return said.encode() if isinstance(said, str) and said.isascii() else part.as_bytes().partition(b"\n\n")[2]


def _is_base64(written: bytes) -> bool:
    """Whether a text begins with base64, damaged or not; what a mailing list put below it does not count."""
    first, *others = [line.strip() for line in written.splitlines() if line.strip()][:_LINES_LOOKED_AT] or [b""]
    if not _BASE64.fullmatch(first):
        return written.isascii() and not any(len(line.split()) > 1 for line in (first, *others))
    alone = all(map(_BASE64.fullmatch, others))
    return len(first) % 4 != 1 if alone else len(first) % 4 == 0 and len(first) >= _SHORTEST_LINE


def payload(part: Message) -> bytes:
    """The decoded bytes of a part."""
    if isinstance(part, Parsed):
        return part.decoded
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _parameters(part: Message) -> Mapping[str, str]:
    """The parameters of the content type; none if they are unreadable."""
    found, _ = readable((part,), lambda one: one.get_params([]))
    pairs, _ = readable(
        (pair for pairs in found for pair in pairs), lambda pair: (pair[0].lower(), collapse_rfc2231_value(pair[1]))
    )
    return dict(reversed(pairs))


def _meta_charset(data: bytes) -> str | None:
    found = _META_CHARSET.search(data[:4096])
    return found[1].decode("ascii") if found else None

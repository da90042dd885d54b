"""The parts of a mail: its text and its files (RFC 2045, RFC 2183)."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value
from functools import partial

from chatapp_cli.connectors.email import html
from chatapp_cli.connectors.email.charset import decode
from chatapp_cli.connectors.email.headers import decode_words
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import FileKind, IncomingFile
from chatapp_cli.kit.understanding import readable

_KINDS: dict[str, FileKind] = {"image": "photo", "video": "video", "audio": "audio"}
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w.-]+)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u202a-\u202e\u2066-\u2069]+')
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Content:
    """The text shown to a person, and the files."""

    text: str
    files: Sequence[IncomingFile]


def content(message: Message, *, quotes: bool) -> Content:
    """Read a mail's parts; without ``quotes``, quotations are cut from HTML unless nothing would be left."""
    bodies: list[Message] = []
    files: list[Message] = []
    for part in _leaves(message):
        (bodies if _is_body(part) else files).append(part)
    text = _join(bodies, quotes=quotes) or _join(bodies, quotes=True)
    found, unread = readable(files, _file)
    return Content("\n\n".join(filter(None, (text, *(unread * ("[attachment]",))))), found)


def _leaves(message: Message) -> Iterator[Message]:
    """The leaf parts; of alternatives, the most readable one."""
    if not message.is_multipart() or message.get_content_maintype() == "message":
        yield message
        return
    children = [part for part in message.get_payload() if isinstance(part, Message)]
    chosen = _best(children) if message.get_content_subtype() == "alternative" else None
    for child in children:
        yield from (leaf for leaf in _leaves(child) if chosen in {None, child} or not _is_body(leaf))


def _best(alternatives: list[Message]) -> Message | None:
    """Non-empty plain text, otherwise the richest alternative, which comes last (RFC 2046 §5.1.4)."""
    plain = (part for part in alternatives if part.get_content_type() == "text/plain" and _bytes(part).strip())
    readable = (part for part in reversed(alternatives) if any(_is_body(leaf) for leaf in _leaves(part)))
    return next(plain, None) or next(readable, None)


def _is_body(part: Message) -> bool:
    """Whether it is body text; a multipart without parts is the rest of a damaged mail."""
    kind = part.get_content_type()
    return (
        (kind in {"text/plain", "text/html"} or kind.startswith("multipart/"))
        and part.get_content_disposition() != "attachment"
        and not _raw_name(part)
    )


def _join(bodies: Sequence[Message], *, quotes: bool) -> str:
    texts, unread = readable(bodies, partial(_text, quotes=quotes))
    return "\n\n".join(filter(None, (*texts, *(unread * ("[text]",)))))


def _text(part: Message, *, quotes: bool) -> str:
    data = _bytes(part)
    if part.get_content_subtype() == "html":
        return html.to_text(decode(data, _charset(part) or _meta_charset(data)), quotes=quotes)
    return decode(data, _charset(part)).replace("\r\n", "\n").replace("\x00", "").strip()


def _charset(part: Message) -> str | None:
    found, _ = readable((part,), lambda one: one.get_param("charset"))
    values, _ = readable(found, lambda value: None if value is None else collapse_rfc2231_value(value))
    return next(iter(values), None)


def _meta_charset(data: bytes) -> str | None:
    found = _META_CHARSET.search(data[:4096])
    return found[1].decode("ascii") if found else None


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _file(part: Message) -> IncomingFile:
    if part.get_content_maintype() == "message" and part.is_multipart():
        data = b"".join(inner.as_bytes() for inner in part.get_payload() if isinstance(inner, Message))
    else:
        data = _bytes(part)
    return IncomingFile(
        kind=_KINDS.get(part.get_content_maintype(), "document"),
        name=border.file_name(_name(part)),
        mime=border.name(part.get_content_type()),
        size=border.count(len(data)),
        content=data,
    )


def _name(part: Message) -> str:
    name = clean_name(decode_words(_raw_name(part)))
    if name:
        return name
    if part.get_content_type() == "message/rfc822":
        return "message.eml"
    return part.get_content_maintype() + (mimetypes.guess_extension(part.get_content_type()) or ".bin")


def _raw_name(part: Message) -> str:
    """The name as sent, with raw 8-bit characters as surrogates; empty if unreadable."""
    found, _ = readable((part,), lambda one: one.get_filename(""))
    name = "".join(found)
    return decode(name.encode("utf-8", "surrogateescape")) if name else ""


def clean_name(name: str) -> str:
    """A safe file name: no folders, no control or bidirectional characters, not too long."""
    name = _FORBIDDEN.sub("_", re.split(r"[/\\]", name)[-1]).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if len(name) <= _LONGEST_NAME or not dot:
        return name[:_LONGEST_NAME]
    return f"{stem[: _LONGEST_NAME - 1 - len(extension[:20])]}.{extension[:20]}"

"""Header fields of received mails, however they are written (RFC 5322, RFC 2047, and neither)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message
from email.utils import getaddresses

from chatapp_cli.connectors.email.charset import decode
from chatapp_cli.domain.event import Person

_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]]+@[^\s<>,;:\"'()\[\]]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_LONGEST_ID = 900
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def raw(message: Message, name: str) -> str:
    """A field as it was sent, its raw 8-bit letters decoded, its encoded words not yet."""
    value: str | Header = message.get(name, "")
    if isinstance(value, Header):
        value = decode(b"".join(_as_bytes(chunk) for chunk, _ in decode_header(value)))
    return str(value)


def words(message: Message, name: str) -> str:
    """A field as a person reads it, in one line."""
    return decode_words(raw(message, name))


def decode_words(value: str) -> str:
    """Decode RFC 2047 encoded words, also such as were split in the middle of a letter."""
    text = _decoded(value) if "=?" in value else value
    return " ".join(_CONTROL.sub(" ", text or value).split())


def _decoded(value: str) -> str:
    try:
        chunks = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return "".join(chunk if isinstance(chunk, str) else decode(chunk, charset) for chunk, charset in chunks)


def _as_bytes(chunk: bytes | str) -> bytes:
    return chunk if isinstance(chunk, bytes) else chunk.encode("utf-8", "surrogateescape")


def people(message: Message, name: str) -> Sequence[Person]:
    """Names and lower-case addresses of a field."""
    value = " ".join(raw(message, name).split())
    if not value:
        return ()
    found = [_person(shown, address) for shown, address in getaddresses([value]) if _ADDRESS.fullmatch(address)]
    return found or [_person("", address) for address in _ADDRESS.findall(decode_words(value))]


def _person(shown: str, address: str) -> Person:
    address = address.lower()
    name = decode_words(shown).strip("'\" ")
    return Person(id=address, email=address, name="" if name.lower() == address else name)


def ids(message: Message, *names: str) -> Sequence[str]:
    """The Message-IDs in these fields, each once, in order."""
    found = (one for name in names for one in _MESSAGE_ID.findall(raw(message, name)))
    return tuple(dict.fromkeys(one for one in found if len(one) <= _LONGEST_ID))

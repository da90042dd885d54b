"""Header fields of received mails, valid or not (RFC 5322, RFC 2047)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message
from typing import Any

from chatapp_cli.connectors.email.addresses import Mailbox, mailboxes
from chatapp_cli.connectors.email.charset import decode
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Profile

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_LONGEST_ID = 900
_LONGEST_SHOWN = 10_000
"""The most characters of a field that are decoded: the standard library needs quadratic time."""
_MOST_PARTS = 100
"""The most parameters of a field that are read, enough for a long file name in pieces: this is quadratic too."""
_FOLD = re.compile(r"[ \t]*\r?\n[ \t]+|[ \t]+")
_ENCODED = re.compile(r"(?:=\?[^?\s]+\?[BbQq]\?[^?]*\?= ?)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class Parsed(Message):
    """A mail or a part of one; of the fields about its content only a plausible length is parsed."""

    def get(self, name: str, failobj: Any = None) -> Any:
        """The first field of this name; the standard library reads content parameters through this method."""
        value = super().get(name, failobj)
        if not isinstance(value, str) or not name.lower().startswith("content-"):
            return value
        return ";".join(value[:_LONGEST_SHOWN].split(";", _MOST_PARTS)[:_MOST_PARTS])


def raw(message: Message, name: str) -> str:
    """A field as sent: raw 8-bit characters are decoded, encoded words are not."""
    return next(iter(raws(message, name)), "")


def raws(message: Message, name: str) -> Sequence[str]:
    """The same for every field of this name: there should be one, but others may have been added."""
    values: Sequence[str | Header] = message.get_all(name, ())
    return [_plain(value) for value in values]


def _plain(value: str | Header) -> str:
    if isinstance(value, Header):
        return decode(b"".join(_as_bytes(chunk) for chunk, _ in decode_header(value)))
    return str(value)


def words(message: Message, name: str) -> str:
    """A field as readable text, in one line."""
    return decode_words(raw(message, name))


def decode_words(value: str) -> str:
    """Decode RFC 2047 encoded words, including those split in the middle of a character."""
    value = value[:_LONGEST_SHOWN]
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


def people(message: Message, name: str) -> Sequence[Profile]:
    """Names and lower-case addresses of all fields of this name, in order."""
    return [_person(one) for value in raws(message, name) for one in _mailboxes(value)]


def _mailboxes(value: str) -> Sequence[Mailbox]:
    """All addresses in a field. Encoded ones count only if the whole field is encoded: a name could look like one."""
    line = _FOLD.sub(" ", value).strip(" ")
    found = mailboxes(line)
    if found or len(line) > _LONGEST_SHOWN or not _ENCODED.fullmatch(line):
        return found
    return mailboxes(_decoded(line))


def _person(mailbox: Mailbox) -> Profile:
    address = mailbox.address.lower()
    name = _without_quotes(decode_words(mailbox.name))
    return Profile(
        id=border.external_id(address),
        email=border.address(address),
        name=border.name("" if name.lower() == address else name),
    )


def _without_quotes(name: str) -> str:
    """A name without surrounding quotes or a stray one; quotes inside it stay."""
    for quote in "\"'":
        if name.count(quote) == 1 or (len(name) > 1 and name[0] == name[-1] == quote):
            name = name.strip(quote).strip()
    return name


def ids(message: Message, *names: str) -> Sequence[str]:
    """The Message-IDs in these fields, each once, in order."""
    found = (one for name in names for one in _MESSAGE_ID.findall(raw(message, name)))
    return tuple(dict.fromkeys(one for one in found if len(one) <= _LONGEST_ID))

"""Header fields of received mails, valid or not (RFC 5322, RFC 2047)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message
from functools import cached_property
from itertools import islice
from typing import Any

from chatapp_cli.connectors.email.addresses import LONGEST_FIELD, Mailbox, mailboxes
from chatapp_cli.connectors.email.charset import decode
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Profile

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_LONGEST_ID = 900
_LONGEST_SHOWN = 10_000
"""The most characters of a field that are decoded: the standard library needs quadratic time."""
_MOST_FIELDS = 2000
_MOST_OF_A_NAME = 20
"""The most fields of one name that are read: most names have one, and those that servers add one for each server."""
_MOST_PEOPLE = 1000
"""The most addresses of fields of one name that are read."""
_MOST_PARTS = 100
"""The most parameters of a field that are read, enough for a long file name in pieces: this is quadratic too."""
_DEEPEST = 100
"""The most parts that lie in each other; a mail that was passed on as a file ten times has some twenty."""
_FOLD = re.compile(r"[ \t]*\r?\n[ \t]+|[ \t]+")
_ENCODED = re.compile(r"(?:=\?[^?\s]+\?[BbQq]\?[^?]*\?= ?)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_VALID_LINES = re.compile(rb"(?:(?:From |[!-9;-~]*:|[ \t])[^\n]*+\n)*+")
"""The lines of a head that the standard library takes: it reads the first other one as the beginning of the text."""
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_HEAD = 256 * 1024
_SPACE_BEFORE_COLON = re.compile(rb"^([!-9;-~]++)[ \t]++:", re.MULTILINE)
_FIELD_LINES = re.compile(rb"^[!-9;-~]++:[^\n]*+\n?(?:[ \t][^\n]*+\n?)*+", re.MULTILINE)
_USUAL_FIELD = re.compile(
    rb"^(?:from|to|cc|date|subject|message-id|reply-to|in-reply-to|references|received|return-path|sender"
    rb"|mime-version|(?:content|x|list|dkim|arc)-[\w-]++)[ \t]*+:",
    re.IGNORECASE | re.MULTILINE,
)


class Parsed(Message):
    """A mail or a part of one, not to be changed; of the fields about its content only a plausible length is parsed."""

    depth = 0
    """How many parts it lies in."""

    def get_content_type(self) -> str:
        """The kind of the content, such as ``text/plain``; parsed once, because everybody asks for it."""
        return self._kind

    @cached_property
    def _kind(self) -> str:
        return super().get_content_type()

    def attach(self, payload: Any) -> None:
        """Add a part. Raises RecursionError far down: the parser compares each line with every boundary above it."""
        super().attach(payload)
        payload.depth = self.depth + 1
        if payload.depth > _DEEPEST:
            raise RecursionError(f"parts within parts, more than {_DEEPEST} deep")

    def __contains__(self, name: object) -> bool:
        return str(name).lower() in self._fields

    def get_all(self, name: str, failobj: Any = None) -> Any:
        """All fields of this name; the head is gone through once, because some thirty names are asked for."""
        return self._fields.get(name.lower(), failobj)

    @cached_property
    def _fields(self) -> Mapping[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for name, value in self.items():
            found.setdefault(name.lower(), []).append(value)
        return found

    @cached_property
    def people(self) -> dict[str, Sequence[Profile]]:
        """Whom its fields name, as far as somebody asked."""
        return {}

    @cached_property
    def decoded(self) -> bytes:
        """The bytes of the content, its transfer encoding undone; none of a part with parts."""
        found = self.get_payload(decode=True)
        return found if isinstance(found, bytes) else b""

    def get(self, name: str, failobj: Any = None) -> Any:
        """The first field of this name; the standard library reads content parameters through this method."""
        value = self.get_all(name, (failobj,))[0]
        if not isinstance(value, str | Header) or not name.lower().startswith("content-"):
            return value
        said = _plain(value)[:_LONGEST_SHOWN]
        return said if said.count(";") < _MOST_PARTS else ";".join(said.split(";", _MOST_PARTS)[:_MOST_PARTS])


def parsed(mail: bytes) -> Parsed:
    """Parse a mail, also one with a line in its head that is no field: the fields below it count.

    A byte order mark before the first field is no part of its name.
    """
    mail = mail.removeprefix(codecs.BOM_UTF8)
    end = found.end() if (found := _VALID_LINES.match(mail)) else 0
    if mail.startswith((b"\r\n", b"\n"), end) or end == len(mail):
        return message_from_bytes(mail, Parsed)
    blank = _HEAD_END.search(mail, end, end + _LONGEST_HEAD)
    rest = mail[end : blank.start() if blank else end + _LONGEST_HEAD]
    if not blank or not _USUAL_FIELD.search(rest):
        return message_from_bytes(mail, Parsed)
    fields = _FIELD_LINES.findall(_SPACE_BEFORE_COLON.sub(rb"\1:", rest))
    return message_from_bytes(mail[:end] + b"".join(fields) + mail[blank.start() :], Parsed)


def head(mail: bytes) -> bytes:
    """The fields alone, which can be read however the rest is nested."""
    return mail[:_LONGEST_HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n"


def raw(message: Message, name: str) -> str:
    """A field as sent: raw 8-bit characters are decoded, encoded words are not."""
    return next(iter(raws(message, name)), "")


def raws(message: Message, name: str) -> Sequence[str]:
    """The same for the fields of this name: there should be one, but others may have been added; of many the first."""
    values: Sequence[str | Header] = message.get_all(name, ())
    return [_plain(value) for value in values[:_MOST_OF_A_NAME]]


def _plain(value: str | Header) -> str:
    if isinstance(value, Header):
        return decode(b"".join(_as_bytes(chunk) for chunk, _ in decode_header(value)))
    return str(value)


def fields(message: Message) -> Sequence[tuple[str, str]]:
    """All fields in order, names and readable texts; of thousands the first."""
    return [(name, decode_words(_plain(value))) for name, value in message.items()[:_MOST_FIELDS]]


def words(message: Message, name: str) -> str:
    """A field as readable text, in one line."""
    return decode_words(raw(message, name))


def decode_words(value: str) -> str:
    """Decode RFC 2047 encoded words, including those split in the middle of a character."""
    if not value:
        return ""
    value = value[:_LONGEST_SHOWN]
    text = _decoded(value) if "=?" in value else value
    return " ".join(_CONTROL.sub(" ", text or value).split())


def _decoded(value: str) -> str:
    """The text of a field with encoded words; unfolded first, for the standard library drops the space of a fold."""
    try:
        chunks = decode_header(_FOLD.sub(" ", value))
    except (HeaderParseError, ValueError):
        return value
    return "".join(chunk if isinstance(chunk, str) else decode(chunk, charset) for chunk, charset in chunks)


def _as_bytes(chunk: bytes | str) -> bytes:
    return chunk if isinstance(chunk, bytes) else chunk.encode("utf-8", "surrogateescape")


def people(message: Message, name: str) -> Sequence[Profile]:
    """Names and lower-case addresses of the fields of this name, in order; of thousands the first."""
    known = message.people if isinstance(message, Parsed) else {}
    if name not in known:
        known[name] = _people(message, name)
    return known[name]


def _people(message: Message, name: str) -> Sequence[Profile]:
    found = (one for value in raws(message, name) for one in _mailboxes(value))
    return [_person(one) for one in islice(found, _MOST_PEOPLE)]


def count_people(message: Message, name: str) -> int:
    """How many addresses the fields of this name have, also those beyond the first that ``people`` reads.

    Of a field that is too long to be read it is the number of @, which is about the same.
    """
    values = raws(message, name)
    return sum(one.count("@") if len(one) > LONGEST_FIELD else len(_mailboxes(one)) for one in values)


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

"""The text and the files of a winmail.dat, in which Outlook hides them ([MS-OXTNEF]).

No library reads it safely: the one for Python counts to four billion if a few bytes say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from struct import error, unpack_from

from chatapp_cli.connectors.email import html
from chatapp_cli.connectors.email.charset import decode
from chatapp_cli.connectors.email.rtf import to_text
from chatapp_cli.kit.understanding import readable

_SIGNATURE = 0x223E9F78
_BODY, _TITLE, _DATA, _NEW_FILE, _PROPERTIES, _FILE_PROPERTIES, _CODE_PAGE = (
    0x800C, 0x8010, 0x800F, 0x9002, 0x9003, 0x9005, 0x9007,
)  # fmt: skip
_SUBJECT, _TEXT, _RTF, _HTML, _HTML_CODE_PAGE = 0x0037, 0x1000, 0x1009, 0x1013, 0x3FDE
_OBJECT, _SHORT_NAME, _LONG_NAME = 0x3701, 0x3704, 0x3707
_SIZES = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
"""The bytes of values of a fixed size, padded to four."""
_ANSI, _UNICODE, _VARIABLE = 0x1E, 0x1F, frozenset({0x0D, 0x1E, 0x1F, 0x102})
_SEVERAL, _NAMED = 0x1000, 0x8000
_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
"""The mark of an object that is a mail."""
_DEEPEST = 4
_MOST_FILES = 500


@dataclass(slots=True)
class Hidden:
    """A file in a winmail.dat."""

    name: str = ""
    content: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Winmail:
    """What a winmail.dat contains."""

    subject: str = ""
    text: str = ""
    files: list[Hidden] = field(default_factory=list)


def read(data: bytes, *, depth: int = 0) -> Winmail:
    """Read a winmail.dat; a damaged one up to the damage. Raises ValueError for anything else."""
    if len(data) < len(_MESSAGE) or unpack_from("<I", data)[0] != _SIGNATURE:
        raise ValueError("no TNEF")
    found = Winmail()
    charset, plain, known = "", b"", False
    for name, value in _attributes(data):
        if name == _CODE_PAGE and len(value) >= _SIZES[3]:
            charset = _charset(value)
        elif name == _BODY:
            plain = value
        elif name == _PROPERTIES and not known:
            known = True
            _take_properties(found, dict(_properties(value, charset)))
        elif name == _NEW_FILE and len(found.files) < _MOST_FILES:
            found.files.append(Hidden())
        elif found.files:
            _take_file(found, name, value, charset, depth)
    found.text = found.text or decode(plain.rstrip(b"\0"), charset).replace("\r\n", "\n").strip()
    return found


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at, header, checksum = 6, 9, 2
    while at + header <= len(data):
        name, _type, size = unpack_from("<HHI", data, at + 1)
        yield name, data[at + header : at + header + size]
        at += header + size + checksum


def _properties(data: bytes, charset: str) -> Iterator[tuple[int, bytes | str]]:
    """The properties that have one value; of others only the place is calculated."""
    at = 4
    try:
        while at < len(data):
            kind, name = unpack_from("<HH", data, at)
            at = _behind_name(data, at + 4) if name >= _NAMED else at + 4
            if kind & ~_SEVERAL in _VARIABLE:
                values, at = _values(data, at)
                yield from ((name, _value(values[0], kind, charset)),) if len(values) == 1 else ()
            else:
                count, at = (unpack_from("<I", data, at)[0], at + 4) if kind & _SEVERAL else (1, at)
                yield name, data[at : at + 4]
                at += count * _SIZES[kind & ~_SEVERAL]
    except (error, KeyError):
        return


def _behind_name(data: bytes, at: int) -> int:
    guid = 16
    is_text, size = unpack_from("<II", data, at + guid)
    return at + guid + 8 + (_padded(size) if is_text else 0)


def _values(data: bytes, at: int) -> tuple[list[bytes], int]:
    count = unpack_from("<I", data, at)[0]
    at += 4
    found: list[bytes] = []
    while count and at < len(data):
        size = unpack_from("<I", data, at)[0]
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + _padded(size)
        count -= 1
    return found, at


def _padded(size: int) -> int:
    return size + -size % 4


def _value(value: bytes, kind: int, charset: str) -> bytes | str:
    if kind == _UNICODE:
        return value.decode("utf-16-le", "replace").rstrip("\0")
    return decode(value.rstrip(b"\0"), charset) if kind == _ANSI else value


def _charset(value: bytes) -> str:
    return f"cp{unpack_from('<I', value)[0]}"


def _take_properties(found: Winmail, said: Mapping[int, bytes | str]) -> None:
    page = said.get(_HTML_CODE_PAGE, b"")
    markup = said.get(_HTML, b"")
    if isinstance(markup, bytes):
        markup = decode(markup, _charset(page) if isinstance(page, bytes) and len(page) >= _SIZES[3] else None)
    rtf = said.get(_RTF, b"")
    found.subject = str(said.get(_SUBJECT, ""))
    found.text = str(said.get(_TEXT, "")).replace("\r\n", "\n").strip()
    found.text = found.text or html.to_text(markup)
    if not found.text and isinstance(rtf, bytes):
        found.text = "".join(readable((rtf,), to_text)[0])


def _take_file(found: Winmail, name: int, value: bytes, charset: str, depth: int) -> None:
    """Note what an attribute says of the latest file; the files of a mail in it stand beside it."""
    file = found.files[-1]
    if name == _TITLE:
        file.name = file.name or decode(value.rstrip(b"\0"), charset)
    elif name == _DATA:
        file.content = value
    elif name == _FILE_PROPERTIES:
        said = dict(_properties(value, charset))
        file.name = str(said.get(_LONG_NAME) or said.get(_SHORT_NAME) or file.name)
        inner = said.get(_OBJECT, b"")
        if isinstance(inner, bytes) and inner.startswith(_MESSAGE):
            _take_mail(found, inner[len(_MESSAGE) :], depth)
        elif isinstance(inner, bytes) and inner:
            file.content = file.content or inner


def _take_mail(found: Winmail, data: bytes, depth: int) -> None:
    file = found.files[-1]
    file.content = data
    inner, _ = readable((data,) if depth < _DEEPEST else (), lambda one: read(one, depth=depth + 1))
    for mail in inner:
        file.name = f"{mail.subject or file.name or 'message'}.txt"
        file.content = mail.text.encode()
        found.files.extend(mail.files[: _MOST_FILES - len(found.files)])

"""The border: what comes from outside becomes a checked value here, and nowhere else.

The types are plain strings and integers to Python, because database drivers are slower with subclasses; mypy keeps
them apart, so a connector that hands over a bare string does not type-check. What is already clean is returned as it
is, and every maker gives the same for its own result. There no type is called either: that costs as much as the check.
"""

from __future__ import annotations

import re
from typing import Final, NewType

from chatapp_cli.domain.ids import Millis

At = NewType("At", int)
"""A time at which a message can have been written, in milliseconds since 1970, UTC."""
Count = NewType("Count", int)
"""Bytes or seconds: not negative, and within the range of both databases."""
ExternalText = NewType("ExternalText", str)
"""Words to show: no characters that a database refuses or that control a terminal."""
ExternalId = NewType("ExternalId", str)
"""A provider's id, which a database can store and index."""
Address = NewType("Address", str)
"""Where a message can be sent: a ChatID, a phone, an e-mail address, a username."""
FileName = NewType("FileName", str)
"""A file's name without a path, which every file system takes."""

NO_TEXT: Final = ExternalText("")
NO_ID: Final = ExternalId("")
NO_ADDRESS: Final = Address("")
NOTHING: Final = Count(0)

EARLIEST: Final[Millis] = 631_152_000_000
"""1 January 1990: no channel of ours is older."""
AHEAD: Final[Millis] = 86_400_000
"""A day: clocks are wrong and time zones missing by that much, but not by a year."""
LONGEST_NAME: Final = 500
"""In characters."""
LONGEST_ID: Final = 2000
"""In bytes: PostgreSQL cannot index much more. It is also the longest address."""
LONGEST_FILE_NAME: Final = 255
"""In bytes: what file systems take."""
_SHORT: Final = LONGEST_ID // 4
"""So many characters never have more bytes."""
_LONGEST_ENDING: Final = 32
_LARGEST: Final = (1 << 63) - 1

_ODD: Final = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but for tab and line feed, overrides of the writing direction, and halves of letters.

The marks that Arabic, Hebrew and joined emoji are written with are not among them.
"""
_PAIRED: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_LINE_ENDS: Final = re.compile("\r\n?|[\v\f]")
_SPACES: Final = re.compile("[\t\n]+")
_SEPARATORS: Final = re.compile(r"[/\\]")
_LOST: Final = "\ufffd"


def at(said: float, now: Millis) -> At:
    """The given time if a message can have been written then, otherwise ``now``."""
    return int(said) if EARLIEST <= said <= now + AHEAD else now  # type: ignore[return-value]


def count(said: float) -> Count:
    """A number of bytes or seconds; 0 for a negative one."""
    return int(said) if 0 < said <= _LARGEST else 0  # type: ignore[return-value]


def clean(said: str) -> str:
    """Words of any length without what a database refuses or a terminal obeys; line ends become line feeds."""
    if said.isprintable() or _ODD.search(said) is None:
        return said
    return _ODD.sub(_left, _LINE_ENDS.sub("\n", _PAIRED.sub(_joined, said)))


def visible(said: str) -> str:
    """The same, with a mark in place of what was left out."""
    return said if said.isprintable() else _ODD.sub(_LOST, _LINE_ENDS.sub("\n", said))


def escaped(json: str) -> str:
    """A JSON document that a terminal can show, equal to the given one."""
    return json if json.isprintable() else _ODD.sub(lambda odd: f"\\u{ord(odd[0]):04x}", json)


def text(said: str) -> ExternalText:
    """The words of a message, of any length: a very long text is stored as a file too (``services/raw_bodies.py``)."""
    return said if said.isprintable() else clean(said)  # type: ignore[return-value]


def name(said: str) -> ExternalText:
    """The name of a person or a chat, a subject, a type, a code: words on one line."""
    if not said.isprintable():
        said = _SPACES.sub(" ", clean(said))
    return said if len(said) <= LONGEST_NAME else said[: LONGEST_NAME - 1] + "…"  # type: ignore[return-value]


def external_id(said: str | int) -> ExternalId:
    """An id as the provider gave it; an unstorable one keeps what can be stored, and a digest of the whole.

    So ids that differ stay different, and the same id gives the same again.
    """
    if isinstance(said, int):
        said = str(said)
    if len(said) <= _SHORT and said.isprintable():
        return said  # type: ignore[return-value]
    return ExternalId(said) if _is_fit(said) else _marked(said)


def _marked(said: str) -> ExternalId:
    from hashlib import sha256

    mark = "~" + sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return ExternalId(_head(_ODD.sub(_LOST, said), LONGEST_ID - len(mark)) + mark)


def address(said: str | int) -> Address:
    """An address as the provider gave it; an unusable one gets a mark in it, so that it is nobody else's."""
    if isinstance(said, int):
        said = str(said)
    if len(said) <= _SHORT and said.isprintable():
        return said  # type: ignore[return-value]
    if _is_fit(said):
        return Address(said)
    said = _ODD.sub(_LOST, said)
    return Address(said if _is_fit(said) else _head(said, LONGEST_ID - len(_LOST.encode())) + _LOST)


def file_name(said: str) -> FileName:
    """A file's name on one line, without separators of a path; a long one keeps its ending."""
    shown = said if said.isprintable() else _SPACES.sub(" ", clean(said))
    shown = _SEPARATORS.sub("_", shown)
    if len(shown.encode()) <= LONGEST_FILE_NAME:
        return FileName(shown)
    stem, dot, ending = shown.rpartition(".")
    size = len(f"{dot}{ending}".encode())
    if not stem or size > _LONGEST_ENDING:
        return FileName(_head(shown, LONGEST_FILE_NAME))
    return FileName(f"{_head(stem, LONGEST_FILE_NAME - size)}.{ending}")


def _is_fit(said: str) -> bool:
    """Whether it can be stored and indexed."""
    return _ODD.search(said) is None and len(said.encode()) <= LONGEST_ID


def _left(odd: re.Match[str]) -> str:
    """What stays in the place of an odd character: something was lost with half a letter, nothing with the others."""
    return _LOST if "\ud800" <= odd[0] <= "\udfff" else ""


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")


def _head(said: str, most: int) -> str:
    """As many first letters as fit into so many bytes."""
    return said.encode()[:most].decode(errors="ignore")

"""Validation of outside input: arguments, standard input, numbers.

Python decodes invalid UTF-8 to lone surrogates, which neither the store nor a provider accepts.
"""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chatapp_cli.domain import given_file
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text, is_whole

HIGHEST = 2**63 - 1
"""The highest number that a store can hold; the lowest is its negative."""
LONGEST = 366 * 86_400.0
"""The longest time that can be waited for, in seconds."""
LONGEST_KEY = 255
"""The longest idempotency key, in characters."""
_UNIT = re.compile(r"(?<=\d)\s*(?:min|m|мин|м)\.?\s*$")
"""The unit behind a number of minutes, which people may leave out."""
_MOST = 1_000_000_000
_SHOWN = 40
_LONGEST_LINE = 1_048_576
_CONVERT = T("Convert it first, such as by: iconv -f cp1251 -t utf-8; the name of a file by: convmv -f cp1251 -t utf-8")


def require_text(words: Sequence[str]) -> None:
    """Raise UsageError for arguments or CHATAPP_ variables that are not UTF-8."""
    ours = (value for name, value in os.environ.items() if name.startswith("CHATAPP_"))
    for word in (*words, *ours):
        if not is_whole(word):
            raise UsageError(T("This is not UTF-8 text: {said}", said=_shown(word)), _CONVERT)


def _shown(text: str) -> str:
    return text.encode(errors="replace").decode()[:_SHOWN]


def key(text: str) -> str:
    """A key of the caller's own. Raises UsageError for an empty one, which would be everybody's, and a long one."""
    if not text.strip():
        raise UsageError(
            T("{argument} is empty.", argument="--idempotency-key"),
            T("Write it out; in a script the variable may be empty."),
            field="key",
        )
    if len(text) > LONGEST_KEY:
        raise UsageError(T("A key has at most {n} characters.", n=LONGEST_KEY), field="key")
    return text


def standard_input() -> str:
    """All of standard input, with normalised line ends. Raises UsageError if it is not text or too long."""
    return decoded(standard_bytes(), T("Standard input"))


def standard_bytes() -> bytes:
    """All bytes of standard input. Raises UsageError if it is too long."""
    return given_file.at_most(_stream(), T("Standard input"))


def file(path: str, what: Text) -> str:
    """The text of a file. Raises OSError, and UsageError that names the file if it is not text or too long."""
    return decoded(given_file.words(Path(path)), what)


def line() -> str:
    """The next line of standard input with its line end; empty at the end. Raises UsageError if it is not text."""
    text = _stream().readline(_LONGEST_LINE + 1)
    if len(text) > _LONGEST_LINE:
        raise UsageError(T("A line of standard input is too long."))
    return decoded(text, T("Standard input"))


def _stream() -> BinaryIO:
    if sys.stdin is None:
        raise UsageError(T("There is no standard input."))
    return sys.stdin.buffer


def decoded(content: bytes, what: Text) -> str:
    """The decoded text. Raises UsageError that names the source."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(T("{what} is not UTF-8 text.", what=what), _CONVERT) from error
    if "\0" in text:
        raise UsageError(T("{what} is not text: it contains a NUL character.", what=what))
    return text.replace("\r\n", "\n").replace("\r", "\n")


@contextmanager
def hearing() -> Iterator[None]:
    """Around terminal input: report a terminal with another encoding."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise UsageError(T("{what} is not UTF-8 text.", what=T("Standard input")), _CONVERT) from error


def may_be_empty(text: str) -> str:
    """A word that means something when it is empty."""
    return text


def number(text: str) -> int:
    """Parse an integer. Raises UsageError."""
    try:
        found = int(text)
    except ValueError as error:
        raise UsageError(
            T("{said} is not a number.", said=_shown(text)), T("Lists show the numbers, such as: chatapp dialog list")
        ) from error
    if abs(found) > HIGHEST:
        raise UsageError(
            T("{said} is too high: there is no such number.", said=_shown(text)),
            T("Lists show the numbers, such as: chatapp dialog list"),
        )
    return found


def amount(text: str) -> int:
    """Parse how many of something are wanted, at least 1. Raises UsageError."""
    return _how_many(text, least=1)


def count(text: str) -> int:
    """Parse how many of something are wanted, perhaps none. Raises UsageError."""
    return _how_many(text, least=0)


def _how_many(text: str, *, least: int) -> int:
    found = _natural(text)
    if found is None or found < least:
        raise UsageError(
            T("{said} is not a whole number of at least {n}.", said=_shown(str(text)), n=least), T("Such as: {n}", n=20)
        )
    return found


def minutes(text: str) -> int:
    """Parse a number of minutes, such as 15 or 15m. Raises UsageError."""
    found = _natural(_UNIT.sub("", str(text)))
    if found is None:
        raise UsageError(
            T("{said} is no number of minutes.", said=_shown(text)), T("Minutes are a whole number, such as: 30")
        )
    return found


def days(text: str) -> int:
    """Parse a number of days. Raises UsageError."""
    found = _natural(text)
    if found is None:
        raise UsageError(
            T("{said} is no number of days.", said=_shown(text)), T("Days are a whole number, such as: 30")
        )
    return found


def _natural(text: str | int) -> int | None:
    """A whole number of 0 or more, ``_MOST`` if it is higher; ``None`` for anything else; a default is an int."""
    said = str(text)
    digits = said.lstrip("0") or said[:1]
    if not digits.isdecimal():
        return None
    return _MOST if len(digits) > len(str(_MOST)) else min(int(digits), _MOST)


def seconds(text: str) -> float:
    """Parse seconds. Raises UsageError."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not found <= LONGEST:
        raise UsageError(T("{said} is not a number of seconds.", said=_shown(text)), T("Such as: --wait 10"))
    return max(0.0, found)

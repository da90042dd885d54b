"""What comes in from outside is looked at here, once: words, standard input, numbers.

Python takes bytes that are no UTF-8 in as halves of characters, which neither the store nor a provider can take.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chatapp_cli.domain import given_file
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text, is_whole

HIGHEST = 2**63 - 1
"""The highest number that a store holds; the lowest is as far below 0."""
LONGEST = 366 * 86_400.0
"""Seconds that anybody waits at most."""
_MOST = 1_000_000_000
_SHOWN = 40
_LONGEST_LINE = 1_048_576
_CONVERT = T("Convert it first, such as by: iconv -f cp1251 -t utf-8; the name of a file by: convmv -f cp1251 -t utf-8")


def insist_on_text(words: Sequence[str]) -> None:
    """Raise UsageError for words, or settings of ours in the environment, that are not UTF-8."""
    ours = (value for name, value in os.environ.items() if name.startswith("CHATAPP_"))
    for said in (*words, *ours):
        if not is_whole(said):
            raise UsageError(T("This is not UTF-8 text: {said}", said=_shown(said)), _CONVERT)


def _shown(said: str) -> str:
    return said.encode(errors="replace").decode()[:_SHOWN]


def standard_input() -> str:
    """All of it, its lines ended alike. Raises UsageError for what is no text or too long."""
    return decoded(standard_bytes(), T("Standard input"))


def standard_bytes() -> bytes:
    """All of it as it comes. Raises UsageError for what is too long."""
    return given_file.at_most(_stream(), T("Standard input"))


def file(path: str, what: Text) -> str:
    """The text of a file. Raises OSError, and UsageError, which names what it was, for what is no text or too long."""
    return decoded(given_file.words(Path(path)), what)


def line() -> str:
    """The next line of it with its end; empty once there is none. Raises UsageError for what is no text."""
    said = _stream().readline(_LONGEST_LINE + 1)
    if len(said) > _LONGEST_LINE:
        raise UsageError(T("A line of standard input is too long."))
    return decoded(said, T("Standard input"))


def _stream() -> BinaryIO:
    if sys.stdin is None:
        raise UsageError(T("There is no standard input."))
    return sys.stdin.buffer


def decoded(content: bytes, what: Text) -> str:
    """The text of what was read. Raises UsageError that names what it was."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(T("{what} is not UTF-8 text.", what=what), _CONVERT) from error
    if "\0" in text:
        raise UsageError(T("{what} is no text: there is a NUL character in it.", what=what))
    return text.replace("\r\n", "\n").replace("\r", "\n")


@contextmanager
def hearing() -> Iterator[None]:
    """Around what a person types into a terminal: a terminal of another encoding is told so."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise UsageError(T("{what} is not UTF-8 text.", what=T("Standard input")), _CONVERT) from error


def may_be_empty(said: str) -> str:
    """A word that means something when it is empty."""
    return said


def number(said: str) -> int:
    """A whole number that a person typed. Raises UsageError."""
    try:
        found = int(said)
    except ValueError as error:
        raise UsageError(
            T("{said} is not a number.", said=_shown(said)), T("Lists show the numbers, such as: chatapp dialog list")
        ) from error
    if abs(found) > HIGHEST:
        raise UsageError(
            T("{said} is too high: there is no such number.", said=_shown(said)),
            T("Lists show the numbers, such as: chatapp dialog list"),
        )
    return found


def amount(said: str) -> int:
    """At most how many a person wants to see: never fewer than none. Raises UsageError."""
    return min(max(0, number(said)), _MOST)


def seconds(said: str) -> float:
    """Seconds that a person typed. Raises UsageError."""
    try:
        found = float(said)
    except ValueError:
        found = math.nan
    if not found <= LONGEST:
        raise UsageError(T("{said} is not a number of seconds.", said=_shown(said)), T("Such as: --wait 10"))
    return max(0.0, found)

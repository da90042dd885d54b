"""Splits texts and queries into words and phones for the search."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.phone import SIGNS, typed

PHONE = re.compile(rf"(?<![\d+])\+?\d[{SIGNS}]{{8,18}}\d(?!\d)")
"""Regular expression of a phone in a text."""
_TOKEN = re.compile(r"[^\W_]+")
_PHONE_END = 10
"""The last digits by which phones are compared, whatever the country prefix."""


class Token(NamedTuple):
    """A word and its position."""

    word: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """The folded words of a text."""
    return (Token(fold(found[0]), *found.span()) for found in _TOKEN.finditer(text))


def words(text: str) -> list[str]:
    """The folded words of a text, without their positions: several times as fast."""
    found: list[str] = _TOKEN.findall(text.lower().replace("ё", "е"))
    return found


def phones(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The last digits and the position of each phone."""
    for found in PHONE.finditer(text):
        number = typed(found[0])
        if len(number) >= _PHONE_END:
            yield number[-_PHONE_END:], found.span()


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: every part must occur, the words of a part next to each other; words are stemmed."""

    parts: Sequence[Sequence[str]] = ()
    without: Sequence[Sequence[str]] = ()
    begun: str = ""
    """The last word, which may be incomplete."""

    def __bool__(self) -> bool:
        """Whether the query has any part."""
        return bool(self.parts)

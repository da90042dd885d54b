"""Words and phones as the search compares them, and what a person looks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.phone import SIGNS, typed

PHONE = re.compile(rf"(?<![\d+])\+?\d[{SIGNS}]{{8,18}}\d(?!\d)")
"""What looks like one."""
_TOKEN = re.compile(r"[^\W_]+")
_PHONE_END = 10
"""Digits that tell a phone however its country is written."""


class Token(NamedTuple):
    """A word and where it stands."""

    word: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """The folded words of a text."""
    return (Token(fold(found[0]), *found.span()) for found in _TOKEN.finditer(text))


def phones(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The last digits of whatever looks like a phone, and where it stands."""
    for found in PHONE.finditer(text):
        number = typed(found[0])
        if len(number) >= _PHONE_END:
            yield number[-_PHONE_END:], found.span()


@dataclass(frozen=True, slots=True)
class Query:
    """What a person looks for: every part must occur, words of one part side by side; all without their endings."""

    parts: Sequence[Sequence[str]] = ()
    without: Sequence[Sequence[str]] = ()
    begun: str = ""
    """The last word as it is typed, while it may still go on."""

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.parts)

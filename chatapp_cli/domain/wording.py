"""Words as the search compares them: folded, without their Russian endings; and what a person asks for.

The rule for endings is a short one: it joins the forms of nouns, names and adjectives and the commonest of verbs,
and knows neither different roots (человек, люди) nor vowels that move elsewhere than before к and ц.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from chatapp_cli.domain.finding import digits, fold

_TOKEN = re.compile(r"[^\W_]+")
_RUSSIAN = re.compile(r"[а-я]+")
_PHONE = re.compile(r"(?<![\d+])\+?\d[\d\s()\-]{8,18}\d(?!\d)")
_PIECE = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
_QUOTES = str.maketrans("«»“”„", '"""""')
_PHONE_END = 10
"""Digits that tell a phone however its country is written."""

_REFLEXIVE = re.compile(r"(?<=...)(?:ся|(?<=л[аои])сь)$")
_ENDING = re.compile(
    r"(?:(?<=...)(?:иями|ьями|ями|ами|ией|иям|ием|иях|ьев|ьям|ьях|ьем|ьей|ого|его|ому|ему|ыми|ими"
    r"|ов|ев|ей|ой|ою|ею|ам|ям|ах|ях|ом|ем|ым|им|ых|их|ый|ий|ая|яя|ое|ее|ые|ие|ую|юю|ия|ии|ию|ью|ья|ье|ьи)"
    r"|(?<=..)[аяыиуюеоьй])$"
)
_SURNAME = re.compile(r"(?<=...)(?:ов|ев)$")
_VERB = re.compile(r"(?<=....)(?:[аяу]ет|[аяу]ют|[аия]т|[аия]л)$")
_FLEETING = re.compile(r"(?<=[а-я][бвгджзклмнпрстфхцчшщ])(?:[ое](?=к$)|е(?=ц$))")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """What the forms of a folded word have in common; a word that is not Russian stays as it is."""
    if not _RUSSIAN.fullmatch(word):
        return word
    for ending in (_REFLEXIVE, _ENDING, _SURNAME, _VERB, _FLEETING):
        word = ending.sub("", word, count=1)
    return word


class Token(NamedTuple):
    """A word and where it stands."""

    word: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """The folded words of a text."""
    return (Token(fold(found[0]), *found.span()) for found in _TOKEN.finditer(text))


def stems(text: str) -> str:
    """What a text is found by: its words without endings, and the phones in it however they are written."""
    return " ".join([*(stem(token.word) for token in tokens(text)), *(number for number, _span in phones(text))])


def phones(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The last digits of whatever looks like a phone, and where it stands."""
    for found in _PHONE.finditer(text):
        number = digits(found[0])
        if len(number) >= _PHONE_END:
            yield number[-_PHONE_END:], found.span()


@dataclass(frozen=True, slots=True)
class Query:
    """What a person looks for: every part must occur, words of one part side by side."""

    parts: Sequence[Sequence[str]] = ()
    without: Sequence[Sequence[str]] = ()
    begun: str = ""
    """The last word as it is typed, while it may still go on."""

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.parts)

    def meets(self, word: str) -> bool:
        """Whether a folded word is one of those looked for."""
        return any(stem(word) in part for part in self.parts) or bool(self.begun and word.startswith(self.begun))


def understood(said: str, *, typing: bool = False) -> Query:
    """Read a query: words, "a phrase", -without; while somebody is ``typing`` the last word may be a beginning."""
    if _PHONE.fullmatch(said.strip()) and (numbers := [number for number, _span in phones(said.strip())]):
        return Query(parts=[numbers])
    said = said.translate(_QUOTES)
    found: dict[bool, list[Sequence[str]]] = {True: [], False: []}
    for piece in _PIECE.finditer(said):
        words = [stem(token.word) for token in tokens(piece[2] or piece[3] or "")]
        if words:
            found[bool(piece[1])].append(words)
    *_all, last = ["", *(token.word for token in tokens(said))]
    open_ended = typing and said[-1:].isalnum() and not said.split()[-1].startswith("-")
    return Query(found[False], found[True], last if open_ended else "")

"""Search terms of messages and queries: words without endings, by Snowball's stemmers."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

from chatapp_cli.domain.wording import PHONE, Query, phones, tokens

_RUSSIAN = re.compile(r"[а-я]+")
_ENGLISH = re.compile(r"[a-z]+")
_PIECE = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
_QUOTES = str.maketrans("«»“”„", '"""""')
_ROOT = 3
"""The shortest stem, in letters."""
_NOUN = re.compile(r"(кроват|печат|памят)(?:ь|и|ью|ей|ям|ями|ях)")
"""Nouns that the stemmer takes for infinitives."""
_FLEETING = re.compile(r"(?<=[а-я][бвгджзклмнпрстфхцчшщ])(?:[ое](?=к$)|е(?=ц$))")
"""The fleeting vowel of «ёлок» and «кузнец», absent in «ёлка» and «кузнеца»."""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a folded word; a word neither Russian nor English is unchanged."""
    return bare_stem(word)


def bare_stem(word: str) -> str:
    """The same, of words that nobody asks for twice."""
    if _RUSSIAN.fullmatch(word):
        return _russian(word)
    return _stemmer("english")(word) if _ENGLISH.fullmatch(word) else word


def _russian(word: str) -> str:
    """Stem repeatedly until nothing changes: Snowball makes «диван» of «диванами», but «дива» of «диваны»."""
    if noun := _NOUN.fullmatch(word):
        return noun[1]
    bare = _stemmer("russian")
    before, found = word, bare(word)
    while found != before and len(found) > _ROOT:
        before, found = found, bare(found)
    return _FLEETING.sub("", found)


@cache
def _stemmer(language: str) -> Callable[[str], str]:
    from Stemmer import Stemmer  # type: ignore[import-not-found]  # compiled, without types

    found: Callable[[str], str] = Stemmer(language, 0).stemWord
    return found


def stems(text: str) -> str:
    """The search terms of a text: its stems, and the phones in it in any format."""
    return " ".join([*(stem(token.word) for token in tokens(text)), *(number for number, _span in phones(text))])


def marks(text: str, query: Query) -> list[tuple[int, int]]:
    """The positions of a query's words and phones in a text."""
    wanted = {word for part in query.parts for word in part}
    numbers = [span for number, span in phones(text) if number in wanted]
    words = [
        (token.start, token.end)
        for token in tokens(text)
        if stem(token.word) in wanted or (query.begun and token.word.startswith(query.begun))
    ]
    return sorted(words + numbers)


def understood(text: str, *, typing: bool = False) -> Query:
    """Parse a query: words, "a phrase", -without; with ``typing`` the last word may be a prefix."""
    if PHONE.fullmatch(text.strip()) and (numbers := [number for number, _span in phones(text.strip())]):
        return Query(parts=[numbers])
    text = text.translate(_QUOTES)
    found: dict[bool, list[list[str]]] = {True: [], False: []}
    for piece in _PIECE.finditer(text):
        words = [stem(token.word) for token in tokens(piece[2] or piece[3] or "")]
        if words:
            found[bool(piece[1])].append(words)
    *_all, last = ["", *(token.word for token in tokens(text))]
    open_ended = typing and text[-1:].isalnum() and not text.split()[-1].startswith("-")
    return Query(found[False], found[True], last if open_ended else "")

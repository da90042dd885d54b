"""Quick replies, and the search for one while an operator types (S-137 to S-140)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType
from typing import Generic, Protocol, TypeAlias, TypeVar

from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.text import T, Text

CATEGORIES: Mapping[str, Text] = MappingProxyType(
    {"sales": T("sales"), "support": T("support"), "information": T("information")}
)
"""The usual categories (S-140); any other word is one too."""
_ALIASES: Mapping[str, str] = MappingProxyType(
    {"продажи": "sales", "поддержка": "support", "информация": "information"}
)
_ALIKE = 0.75
"""Similarity from 0 to 1 from which two words count as a typo or another form of each other."""
_MOST_ALIKE = 8
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickReplyDraft:
    """The content of a quick reply."""

    title: str
    text: str
    keywords: str = ""
    """The questions that this reply answers."""
    category: str = ""
    files: Sequence[StagedFile] = ()
    buttons: Sequence[str] = ()
    """The texts of the buttons below it."""


def category(name: str) -> str:
    """The key to compare categories by: a usual one is the same in both languages."""
    return _ALIASES.get(fold(name), fold(name))


def category_name(kept: str) -> Text:
    """A category in the reader's language, if it is a usual one."""
    return CATEGORIES.get(category(kept), Text(kept))


def _category_words(kept: str) -> str:
    name = category(kept)
    return " ".join((name, *(alias for alias, usual in _ALIASES.items() if usual == name)))


class Findable(Protocol):
    """The fields of a quick reply that the search uses."""

    @property
    def title(self) -> str:
        """Its title."""
        ...

    @property
    def keywords(self) -> str:
        """The questions that it answers."""
        ...

    @property
    def category(self) -> str:
        """Its category."""
        ...

    @property
    def text(self) -> str:
        """Its text."""
        ...

    @property
    def used(self) -> int:
        """How often it was used."""
        ...


F = TypeVar("F", bound=Findable)
WordSet: TypeAlias = frozenset[str]
Fit: TypeAlias = Callable[[WordSet], bool]


@dataclass(frozen=True, slots=True)
class _Read(Generic[F]):
    """A reply with its words, folded once for all following keystrokes."""

    one: F
    title: str
    places: Sequence[WordSet]
    """Title, keywords with the category, text; earlier ones weigh more."""

    def weight(self, begin: str, fits: Sequence[Fit]) -> int | None:
        """The sum of the places where the words were found, lower is better; ``None`` if a word was not found."""
        if self.title.startswith(begin):
            return -1
        found = [next((n for n, words in enumerate(self.places) if fit(words)), None) for fit in fits]
        known = [n for n in found if n is not None]
        return sum(known) if len(known) == len(found) else None


class Finder(Generic[F]):
    """Searches replies while an operator types."""

    def __init__(self, found: Iterable[F]) -> None:
        self._read = [
            _Read(one, fold(one.title), tuple(map(_words, (one.title, _about(one), one.text)))) for one in found
        ]
        self._vocabulary = frozenset(word for read in self._read for words in read.places for word in words)

    def ranked(self, query: str) -> list[F]:
        """Replies with each word of the query as the beginning of a word; if there are none, those with similar words.

        Title weighs more than keywords, keywords more than text; among equals, replies used more often come first.
        """
        begin, wanted = fold(query), _WORD.findall(fold(query))
        return self._sorted(begin, [partial(_begins, word) for word in wanted]) or self._sorted(
            begin, [partial(_has_one_of, self._alike(word)) for word in wanted]
        )

    def _sorted(self, begin: str, fits: Sequence[Fit]) -> list[F]:
        weighed = [(weight, read) for read in self._read if (weight := read.weight(begin, fits)) is not None]
        weighed.sort(key=lambda pair: (pair[0], -pair[1].one.used, pair[1].title))
        return [read.one for _weight, read in weighed]

    def _alike(self, word: str) -> WordSet:
        return frozenset(get_close_matches(word, self._vocabulary, n=_MOST_ALIKE, cutoff=_ALIKE))


def ranked(found: Iterable[F], query: str) -> list[F]:
    """Search replies once."""
    return Finder(found).ranked(query)


def _about(one: Findable) -> str:
    return f"{one.keywords} {_category_words(one.category)}"


def _words(text: str) -> WordSet:
    return frozenset(_WORD.findall(fold(text)))


def _begins(wanted: str, words: WordSet) -> bool:
    return any(word.startswith(wanted) for word in words)


def _has_one_of(alike: WordSet, words: WordSet) -> bool:
    return not alike.isdisjoint(words)

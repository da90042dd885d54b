"""The forms of the words of conditions: a dictionary tells them when a condition is kept, and they are stored with it.

The dictionary takes thirty megabytes, so it is loaded where somebody writes a rule, and never in a daemon.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Final, Protocol

from chatapp_cli.domain.condition import Phrase
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.wording import words
from chatapp_cli.services.wording import bare_stem

_RUSSIAN: Final = re.compile(r"[а-я]+")
_ENGLISH: Final = re.compile(r"[a-z]+")
_GAP: Final = re.compile(r"…|\.\.\.")
LONGEST_GAP: Final = 5
"""Words that may stand in a gap of a phrase."""
_ENGLISH_ENDINGS: Final = ("", "s", "es", "ed", "d", "ing", "er", "ers", "'s")


class WordForms(Protocol):
    """Tells the forms of words."""

    def of(self, word: str) -> frozenset[str]:
        """All forms of a folded word, folded, itself included."""
        ...


class DictionaryForms:
    """The forms of a dictionary; of English words those with the same stem."""

    def of(self, word: str) -> frozenset[str]:
        """All forms of the word that is meant most likely."""
        if _RUSSIAN.fullmatch(word):
            return _russian(word)
        return _english(word) if _ENGLISH.fullmatch(word) else frozenset({word})


@dataclass(frozen=True, slots=True)
class StoredForms:
    """The forms that were stored; of another word, itself."""

    known: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def of(self, word: str) -> frozenset[str]:
        """Those that are stored."""
        return frozenset({word, *self.known.get(word, ())})


class CollectedForms:
    """Asks others, and collects what they say so that it can be stored."""

    def __init__(self, source: WordForms) -> None:
        self._source = source
        self.asked: dict[str, Sequence[str]] = {}

    def of(self, word: str) -> frozenset[str]:
        """Those of the source."""
        found = self._source.of(word)
        self.asked[word] = sorted(found)
        return found


@lru_cache(maxsize=10_000)
def _russian(word: str) -> frozenset[str]:
    parses = _dictionary().parse(word)
    meant = next((one.normal_form for one in parses if fold(one.normal_form) == word), parses[0].normal_form)
    same = (one for one in parses if one.normal_form == meant)
    return frozenset({word, *(fold(form.word) for one in same for form in one.lexeme)})


def is_russian(word: str) -> bool:
    """Whether a folded word is of Russian letters alone."""
    return _RUSSIAN.fullmatch(word) is not None


def meanings(word: str) -> Sequence[str]:
    """The words of which a Russian word may be a form, most likely first; several: it is ambiguous; none: unknown."""
    folded = fold(word)
    if not _RUSSIAN.fullmatch(folded) or not _dictionary().word_is_known(folded):
        return ()
    return list(dict.fromkeys(fold(one.normal_form) for one in _dictionary().parse(folded)))


def load() -> None:
    """Load the dictionary, which takes a tenth of a second: not while a transaction is open."""
    _dictionary()


@cache
def _dictionary() -> Any:
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer()


def _english(word: str) -> frozenset[str]:
    stem = bare_stem(word)
    base = stem if word.startswith(stem) else word
    candidates = (base + ending for ending in _ENGLISH_ENDINGS)
    return frozenset({word, *(one for one in candidates if bare_stem(one) == stem)})


def phrase(said: str, forms: WordForms, *, exact: bool = False) -> Phrase | None:
    """A word or phrase with the forms of each word; ``…`` in it stands for up to ``LONGEST_GAP`` other words.

    ``exact``: as it is said. ``None`` if there is no word in it.
    """
    parts = [part for part in map(words, _GAP.split(said)) if part]
    if not parts:
        return None
    made = tuple(frozenset({word}) if exact else forms.of(word) for part in parts for word in part)
    return Phrase(made, said.strip(), _gaps(parts) if len(parts) > 1 else ())


def _gaps(parts: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """How many words may stand before each word of these parts: a gap is before the first one of each but the first."""
    first, *others = parts
    return (*(0 for _ in first), *(LONGEST_GAP if not place else 0 for part in others for place in range(len(part))))

"""Ready answers of operators, and how the fitting one is found while somebody types (S-137 to S-140)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol, TypeVar

from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.finding import fold

_ALIKE = 0.75
"""How alike two words have to be, of 1, for one to be a slip or another form of the other."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an operator keeps for the next time."""

    title: str
    text: str
    keywords: str = ""
    """What clients ask when this is the answer."""
    category: str = ""
    files: Sequence[StagedFile] = ()


class Findable(Protocol):
    """As much of a kept answer as the search looks at."""

    @property
    def title(self) -> str:
        """What it is called."""
        ...

    @property
    def keywords(self) -> str:
        """What clients ask."""
        ...

    @property
    def text(self) -> str:
        """What is said."""
        ...

    @property
    def used(self) -> int:
        """How often it was."""
        ...


F = TypeVar("F", bound=Findable)


def ranked(found: Iterable[F], query: str) -> list[F]:
    """Those that have every word of the query, as the beginning of a word; without any, those with words much alike.

    The title weighs more than the keywords, they more than the text; then comes what is used more often.
    """
    every = list(found)
    wanted = _WORD.findall(fold(query))
    return _sorted(every, wanted, _begins) or _sorted(every, wanted, _resembles)


def _sorted(every: Sequence[F], wanted: Sequence[str], fits: _Fit) -> list[F]:
    weighed = [(weight, one) for one in every if (weight := _weight(one, wanted, fits)) is not None]
    return [one for _weight, one in sorted(weighed, key=lambda pair: (pair[0], -pair[1].used, fold(pair[1].title)))]


class _Fit(Protocol):
    def __call__(self, wanted: str, words: Sequence[str]) -> bool: ...


def _begins(wanted: str, words: Sequence[str]) -> bool:
    return any(word.startswith(wanted) for word in words)


def _resembles(wanted: str, words: Sequence[str]) -> bool:
    return bool(get_close_matches(wanted, words, n=1, cutoff=_ALIKE))


def _weight(one: Findable, wanted: Sequence[str], fits: _Fit) -> int | None:
    """The sum of where each word was found; less is better, ``None`` if one was found nowhere."""
    if fold(one.title).startswith(" ".join(wanted)):
        return -1
    places = [_WORD.findall(fold(words)) for words in (one.title, one.keywords, one.text)]
    found = [next((n for n, words in enumerate(places) if fits(word, words)), None) for word in wanted]
    return None if None in found else sum(n for n in found if n is not None)

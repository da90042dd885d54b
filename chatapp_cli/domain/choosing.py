"""Chooses the first of many ordered rules whose condition holds, without asking all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Generic, NamedTuple, TypeVar

from chatapp_cli.domain.condition import (
    AllOf,
    Always,
    AnyOf,
    Condition,
    FromSource,
    HasWords,
    Negated,
    Occasion,
    OnSource,
)

R = TypeVar("R")


class Ruled(NamedTuple, Generic[R]):
    """A condition, and what is so if it holds."""

    condition: Condition
    then: R


def first(rules: Iterable[Ruled[R]], occasion: Occasion) -> R | None:
    """The outcome of the first rule that holds; ``None`` if none does. What ``Chooser`` has to equal."""
    return next((rule.then for rule in rules if rule.condition.holds(occasion)), None)


class _Index(NamedTuple):
    """The rules that are possible for one source, by number."""

    unworded: Sequence[int]
    """Those that may hold whatever the words are."""
    by_word: Mapping[str, Sequence[int]]


class Chooser(Generic[R]):
    """Ordered rules, compiled: by source once for each, and by the words without which a rule cannot hold."""

    def __init__(self, rules: Sequence[Ruled[R]]) -> None:
        self.rules = rules
        self._needed = [needed(rule.condition) for rule in rules]
        self._indexes: dict[OnSource, _Index] = {}

    def choose(self, occasion: Occasion) -> R | None:
        """The outcome of the first rule that holds; ``None`` if none does."""
        index = self._indexes.get(occasion.source)
        if index is None:
            index = self._indexes[occasion.source] = self._indexed(occasion.source)
        possible = index.unworded
        if index.by_word and (found := [index.by_word[word] for word in occasion.vocabulary if word in index.by_word]):
            possible = sorted({*possible, *(number for numbers in found for number in numbers)})
        for number in possible:
            if self.rules[number].condition.holds(occasion):
                return self.rules[number].then
        return None

    def _indexed(self, source: OnSource) -> _Index:
        unworded: list[int] = []
        by_word: dict[str, list[int]] = {}
        for number, rule in enumerate(self.rules):
            settled = by_source(rule.condition, source)
            if settled is False:
                continue
            words = self._needed[number]
            if words is None:
                unworded.append(number)
            for word in words or ():
                by_word.setdefault(word, []).append(number)
            if settled:
                break
        return _Index(unworded, by_word)


def needed(condition: Condition) -> AbstractSet[str] | None:
    """Words of which at least one is in every message for which a condition holds; ``None`` if it may need none."""
    if isinstance(condition, HasWords):
        each = [min(phrase.forms, key=len) for phrase in condition.phrases]
        if condition.every and each:
            return min(each, key=len)
        return frozenset[str]().union(*each) if not condition.every else None
    if isinstance(condition, AllOf):
        some = [words for part in condition.parts if (words := needed(part)) is not None]
        return min(some, key=len, default=None)
    if isinstance(condition, AnyOf):
        every = [needed(part) for part in condition.parts]
        known = [words for words in every if words is not None]
        return frozenset[str]().union(*known) if len(known) == len(every) else None
    return None


def by_source(condition: Condition, source: OnSource) -> bool | None:
    """Whether a condition holds for all messages from a source, or for none; ``None`` if the source does not decide."""
    if isinstance(condition, Always):
        return True
    if isinstance(condition, FromSource):
        return condition.takes(source)
    if isinstance(condition, Negated):
        inner = by_source(condition.of, source)
        return None if inner is None else not inner
    if isinstance(condition, AllOf | AnyOf):
        decides = isinstance(condition, AnyOf)
        every = [by_source(part, source) for part in condition.parts]
        return decides if decides in every else None if None in every else not decides
    return None

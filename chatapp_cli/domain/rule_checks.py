"""Finds rules that can never be chosen: what their conditions exclude, and what an earlier rule always takes.

Careful on one side: what is found is certain, but not everything is found, since whole texts and calendars are not
gone through.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations
from typing import NamedTuple

from chatapp_cli.domain import rule_times
from chatapp_cli.domain.condition import (
    AllOf,
    Always,
    AnyOf,
    Condition,
    FromSource,
    HasWords,
    Negated,
    Phrase,
)


class Shadow(NamedTuple):
    """A rule that is never reached, and the earlier one that takes all its messages."""

    rule: int
    behind: int


def shadows(conditions: Sequence[Condition], moved: Sequence[int] | None = None) -> Sequence[Shadow]:
    """The rules that are never reached, by their places in the order.

    ``moved``: only those that are new at their places are compared, each with all others.
    """
    places = range(len(conditions))
    pairs = combinations(places, 2) if moved is None else ((one, other) for one in moved for other in places)
    found: dict[int, Shadow] = {}
    for one, other in pairs:
        behind, rule = min(one, other), max(one, other)
        if behind != rule and rule not in found and implies(conditions[rule], conditions[behind]):
            found[rule] = Shadow(rule, behind)
    return [found[rule] for rule in sorted(found)]


def longest_rise(numbers: Sequence[int]) -> AbstractSet[int]:
    """The most of these different numbers that stand in rising order."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        place = bisect_left(ends, number)
        before[number] = ends[place - 1] if place else None
        ends[place : place + 1] = [number]
    found = set()
    last = ends[-1] if ends else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found


def contradiction(condition: Condition) -> tuple[Condition, Condition] | None:
    """Two parts of a condition of which one excludes the other, so that it never holds; twice the same for one."""
    if isinstance(condition, AnyOf):
        each = [contradiction(part) for part in condition.parts]
        return each[0] if each and None not in each else None
    parts = conjuncts(condition)
    if len(parts) == 1 and parts[0] is condition:
        return _alone(condition)
    for part in parts:
        if (inner := contradiction(part)) is not None:
            return inner
    if (pair := next((pair for pair in combinations(parts, 2) if _exclude(*pair)), None)) is not None:
        return pair
    times = AllOf(tuple(rule_times.timed(parts)))
    return (times, times) if rule_times.never(times) else None


def _alone(condition: Condition) -> tuple[Condition, Condition] | None:
    if isinstance(condition, Negated) and isinstance(condition.of, Always):
        return condition, condition.of
    return (condition, condition) if rule_times.never(condition) else None


def conjuncts(condition: Condition) -> Sequence[Condition]:
    """The conditions that all have to hold: those of an ``AllOf`` in an ``AllOf`` too, and each word of several."""
    if isinstance(condition, AllOf):
        return [inner for part in condition.parts for inner in conjuncts(part)]
    if isinstance(condition, HasWords) and condition.every and len(condition.phrases) > 1:
        return [HasWords((phrase,)) for phrase in condition.phrases]
    if isinstance(condition, Negated) and isinstance(condition.of, AnyOf):
        return [Negated(part) for part in condition.of.parts]
    return [condition]


def _exclude(one: Condition, other: Condition) -> bool:
    if isinstance(other, Negated) and implies(one, other.of):
        return True
    if isinstance(one, Negated) and implies(other, one.of):
        return True
    if isinstance(one, FromSource) and isinstance(other, FromSource):
        return any(a and b and not a & b for a, b in zip(_asked(one), _asked(other), strict=True))
    return rule_times.never(AllOf((one, other)))


def implies(one: Condition, other: Condition) -> bool:
    """Whether the other certainly holds whenever the one does."""
    return rule_times.implied(one, other) or _implies_in_parts(one, other)


def _implies_in_parts(one: Condition, other: Condition) -> bool:
    if one == other or isinstance(other, Always):
        return True
    wanted = conjuncts(other)
    if len(wanted) > 1:
        return all(implies(one, part) for part in wanted)
    if isinstance(one, AnyOf) and one.parts:
        return all(implies(part, other) for part in one.parts)
    given = conjuncts(one)
    if len(given) > 1:  # no part has fewer times than all of them together, which were compared
        return any(_implies_in_parts(part, other) for part in given)
    if isinstance(other, AnyOf):
        return any(implies(one, part) for part in other.parts)
    return _implies_simply(one, other)


def _implies_simply(one: Condition, other: Condition) -> bool:
    if isinstance(one, Negated) and isinstance(other, Negated):
        return implies(other.of, one.of)
    if isinstance(one, FromSource) and isinstance(other, FromSource):
        return all(not b or (bool(a) and a <= b) for a, b in zip(_asked(one), _asked(other), strict=True))
    if isinstance(one, HasWords) and isinstance(other, HasWords):
        return bool(one.phrases) and all(any(_says(a, b) for b in other.phrases) for a in one.phrases)
    return isinstance(other, Negated) and _exclude(one, other.of)


def _asked(source: FromSource) -> tuple[frozenset[object], ...]:
    return frozenset(source.lines), frozenset(source.kinds), frozenset(source.channels)


def _says(one: Phrase, other: Phrase) -> bool:
    """Whether a text with the one phrase always has the other."""
    length = len(other.forms)
    return any(
        all(a <= b for a, b in zip(one.forms[start : start + length], other.forms, strict=True))
        for start in range(len(one.forms) - length + 1)
    )

"""Finds rules that several earlier ones take all messages of, though none of them does alone.

Only where that is cheap to decide: the earlier rules differ by where a message came from or by the time, and all else
that they ask for, the rule asks for too. So hours that fill the day are found, and the channels of a line one by one;
words are not gone through, nor channels that a rule does not name, since there may be more of them tomorrow. A rule
for everything else may stand last: it does no harm, and takes what a rule leaves that is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import permutations, product
from typing import Final, NamedTuple

from chatapp_cli.domain import rule_times
from chatapp_cli.domain.condition import AllOf, Always, AnyOf, Condition, FromSource, Negated
from chatapp_cli.domain.rule_checks import conjuncts, implies

_MOST_RULES: Final = 16
"""How many earlier rules are looked at together."""
_MOST_SOURCES: Final = 64
"""Of how many sources a rule is looked at one by one."""


class Cover(NamedTuple):
    """A rule that is never reached, and the earlier ones that together take all its messages."""

    rule: int
    behind: Sequence[int]


class _Asked(NamedTuple):
    """What a rule asks for: times and sources, and all else."""

    place: int
    simple: Sequence[Condition]
    others: Sequence[Condition]


def covered(conditions: Sequence[Condition], moved: Sequence[int] | None = None) -> Sequence[Cover]:
    """The rules that are never reached because of several others, by their places in the order.

    ``moved``: only what one of those has a part in that are new at their places.
    """
    new = set(range(len(conditions)) if moved is None else moved)
    asked = [_asked(place, condition) for place, condition in enumerate(conditions)]
    found = (_cover(conditions, asked, rule, new) for rule in range(len(conditions)))
    return [cover for cover in found if cover is not None]


def _asked(place: int, condition: Condition) -> _Asked:
    parts = conjuncts(condition)
    simple = [part for part in parts if _is_source(part) or rule_times.timed([part])]
    return _Asked(place, simple, [part for part in parts if part not in simple])


def _cover(conditions: Sequence[Condition], asked: Sequence[_Asked], rule: int, new: AbstractSet[int]) -> Cover | None:
    wanted = conditions[rule]
    if isinstance(wanted, Always):
        return None
    before = asked[:rule] if rule in new else [one for one in asked[:rule] if one.place in new]
    if not any(_differs_simply(wanted, one) for one in before):
        return None
    left = [one for one in asked[:rule] if _differs_simply(wanted, one)][:_MOST_RULES]
    behind: set[int] = set()
    for case in _cases(wanted, asked[rule].simple):
        taking = _taking(case, left)
        if not taking:
            return None
        behind |= taking
    return Cover(rule, sorted(behind)) if len(behind) > 1 and not new.isdisjoint({rule, *behind}) else None


def _differs_simply(wanted: Condition, earlier: _Asked) -> bool:
    """Whether an earlier rule asks for times and sources, and for nothing else that the later one does not."""
    return bool(earlier.simple) and all(implies(wanted, part) for part in earlier.others)


def _is_source(part: Condition) -> bool:
    return isinstance(part.of if isinstance(part, Negated) else part, FromSource)


def _cases(wanted: Condition, parts: Sequence[Condition]) -> Iterable[Condition]:
    """The rule for each of the sources that it names; the rule itself if it names none, or too many."""
    source = next((part for part in parts if isinstance(part, FromSource)), None)
    if source is None:
        return [wanted]
    named: list[Sequence[object]] = [[*some] or [None] for some in (source.lines, source.kinds, source.channels)]
    if len(named[0]) * len(named[1]) * len(named[2]) > _MOST_SOURCES:
        return [wanted]
    return [AllOf((wanted, _only(*one))) for one in product(*named)]


def _only(*one: object) -> FromSource:
    line, kind, channel = (frozenset() if value is None else frozenset({value}) for value in one)
    return FromSource(lines=line, kinds=kind, channels=channel)  # type: ignore[arg-type]


def _taking(case: Condition, left: Sequence[_Asked]) -> AbstractSet[int]:
    """The earlier rules that together take all of a case; empty if that is not certain."""
    beyond = {one.place: [part for part in one.simple if not implies(case, part)] for one in left}
    if alone := next(({place} for place, parts in beyond.items() if not parts), None):
        return alone
    times = {place: AllOf(tuple(parts)) for place, parts in beyond.items() if not any(map(_is_source, parts))}
    if times and rule_times.implied(case, AnyOf(tuple(times.values()))):
        return set(times)
    single = [(place, parts[0]) for place, parts in beyond.items() if len(parts) == 1]
    pairs = permutations(single, 2)
    return next(({a, b} for (a, one), (b, other) in pairs if implies(Negated(one), other)), set())

"""Rules that start each other in a circle: conditions may end it, otherwise the desk stops them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chatapp_cli.domain.automation import RuleEvent, RuleWanted
from chatapp_cli.services import auto_kinds


def circle(rules: Sequence[RuleWanted], name: str) -> Sequence[str]:
    """The names of rules of which each starts the next, and the last the first, which is named; empty if none do."""
    known = {one.name: one for one in rules if one.enabled}
    starts = {one: [name for name in known if _starts(known[one], known[name])] for one in known}
    return _back_to(starts, name, {name}, [name]) if name in known else ()


def _back_to(starts: Mapping[str, Sequence[str]], name: str, met: set[str], path: list[str]) -> Sequence[str]:
    """The way from the last rule of a path back to the first; what was ``met`` on another one does not lead there."""
    for following in starts[path[-1]]:
        if following == name:
            return path
        if following not in met:
            met.add(following)
            if found := _back_to(starts, name, met, [*path, following]):
                return found
    return ()


def _starts(one: RuleWanted, other: RuleWanted) -> bool:
    """Whether an act of a rule is an event for another one; no rule sees what it did itself."""
    if one.name == other.name or (one.line is not None and other.line not in {None, one.line}):
        return False
    return any(event is other.event and other.about in {"", about} for event, about in _events(one))


def _events(rule: RuleWanted) -> Iterator[tuple[RuleEvent, str]]:
    for act in rule.every:
        if auto_kinds.KINDS[act.do].sends:
            yield from ((RuleEvent.SENT, ""), (RuleEvent.FAILED, ""))
        elif act.do == auto_kinds.ASSIGN:
            yield RuleEvent.ASSIGNED, act.value
        elif act.do in {auto_kinds.TAG, auto_kinds.UNTAG}:
            event = RuleEvent.TAG_ADDED if act.do == auto_kinds.TAG else RuleEvent.TAG_REMOVED
            yield from ((event, tag) for tag in act.value)

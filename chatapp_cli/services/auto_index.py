"""The rules that work, compiled once, and which of them may hold for what happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.choosing import PossibleRules, hours_of
from chatapp_cli.domain.condition import AllOf, Condition, FromSource, WithinHours
from chatapp_cli.domain.dialog_condition import waiting
from chatapp_cli.services import auto_rules, calendars
from chatapp_cli.services.business_hours import HoursOfLines
from chatapp_cli.store.rows.automation import AutoRuleRow

if TYPE_CHECKING:
    from chatapp_cli.domain.automation import RuleEvent
    from chatapp_cli.domain.condition import Occasion
    from chatapp_cli.domain.dialog_condition import HoursOf
    from chatapp_cli.domain.ids import AutoRuleId, LineId, Millis
    from chatapp_cli.domain.opening_hours import OpeningHours
    from chatapp_cli.services.auto_rules import AutoRule
    from chatapp_cli.services.conditions import SourceNames
    from chatapp_cli.store.tx import Tx


class _RulesOfEvent(NamedTuple):
    rules: Sequence[AutoRule]
    possible: PossibleRules


class RuleIndex:
    """Rules by what they wait for; those of a line, of a source, of words and of hours are asked only there and then.

    Hours do not count for a rule that time alone can fulfil: it may hold later.
    """

    def __init__(self, rules: Sequence[AutoRule], hours: HoursOf) -> None:
        """``rules``: in their order; ``hours``: of lines, as the rules know them."""
        self.hours = hours
        self.by_id: Mapping[AutoRuleId, AutoRule] = {rule.id: rule for rule in rules}
        self.waits = {rule.id: found for rule in rules if (found := list(waiting(rule.condition)))}
        """By rule, the parts of its condition that time alone can fulfil; without the rules that have none."""
        self._events: dict[RuleEvent, _RulesOfEvent] = {}
        by_event: dict[RuleEvent, list[AutoRule]] = defaultdict(list)
        for rule in rules:
            by_event[rule.wanted.event].append(rule)
        for event, some in by_event.items():
            self._events[event] = _RulesOfEvent(some, PossibleRules([*map(_bounds, some)], hours=_hours))

    @property
    def events(self) -> AbstractSet[RuleEvent]:
        """Those for which rules wait."""
        return self._events.keys()

    def possible(self, event: RuleEvent, occasion: Occasion) -> Sequence[AutoRule]:
        """The rules that may hold, now or later, in their order."""
        found = self._events.get(event)
        return () if found is None else [found.rules[number] for number in found.possible.numbers(occasion)]


def _bounds(rule: AutoRule) -> Condition:
    """A rule's condition and its line."""
    line = rule.wanted.line
    return rule.condition if line is None else AllOf((FromSource(lines=frozenset({line})), rule.condition))


def _hours(condition: Condition) -> WithinHours | None:
    return None if any(waiting(condition)) else hours_of(condition)


def _always(line: LineId) -> None:
    del line


@dataclass(slots=True)
class HoursNow:
    """The hours of lines as they are in the transaction at hand. Both raise what is raised there."""

    of: HoursOf = field(default_factory=lambda: HoursOfLines(_always))

    def __call__(self, line: LineId) -> OpeningHours | None:
        """The hours of a line; ``None``: always open."""
        return self.of(line)

    def is_open(self, line: LineId, at: Millis) -> bool:
        """Whether a line is open at a time."""
        return self.of.is_open(line, at)


@dataclass(slots=True)
class KnownRules:
    """The rules that work, compiled again whenever they, or what they are made of, are changed. Of one thread."""

    _made_of: object = None
    _index: RuleIndex = field(default_factory=lambda: RuleIndex((), HoursNow()))
    _hours: HoursNow = field(default_factory=HoursNow)

    def now(self, tx: Tx, names: SourceNames) -> RuleIndex:
        """Those of now."""
        self._hours.of = names.hours or HoursOfLines(_always)
        rows = tx.all(AutoRuleRow, "autorules.working")
        made_of = rows, names.lines, names.channels, names.sources, names.stages, calendars.stamp(names.folder)
        if made_of != self._made_of:
            lasting = replace(names, hours=self._hours)
            self._index = RuleIndex(
                [one for row in rows if (one := auto_rules.restore(row, lasting)).works], self._hours
            )
            self._made_of = made_of
        return self._index

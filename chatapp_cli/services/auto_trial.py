"""Tries rules on a message that a person thinks of; nothing is done."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.automation import RuleEvent
from chatapp_cli.domain.condition import Occasion, OnSource, judge
from chatapp_cli.domain.dialog_condition import FirstOf, waiting
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.message_facts import BareFacts
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import auto_plan
from chatapp_cli.services.auto_rules import AutoRule

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class PretendedFacts(BareFacts):
    """A client's message in a private chat of which a person says what is so; they wait since they wrote."""

    at: Millis
    wrote_before: bool = False
    """Whether the client wrote on an earlier day."""
    tagged: AbstractSet[str] = frozenset()
    """The tags of the dialog."""

    def tags(self) -> AbstractSet[str]:
        """Those that were said."""
        return self.tagged

    def is_first(self, of: str) -> bool:
        """As was said; who wrote before may write the first message of the day."""
        return not self.wrote_before or of == FirstOf.DAY

    def waits_since(self) -> Millis | None:
        """Since they wrote."""
        return self.at


class TriedRule(NamedTuple):
    """What a rule says of a message."""

    rule: AutoRule
    holds: bool
    why: Text
    due: Millis | None = None
    """When it would be asked again, as the client has waited then; ``None``: it would not."""


def tried(rules: Sequence[AutoRule], source: OnSource, text: str, facts: PretendedFacts) -> list[TriedRule]:
    """What each rule says of a client's message, in order, up to one that stops."""
    occasion = Occasion.of(source, text, facts.at, facts)
    found: list[TriedRule] = []
    for one in rules:
        if one.wanted.event is RuleEvent.ARRIVED and one.wanted.line in {None, source.line}:
            found.append(_asked(one, occasion))
            if found[-1].holds and one.wanted.stop:
                break
    return found


def _asked(rule: AutoRule, occasion: Occasion) -> TriedRule:
    if rule.problem is not None:
        return TriedRule(rule, holds=False, why=rule.problem.what)
    try:
        holds, why = judge(rule.condition, occasion)
    except TimeoutError:
        return TriedRule(rule, holds=False, why=T("its regular expression takes too long"))
    except UsageError as error:
        return TriedRule(rule, holds=False, why=error.what)
    since = occasion.facts.waits_since()
    if holds or since is None:
        return TriedRule(rule, holds, why)
    due = auto_plan.next_due(list(waiting(rule.condition)), occasion.source.line, since, occasion.at)
    return TriedRule(rule, holds, why, due)

"""What a person should know of a rule that was kept: words that may be meant otherwise, and rules in a circle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import auto_gone, auto_loops, auto_rules, word_doubts

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import AutoRuleId
    from chatapp_cli.services.auto_desk import AutoDesk
    from chatapp_cli.store.tx import Tx


class RuleDoubt(NamedTuple):
    """A doubt, and what can be done about it."""

    what: Text
    next_step: Text | None = None


def of_rule(tx: Tx, desk: AutoDesk, rule: AutoRuleId) -> list[RuleDoubt]:
    """The doubts about a rule; needs the dictionary, see ``word_forms.load``."""
    rules = auto_rules.everything(tx, desk.names(tx))
    kept = next(one for one in rules if one.id == rule)
    made = kept.wanted
    doubts = [RuleDoubt(what) for what in auto_gone.lacking(tx, rule=kept, others=rules)]
    doubts += [RuleDoubt(doubt) for doubt in word_doubts.of_condition(made.asked)]
    doubts += _order(auto_gone.answering_first(kept, rules), rule)
    return [*doubts, *_circle(auto_loops.circle([one.wanted for one in rules], made.name))]


def _order(before: str, rule: AutoRuleId) -> Iterator[RuleDoubt]:
    if before:
        yield RuleDoubt(
            T("Where the rule {name} fits as well, only that one answers, because it stands before.", name=before),
            T("Put this one first: {how}", how=to_do(Next.RULE_FIRST, n=rule)),
        )


def _circle(names: Sequence[str]) -> Iterator[RuleDoubt]:
    if names:
        yield RuleDoubt(
            T("Rules start each other in a circle: {names}.", names=" → ".join([*names, names[0]])),
            T("Unless a condition ends it, they are stopped after fifty acts: change one of them."),
        )

"""Everything that is wrong with the answers of a rule's form: services name the first fault of what they are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.outcome import CrmPipeline
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.text import Text
from chatapp_cli.i18n import show
from chatapp_cli.services import conditions, rule_answers, rule_outcomes
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.rule_outcomes import RuleOutcome

_APART: Final[Sequence[Sequence[str]]] = (
    ("kinds",),
    ("lines",),
    ("channels",),
    ("hours", "days", "zone", "calendar", "outside"),
)
"""Parts of a condition, each of which is right or wrong whatever the others are."""
_OF_CARD: Final[Sequence[Sequence[str]]] = (
    ("pipeline", "stage"),
    ("pipeline", "field"),
    ("pipeline", "tag"),
    ("responsible",),
    ("window",),
)


class RuleFaults:
    """Faults by the fields that are to blame; one of no field is under an empty name."""

    def __init__(self) -> None:
        self.found: dict[str, Text] = {}

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Record what is wrong or not there, unless its field is blamed already."""
        try:
            yield
        except (UsageError, NotFound) as error:
            step = error.next_step
            said = error.what if step is None else Text("{what} {step}", {"what": error.what, "step": step})
            self.found.setdefault((isinstance(error, UsageError) and error.field) or "", said)


def faults(
    answers: Mapping[str, str], names: SourceNames, there: Sequence[CrmPipeline], employees: Sequence[Employee]
) -> Mapping[str, Text]:
    """What is wrong with each part of the answers, as far as the parts can be judged one by one."""
    known = RuleFaults()
    for part in _APART:
        with known.caught():
            conditions.compiled(_condition(answers, part, names), replace(names, strict=True))
    for part in _OF_CARD:
        with known.caught():
            said = rule_answers.card_of({name: answers.get(name, "") for name in part}).over(RuleOutcome())
            rule_outcomes.settled(said, there, employees)
    return known.found


def _condition(answers: Mapping[str, str], part: Sequence[str], names: SourceNames) -> Mapping[str, Any]:
    only = {name: answers[name] for name in part if name in answers}
    asked = rule_answers.conditions_of(only, {}, names, show)
    return {name: value for name, value in asked.items() if value}

"""What a person says of a card by words, at a shell or in a form, and how a rule is offered to them for a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import conditions
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.crm_rules import PipelineRule
from chatapp_cli.services.rule_outcomes import ResponsibleWay, RuleOutcome

_WAYS: Final = {"": ResponsibleWay.NOBODY, "contact": ResponsibleWay.CONTACT, "operator": ResponsibleWay.ASSIGNEE}
_LISTS: Final = ("kinds", "words", "without", "hours", "days")
_FLAGS: Final = ("every", "exact", "outside")
_TEXTS: Final = ("zone", "calendar")


def split(value: str) -> Sequence[str]:
    """The parts of a list with commas."""
    return [part.strip() for part in value.split(",") if part.strip()]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidOfCard:
    """What was said of the card; ``None``: nothing."""

    pipeline: str | None = None
    stage: str | None = None
    fields: Sequence[str] | None = None
    tags: Sequence[str] | None = None
    responsible: str | None = None
    window: int | None = None

    def over(self, before: RuleOutcome) -> RuleOutcome:
        """The outcome before with what was said."""
        moved = self.pipeline is not None and self.pipeline != before.pipeline
        way, employees = before.way, before.employees
        if self.responsible is not None:
            way, employees = _who(self.responsible)
        return RuleOutcome(
            pipeline=before.pipeline if self.pipeline is None else self.pipeline,
            stage=self.stage if self.stage is not None else "" if moved else before.stage,
            fields=before.fields if self.fields is None else _pairs(self.fields),
            tags=before.tags if self.tags is None else [one for one in self.tags if one],
            way=way,
            employees=employees,
            window=before.window if self.window is None else self.window,
        )


def _who(said: str) -> tuple[ResponsibleWay, Sequence[str]]:
    if said in _WAYS:
        return _WAYS[said], ()
    named = split(said)
    return (ResponsibleWay.TURNS if len(named) > 1 else ResponsibleWay.FIXED), named


def _pairs(said: Sequence[str]) -> Mapping[str, str]:
    pairs = {}
    for one in filter(None, said):
        name, sign, value = one.partition("=")
        if not sign:
            raise UsageError(
                T("{said} is no field with a value.", said=one), T("Write it so: field=value"), field="field"
            )
        pairs[name.strip()] = value
    return pairs


def conditions_of(
    answers: Mapping[str, str], before: Mapping[str, Any], names: SourceNames, show: Callable[[Text], str]
) -> Mapping[str, Any]:
    """The conditions of a form's answers; nested ones, which a form does not show, stay as they were.

    Raises UsageError for a line or channel that there is not.
    """
    said: dict[str, Any] = {name: split(answers.get(name, "")) for name in _LISTS}
    said["days"] = [conditions.named_days(one, show) for one in said["days"]]
    said |= {name: answers.get(name) == "on" for name in _FLAGS} | {name: answers.get(name, "") for name in _TEXTS}
    said["lines"] = _numbers("lines", answers.get("lines", ""), names.lines)
    said["channels"] = _numbers("channels", answers.get("channels", ""), names.channels)
    return {**before, **said}


def _numbers(field: str, said: str, known: Mapping[int, str]) -> Sequence[int]:
    found = []
    for one in split(said):
        fitting = [number for number, name in known.items() if one in {name, str(number)}]
        if len(fitting) != 1:
            shown = T("Known: {known}", known=", ".join(f"{name} ({number})" for number, name in known.items()) or "–")
            raise UsageError(T("{said} is none, or several.", said=one), shown, field=field)
        found += fitting
    return found


def card_of(answers: Mapping[str, str]) -> SaidOfCard:
    """What a form's answers say of the card. Raises UsageError for a window that is no number."""
    window = answers.get("window", "").strip() or "0"
    if not window.isdecimal():
        raise UsageError(T("{said} is no number of minutes.", said=window), field="window")
    return SaidOfCard(
        pipeline=answers.get("pipeline", ""),
        stage=answers.get("stage", ""),
        fields=split(answers.get("field", "")),
        tags=split(answers.get("tag", "")),
        responsible=answers.get("responsible", "").strip(),
        window=int(window),
    )


def answers_of(rule: PipelineRule, names: SourceNames) -> Mapping[str, str]:
    """What a form would have been answered to get a rule."""
    said = rule.outcome
    ways = {way: word for word, way in _WAYS.items()}
    return {
        "name": rule.name,
        **conditions_asked(rule.asked, names),
        "pipeline": said.pipeline,
        "stage": said.stage,
        "field": ", ".join(f"{name}={value}" for name, value in said.fields.items()),
        "tag": ", ".join(said.tags),
        "responsible": ways[said.way] if said.way in ways else ", ".join(said.employees),
        "window": str(said.window or ""),
    }


def conditions_asked(asked: Mapping[str, Any], names: SourceNames) -> Mapping[str, str]:
    """What a form would have been answered to get conditions of one level."""
    return {
        **{name: ", ".join(asked.get(name, ())) for name in _LISTS},
        **{name: "on" if asked.get(name) else "off" for name in _FLAGS},
        **{name: asked.get(name) or "" for name in _TEXTS},
        "lines": ", ".join(names.lines.get(one, str(one)) for one in asked.get("lines", ())),
        "channels": ", ".join(str(one) for one in asked.get("channels", ())),
    }

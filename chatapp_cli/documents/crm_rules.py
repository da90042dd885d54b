"""Rules that choose pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chatapp_cli.i18n import show

if TYPE_CHECKING:
    from chatapp_cli.services.crm_fields import CardDraft, FilledField
    from chatapp_cli.services.crm_maps import MappedOption, MappedValue
    from chatapp_cli.services.crm_rules import PipelineRule, RuleAnswer


def rule(one: PipelineRule, place: int) -> Mapping[str, Any]:
    """A rule; the CRM's things by its ids."""
    said = one.outcome
    return {
        "id": one.id,
        "place": place,
        "name": one.name,
        "if": dict(one.asked),
        "pipeline": said.pipeline or None,
        "stage": said.stage or None,
        "fields": dict(said.fields),
        "tags": list(said.tags),
        "responsible": said.way.value or None,
        "employees": list(said.employees),
        "window": said.window,
        "problem": None if one.problem is None else show(one.problem.what),
        "trouble": None if one.trouble is None else show(one.trouble),
    }


def trial(answers: Sequence[RuleAnswer], at: str) -> Mapping[str, Any]:
    """Which rule a message takes, and what each rule before it says."""
    chosen = answers[-1].rule if answers and answers[-1].holds else None
    return {
        "at": at,
        "rule": None if chosen is None else rule(chosen, len(answers)),
        "why": show(answers[-1].why) if chosen is not None else None,
        "asked": [
            {"id": one.rule.id, "name": one.rule.name, "holds": one.holds, "why": show(one.why)} for one in answers
        ],
    }


def field(one: FilledField) -> Mapping[str, Any]:
    """A field of cards, and the values that rules give it by their names."""
    return {"id": one.id, "name": one.name, "pipelines": list(one.places), "filled_by": dict(one.by)}


def option(one: MappedOption) -> Mapping[str, Any]:
    """An option of a pairing that fills something in the CRM, or here from there."""
    return {
        "channel": one.channel,
        "place": one.place,
        "option": one.field.name,
        "label": show(one.field.label),
        "value": one.value,
    }


def value(one: MappedValue) -> Mapping[str, Any]:
    """What an option would have written for a dialog."""
    return {
        "option": one.option,
        "way": one.way,
        "what": show(one.what),
        "value": show(one.value),
        "changes": one.changes,
    }


def draft(made: CardDraft) -> Mapping[str, Any]:
    """What would be written on a card for a dialog."""
    said = None if made.rule is None else made.rule.outcome
    return {
        "rule": None if made.rule is None else made.rule.name,
        "text": made.text,
        "pipeline": (said and said.pipeline) or None,
        "stage": (said and said.stage) or None,
        "fields": dict(made.fields),
        "tags": list(said.tags) if said else [],
        "responsible": show(made.responsible) if said else None,
    }

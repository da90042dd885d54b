"""What a rule says of a card, as it is stored, and as a CRM is told it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.condition import joined
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.link import Employee
    from chatapp_cli.domain.crm.outcome import CrmField, CrmPipeline, CrmStage

LONGEST_WINDOW: Final = 24 * 60
"""Minutes within which a later message may still move a card: a day."""


class ResponsibleWay(StrEnum):
    """How the employee is found who is responsible for a card."""

    NOBODY = ""
    """The CRM decides."""
    FIXED = "fixed"
    TURNS = "turns"
    """Each in turn of those who still work there."""
    CONTACT = "contact"
    """Whoever is responsible for the contact."""
    ASSIGNEE = "assignee"
    """The employee who the dialog's operator is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """What holds for the card if the rule is chosen, in the CRM's ids."""

    pipeline: str = ""
    stage: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    tags: Sequence[str] = ()
    way: ResponsibleWay = ResponsibleWay.NOBODY
    employees: Sequence[str] = ()
    called: Mapping[str, str] = field(default_factory=dict)
    """How the CRM called what is named when the rule was kept, by kind and id: ``pipeline deal-9``."""
    window: int = 0
    """Minutes within which a later message of the client may move the card by an earlier rule."""

    def stored(self) -> str:
        """As it is stored."""
        return json.dumps({name: value for name, value in asdict(self).items() if value}, ensure_ascii=False)


def restored(stored: str) -> RuleOutcome:
    """An outcome that was stored."""
    said = json.loads(stored)
    return RuleOutcome(**{**said, "way": ResponsibleWay(said.get("way", ""))})


def settled(said: RuleOutcome, pipelines: Sequence[CrmPipeline], employees: Sequence[Employee]) -> RuleOutcome:
    """The outcome with names replaced by the CRM's ids. Raises UsageError for what the CRM does not have."""
    pipeline = _pipeline(said.pipeline, pipelines)
    if pipeline is None and (said.stage or said.fields or said.tags):
        raise UsageError(
            T("A stage, fields and tags belong to a pipeline."), T("Say which pipeline."), field="pipeline"
        )
    if not 0 <= said.window <= LONGEST_WINDOW:
        raise UsageError(
            T("{n} minutes are no time within which a card can be moved.", n=said.window),
            T("At most {limit}.", limit=LONGEST_WINDOW),
            field="window",
        )
    return named(
        RuleOutcome(
            pipeline="" if pipeline is None else pipeline.id,
            stage="" if pipeline is None else _stage(said.stage, pipeline),
            fields={} if pipeline is None else _fields(said.fields, pipeline),
            tags=() if pipeline is None else _tags(said.tags, pipeline),
            way=said.way,
            employees=[_employee(one, employees) for one in said.employees],
            window=said.window,
        ),
        pipelines,
        employees,
    )


def named(said: RuleOutcome, pipelines: Sequence[CrmPipeline], employees: Sequence[Employee]) -> RuleOutcome:
    """The outcome with what the CRM calls the things that it names."""
    found = {f"employee {one.id}": one.name for one in employees if one.id in said.employees}
    for pipeline in pipelines:
        if pipeline.id == said.pipeline:
            found[f"pipeline {pipeline.id}"] = pipeline.name
            found |= {f"stage {one.id}": one.name for one in pipeline.stages if one.id == said.stage}
            found |= {f"field {one.id}": one.name for one in pipeline.fields if one.id in said.fields}
    return replace(said, called=found)


def lacking(said: RuleOutcome, pipelines: Sequence[CrmPipeline], employees: Sequence[Employee]) -> Text | None:
    """What of an outcome the CRM has no longer, so that cards are made without it; ``None``: all is there."""
    there = named(said, pipelines, employees).called
    wanted = [f"pipeline {said.pipeline}"] if said.pipeline else []
    if f"pipeline {said.pipeline}" in there:
        wanted += [f"stage {said.stage}"] if said.stage else []
        wanted += [f"field {one}" for one in said.fields]
    wanted += [f"employee {one}" for one in said.employees]
    gone = [joined([_KINDS[kind], Text("{value}", {"value": said.called.get(one, number)})], Text(" "))
            for one in wanted if one not in there for kind, _, number in (one.partition(" "),)]  # fmt: skip
    return T("Not in the CRM any more: {what}.", what=joined(gone, Text(", "))) if gone else None


_KINDS: Final = {"pipeline": T("pipeline"), "stage": T("stage"), "field": T("field"), "employee": T("employee")}


def _pipeline(said: str, known: Sequence[CrmPipeline]) -> CrmPipeline | None:
    if not said:
        return None
    fitting = [one for one in known if said in {one.id, one.name}]
    if len(fitting) != 1:
        shown = ", ".join(f"{one.name} ({one.id})" for one in known)
        what = T("There is no pipeline {name} in the CRM.", name=said)
        raise _unknown(what, T("Pipelines: {known}", known=shown), "pipeline")
    return fitting[0]


def _stage(said: str, pipeline: CrmPipeline) -> str:
    if not said:
        return ""
    what = T("There is no stage {name} in {pipeline}.", name=said, pipeline=pipeline.name)
    return _one_of(said, pipeline.stages, what, T("Stages: {known}", known=_shown(pipeline.stages)), "stage")


def _fields(said: Mapping[str, str], pipeline: CrmPipeline) -> Mapping[str, str]:
    found = {}
    for name, value in said.items():
        what = T("There is no field {name} in {pipeline} that can be filled.", name=name, pipeline=pipeline.name)
        known = T("Fields: {known}", known=_shown(pipeline.fields))
        found[_one_of(name, pipeline.fields, what, known, "field")] = value
    return found


def _shown(known: Sequence[CrmStage | CrmField]) -> str:
    return ", ".join(f"{one.name} ({one.id})" for one in known) or "–"


def _one_of(said: str, known: Sequence[CrmStage | CrmField], what: Text, next_step: Text, field: str) -> str:
    for fitting in ([one.id for one in known if one.id == said], [one.id for one in known if one.name == said]):
        if len(fitting) == 1:
            return fitting[0]
    raise _unknown(what, next_step, field)


def _tags(said: Sequence[str], pipeline: CrmPipeline) -> Sequence[str]:
    if said and not pipeline.has_tags:
        raise UsageError(
            T("Cards in {pipeline} have no tags.", pipeline=pipeline.name), T("Fill a field instead."), field="tag"
        )
    return said


def _employee(said: str, known: Sequence[Employee]) -> str:
    fitting = [one.id for one in known if said in {one.id, one.name}]
    if len(fitting) != 1:
        what = T("There is no employee {n} who works in the CRM.", n=said)
        shown = ", ".join(f"{one.name} ({one.id})" for one in known)
        raise _unknown(what, T("Employees: {known}", known=shown or "–"), "responsible")
    return fitting[0]


def _unknown(what: Text, next_step: Text, field: str) -> UsageError:
    return UsageError(what, next_step, field=field)

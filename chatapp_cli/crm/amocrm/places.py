"""The pipelines of an account: what channels are paired with. A source of ours leads new conversations into one.

Source: providers' sheet §4.5, §4.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.amocrm.lead_values import card_fields
from chatapp_cli.crm.amocrm.rest import AmoApi, embedded
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.crm.outcome import CrmPipeline, CrmStage
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.kit.pace import Urgency

PATH: Final = "/api/v4/leads/pipelines"
CLOSED: Final = frozenset({142, 143})
"""Won and lost, in every pipeline (providers' sheet §4.5)."""
_UNSORTED: Final = 1
"""The type of the stage in which leads wait that nobody has accepted."""


async def pipelines(api: AmoApi) -> Sequence[Mapping[str, Any]]:
    """The pipelines with their stages, the main one first."""
    answer = await api.get(PATH, urgency=Urgency.OPERATOR)
    found = [one for one in embedded(answer, "pipelines") if isinstance(one.get("id"), int)]
    return sorted(found, key=lambda one: (one.get("is_main") is not True, one.get("sort") or 0))


def _stages(pipeline: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The stages in which a lead of ours can begin, in their order."""
    found = [one for one in embedded(pipeline, "statuses") if isinstance(one.get("id"), int)]
    fitting = [one for one in found if one["id"] not in CLOSED and one.get("type") != _UNSORTED]
    return sorted(fitting, key=lambda one: one.get("sort") or 0)


async def unsorted_stages(api: AmoApi) -> frozenset[int]:
    """The stages in which leads wait that nobody has accepted, of all pipelines."""
    every = [stage for one in await pipelines(api) for stage in embedded(one, "statuses")]
    return frozenset(one["id"] for one in every if one.get("type") == _UNSORTED and isinstance(one.get("id"), int))


async def first_stage(api: AmoApi, pipeline: int) -> int:
    """Where leads of a pipeline begin. Raises Rejected if it is gone."""
    for one in await pipelines(api):
        if one["id"] == pipeline and (stages := _stages(one)):
            return int(stages[0]["id"])
    raise Rejected("pipeline_gone", str(pipeline))


async def card_pipelines(api: AmoApi) -> Sequence[CrmPipeline]:
    """The pipelines in which leads can be made, with their stages and fields."""
    fields = await card_fields(api)
    return [
        CrmPipeline(
            id=str(one["id"]),
            name=border.name(str(one.get("name") or one["id"])),
            stages=[CrmStage(id=str(s["id"]), name=border.name(str(s.get("name") or s["id"]))) for s in _stages(one)],
            fields=fields,
            has_tags=True,
        )
        for one in await pipelines(api)
        if one.get("is_archive") is not True
    ]


async def places(api: AmoApi) -> Sequence[Place]:
    """The pipelines that channels can be paired with."""
    return [
        Place(
            id=str(one["id"]),
            name=border.name(str(one.get("name") or one["id"])),
            active=one.get("is_archive") is not True,
        )
        for one in await pipelines(api)
    ]

"""The pipelines of a portal with their stages and fields: where a card can be made, and what can be filled in.

Sources: b24-rest-docs ``crm.category.list``, ``crm.status.list``, ``crm.item.fields``; providers' sheet §3.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.bitrix24.calls import BatchCommand, MethodCalls
from chatapp_cli.crm.bitrix24.cards import TYPES
from chatapp_cli.crm.bitrix24.lite_cards import LEADS, LitePlace, place_of, places
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.outcome import CrmField, CrmPipeline, CrmStage
from chatapp_cli.domain.errors import ChannelError

_OURS: Final = frozenset(
    {"title", "contactId", "contactIds", "categoryId", "stageId", "assignedById", "originatorId", "originId", "name"}
)
"""What a rule says in its own way, or what we fill in ourselves."""


async def pipelines(api: MethodCalls) -> Sequence[CrmPipeline]:
    """Leads and the pipelines of deals. Raises ChannelError."""
    there = [(one, place) for one in await places(api) if (place := place_of(one.id)) is not None]
    asked = {f"stages {one.id}": BatchCommand("crm.status.list", dictionary(place)) for one, place in there}
    asked |= {
        f"fields {kind}": BatchCommand("crm.item.fields", {"entityTypeId": TYPES[kind]}) for kind in ("deal", LEADS)
    }
    answers = await api.batch(asked)
    for answer in answers.values():
        if isinstance(answer, ChannelError):
            raise answer
    fields = {kind: _fields(answers[f"fields {kind}"]) for kind in ("deal", LEADS)}
    return [
        CrmPipeline(id=one.id, name=one.name, stages=named(answers[f"stages {one.id}"]), fields=fields[place.kind])
        for one, place in there
    ]


def dictionary(place: LitePlace) -> Mapping[str, Any]:
    """The dictionary of a pipeline's stages; other funnels of deals than the first have dictionaries of their own."""
    entity = "STATUS" if place.kind == LEADS else f"DEAL_STAGE_{place.category}" if place.category else "DEAL_STAGE"
    return {"filter": {"ENTITY_ID": entity}, "order": {"SORT": "ASC"}}


def named(answer: Any) -> Sequence[CrmStage]:
    """The stages in an answer of ``crm.status.list``."""
    rows = [one for one in answer if isinstance(one, Mapping)] if isinstance(answer, list) else []
    return [
        CrmStage(id=border.external_id(str(one["STATUS_ID"])), name=border.name(str(one.get("NAME") or "")))
        for one in rows
        if one.get("STATUS_ID")
    ]


def _fields(answer: Any) -> Sequence[CrmField]:
    """The fields that can be filled."""
    said = answer.get("fields") if isinstance(answer, Mapping) else None
    return [
        CrmField(id=border.external_id(str(name)), name=border.name(str(about.get("title") or name)))
        for name, about in (said.items() if isinstance(said, Mapping) else ())
        if isinstance(about, Mapping) and not about.get("isReadOnly") and name not in _OURS
    ]

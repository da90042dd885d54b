"""The cards of a chat: amoCRM has bound it to a contact, and through a talk to a lead, which we call a deal.

Source: providers' sheet §4.5, addendum C7; asked anew each time, because cards are moved, merged and deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.amocrm.people import people
from chatapp_cli.crm.amocrm.places import pipelines
from chatapp_cli.crm.amocrm.rest import AmoApi, embedded
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.link import Card
from chatapp_cli.domain.crm.stages import StageName
from chatapp_cli.domain.errors import Misconfigured, Rejected
from chatapp_cli.kit.pace import Urgency

PATHS: Final[Mapping[str, str]] = {
    "deal": "/api/v4/leads",
    "contact": "/api/v4/contacts",
    "company": "/api/v4/companies",
}
"""Where cards of each kind are."""
_PAGES: Final[Mapping[str, str]] = {"deal": "leads", "contact": "contacts", "company": "companies"}


async def ids_of_chat(api: AmoApi, chat: str, *, urgency: Urgency = Urgency.OPERATOR) -> Mapping[str, int]:
    """The numbers of the cards of a chat by kind, the deal first, of its newest talk."""
    if not chat:
        return {}
    answer = await api.get("/api/v4/talks", {"filter[chat_id]": chat}, urgency=urgency)
    talks = sorted(embedded(answer, "talks"), key=lambda one: _number(one.get("talk_id")))
    found: dict[str, int] = {}
    for talk in talks:
        if str(talk.get("entity_type")) in {"lead", "leads"} and _number(talk.get("entity_id")):
            found["deal"] = _number(talk["entity_id"])
        if _number(talk.get("contact_id")):
            found["contact"] = _number(talk["contact_id"])
    return {kind: found[kind] for kind in PATHS if kind in found}


async def cards(api: AmoApi, ids: Mapping[str, int]) -> Sequence[Card]:
    """Cards in words; those that are gone are left out."""
    items = {kind: item for kind, number in ids.items() if (item := await _card_item(api, kind, number))}
    stages = await stage_names(api) if "deal" in items else {}
    called = await _called(api) if items else {}
    return [_card(api, kind, item, stages, called) for kind, item in items.items()]


async def _card_item(api: AmoApi, kind: str, number: int) -> Mapping[str, Any]:
    try:
        found = await api.get(f"{PATHS[kind]}/{number}", urgency=Urgency.OPERATOR)
    except Rejected:
        return {}
    return found if isinstance(found, dict) and found.get("id") and not found.get("is_deleted") else {}


async def stage_names(api: AmoApi) -> Mapping[tuple[int, int], tuple[str, str]]:
    """The names of pipelines and stages: won and lost have the same number in every pipeline."""
    return {
        (_number(pipeline.get("id")), _number(stage.get("id"))): (
            str(pipeline.get("name") or ""),
            str(stage.get("name") or ""),
        )
        for pipeline in await pipelines(api)
        for stage in embedded(pipeline, "statuses")
    }


async def stages_in_words(api: AmoApi) -> Sequence[StageName]:
    """The stages of all pipelines, also those at which leads end."""
    return [StageName(*map(border.name, one)) for one in (await stage_names(api)).values()]


async def _called(api: AmoApi) -> Mapping[int, str]:
    """The names of employees, if they may be read."""
    try:
        return {_number(one.get("id")): str(one.get("name") or "") for one in await people(api)}
    except (Misconfigured, Rejected):
        return {}


def _card(
    api: AmoApi,
    kind: str,
    item: Mapping[str, Any],
    stages: Mapping[tuple[int, int], tuple[str, str]],
    called: Mapping[int, str],
) -> Card:
    number = _number(item.get("id"))
    pipeline, stage = stages.get((_number(item.get("pipeline_id")), _number(item.get("status_id"))), ("", ""))
    return Card(
        kind=kind,
        id=str(number),
        title=border.name(str(item.get("name") or f"{kind} {number}")),
        pipeline=border.name(pipeline),
        stage=border.name(stage),
        responsible=border.name(called.get(_number(item.get("responsible_user_id")), "")),
        url=f"{api.account.origin}/{_PAGES[kind]}/detail/{number}",
    )


def _number(said: Any) -> int:
    return said if isinstance(said, int) and not isinstance(said, bool) else 0

"""The pipelines of an account: what channels are paired with. A source of ours leads new conversations into one.

Source: providers' sheet §4.5, §4.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.amocrm.rest import AmoApi, embedded
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.kit.pace import Urgency

PATH: Final = "/api/v4/leads/pipelines"


async def pipelines(api: AmoApi) -> Sequence[Mapping[str, Any]]:
    """The pipelines with their stages, the main one first."""
    answer = await api.get(PATH, urgency=Urgency.OPERATOR)
    found = [one for one in embedded(answer, "pipelines") if isinstance(one.get("id"), int)]
    return sorted(found, key=lambda one: (one.get("is_main") is not True, one.get("sort") or 0))


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

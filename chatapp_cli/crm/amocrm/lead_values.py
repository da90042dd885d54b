"""The custom fields of leads, and values for them as they are written in a rule. Source: providers' sheet §4.5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.amocrm.rest import AmoApi
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.outcome import CrmField
from chatapp_cli.ports.world import Clock

PATH: Final = "/api/v4/leads/custom_fields"
_FRESH: Final = 600.0
"""Seconds for which the fields are taken to be the same."""
_TRUE: Final = frozenset({"1", "true", "yes", "да", "+"})
_WRITTEN: Final = frozenset({
    "text", "textarea", "numeric", "checkbox", "select", "multiselect", "radiobutton", "date", "date_time", "url",
    "streetaddress", "birthday", "price",
})  # fmt: skip
"""The types of fields that one line of words can fill."""


async def fields(api: AmoApi) -> Sequence[Mapping[str, Any]]:
    """The fields of leads that can be filled."""
    found = await api.pages(PATH, "custom_fields")
    return [one for one in found if isinstance(one.get("id"), int) and one.get("type") in _WRITTEN]


async def card_fields(api: AmoApi) -> Sequence[CrmField]:
    """The same, as rules name them."""
    return [
        CrmField(id=str(one["id"]), name=border.name(str(one.get("name") or one["id"]))) for one in await fields(api)
    ]


class FieldTypes:
    """What kind of value each field takes, asked for now and then."""

    def __init__(self, api: AmoApi, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._known: Mapping[str, str] = {}
        self._at: float | None = None

    async def values(self, said: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
        """Values of fields by id, as the account takes them; a field that is gone is left out."""
        if not said:
            return ()
        now = self._clock.monotonic()
        if self._at is None or now - self._at > _FRESH:
            self._known = {str(one["id"]): str(one["type"]) for one in await fields(self._api)}
            self._at = now
        return [
            {"field_id": int(number), "values": [{"value": one} for one in _as(self._known[number], value)]}
            for number, value in said.items()
            if number in self._known
        ]


def _as(kind: str, value: str) -> Sequence[Any]:
    if kind == "checkbox":
        return [value.strip().lower() in _TRUE]
    if kind == "multiselect":
        return [part.strip() for part in value.split(",") if part.strip()]
    if kind in {"date", "date_time", "birthday"} and value.strip().isdecimal():
        return [int(value)]
    return [value]

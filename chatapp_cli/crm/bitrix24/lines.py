"""The open lines of a portal with the settings that make trouble, and who works there.

What the settings do: providers' sheet, addendum B1 (from the module's own code); b24-rest-docs
``imopenlines.config.get``, ``user.get``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chatapp_cli.crm.bitrix24.api import BatchCommand, PortalApi
from chatapp_cli.crm.bitrix24.rate import Urgency
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.link import Employee, Place
from chatapp_cli.kit.brackets import members

Tree = Mapping[str, Any]


async def places(api: PortalApi) -> Sequence[Place]:
    """The open lines; a line whose settings cannot be read has no warnings."""
    select = {"PARAMS": {"select": ["ID", "LINE_NAME", "ACTIVE"]}, "OPTIONS": {"QUEUE": "N"}}
    there = await api.call("imopenlines.config.list.get", select)
    lines = {str(one["ID"]): one for one in members(there) if isinstance(one, Mapping) and one.get("ID")}
    asked = {
        line: BatchCommand("imopenlines.config.get", {"CONFIG_ID": int(line), "WITH_QUEUE": "Y"}) for line in lines
    }
    settings = await api.batch(asked, urgency=Urgency.BACKGROUND) if asked else {}
    return [_place(line, about, settings.get(line)) for line, about in lines.items()]


def _place(line: str, about: Tree, settings: Any) -> Place:
    return Place(
        id=border.external_id(line),
        name=border.name(str(about.get("LINE_NAME") or line)),
        active=about.get("ACTIVE") != "N",
        warnings=tuple(warnings(settings)) if isinstance(settings, Mapping) else (),
    )


def warnings(settings: Tree) -> Iterator[str]:
    """Codes of the settings that double cards, lose them or lead to the wrong person."""
    if settings.get("CRM") == "N":
        yield "crm_off"
        return
    if settings.get("CRM_CREATE") == "none":
        yield "card_none"
    if settings.get("CRM_CREATE") == "deal" and settings.get("CRM_CREATE_THIRD") == "N":
        yield "deal_each_time"
    if settings.get("CRM_FORWARD") == "N":
        yield "responsible_ignored"
    if settings.get("CRM_CHAT_TRACKER") == "N":
        yield "tracker_off"
    if "QUEUE" in settings and not members(settings["QUEUE"]):
        yield "queue_empty"


async def employees(api: PortalApi) -> Sequence[Employee]:
    """Everybody who works there and is active."""
    found = await api.pages("user.get", {"FILTER": {"ACTIVE": True}})
    return [_employee(one) for one in found if isinstance(one, Mapping) and one.get("ID")]


def _employee(one: Tree) -> Employee:
    name = " ".join(str(one[part]) for part in ("NAME", "LAST_NAME") if one.get(part))
    email = str(one.get("EMAIL") or "")
    return Employee(
        id=border.external_id(str(one["ID"])),
        name=border.name(name or email or str(one["ID"])),
        email=border.address(email),
    )

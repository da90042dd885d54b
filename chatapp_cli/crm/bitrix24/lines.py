"""The open lines of a portal with the settings that make trouble, where their deals go, and who works there.

What the settings do: providers' sheet, addendum B1 (from the module's own code); b24-rest-docs
``imopenlines.config.get``, ``imopenlines.config.update``, ``crm.category.list``, ``user.get``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand, MethodCalls
from chatapp_cli.crm.bitrix24.cards import TYPES, pipelines_in
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.link import Employee, Place
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.kit.brackets import members
from chatapp_cli.kit.pace import Urgency

Tree = Mapping[str, Any]

_PIPELINES: Final = "pipelines"
_PAGE: Final = 50

MENDS: Final[Mapping[str, Mapping[str, str]]] = {
    "crm_off": {"CRM": "Y"},
    "card_none": {"CRM_CREATE": "deal", "CRM_CREATE_THIRD": "Y"},
    "deal_each_time": {"CRM_CREATE_THIRD": "Y"},
    "responsible_ignored": {"CRM_FORWARD": "Y"},
    "tracker_off": {"CRM_CHAT_TRACKER": "Y"},
}
"""The settings that end a trouble, by its code. Who answers in a line (``queue_empty``) only a person can say."""


async def places(api: PortalApi) -> Sequence[Place]:
    """The open lines; a line whose settings cannot be read has no warnings, and says nothing of its cards."""
    select = {"PARAMS": {"select": ["ID", "LINE_NAME", "ACTIVE"]}, "OPTIONS": {"QUEUE": "N"}}
    there = await api.call("imopenlines.config.list.get", select)
    lines = {str(one["ID"]): one for one in members(there) if isinstance(one, Mapping) and one.get("ID")}
    asked = {
        line: BatchCommand("imopenlines.config.get", {"CONFIG_ID": int(line), "WITH_QUEUE": "Y"}) for line in lines
    }
    asked[_PIPELINES] = BatchCommand("crm.category.list", {"entityTypeId": TYPES["deal"]})
    settings = await api.batch(asked, urgency=Urgency.BACKGROUND)
    pipelines = pipelines_in(settings.get(_PIPELINES))
    return [_place(line, about, settings.get(line), pipelines) for line, about in lines.items()]


async def mend(api: PortalApi, line: str, codes: Collection[str]) -> Place:
    """Set what these troubles of a line need, as far as they are still there. Raises Rejected if the line is gone."""
    if not line.isdecimal():
        raise Rejected("place_gone", line)
    present = await _settings(api, line)
    wanted = {name: value for code in warnings(present) if code in codes for name, value in MENDS.get(code, {}).items()}
    if wanted:
        if await api.call("imopenlines.config.update", {"CONFIG_ID": int(line), "PARAMS": wanted}) is not True:
            raise Rejected("place_gone", line)
        present = await _settings(api, line)
    return _place(line, present, present, {})


async def _settings(api: MethodCalls, line: str) -> Tree:
    said = await api.call("imopenlines.config.get", {"CONFIG_ID": int(line), "WITH_QUEUE": "Y"})
    if not isinstance(said, Mapping):
        raise Rejected("place_gone", line)
    return said


def _place(line: str, about: Tree, settings: Any, pipelines: Mapping[str, str]) -> Place:
    known: Tree = settings if isinstance(settings, Mapping) else {}
    found, makes = tuple(warnings(known)), _makes(known)
    return Place(
        id=border.external_id(line),
        name=border.name(str(about.get("LINE_NAME") or line)),
        active=about.get("ACTIVE") != "N",
        warnings=found,
        mends={code: _written(MENDS[code]) for code in found if code in MENDS},
        makes=makes,
        pipeline=_pipeline(known, pipelines) if makes == "deal" else "",
    )


def _makes(settings: Tree) -> str:
    """The kind of card that the line makes of a new client; empty if it makes none."""
    kind = settings.get("CRM_CREATE")
    return str(kind) if kind in {"deal", "lead"} and settings.get("CRM") != "N" else ""


def _pipeline(settings: Tree, names: Mapping[str, str]) -> str:
    """The pipeline of the line's deals: without a number of its own it is the first, whose number is 0 (B1)."""
    second = str(settings.get("CRM_CREATE_SECOND") or "0")
    number = second if second.isdecimal() else "0"
    return border.name(names.get(number) or number)


def _written(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items())


def warnings(settings: Tree) -> Iterator[str]:
    """Codes of the settings that double cards, lose them or lead to the wrong person."""
    if settings.get("CRM") == "N":
        yield "crm_off"
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


async def has_crm(api: MethodCalls, line: str) -> bool:
    """Whether an open line works with the CRM, so that its tracker makes the cards. Raises Rejected if it is gone."""
    return (await _settings(api, line)).get("CRM") != "N"


async def employees(api: MethodCalls) -> Sequence[Employee]:
    """Everybody who works there and is active."""
    found = await api.pages("user.get", {"FILTER": {"ACTIVE": True}})
    return [employee_in(one) for one in found if isinstance(one, Mapping) and one.get("ID")]


async def names_of(api: MethodCalls, wanted: Collection[str]) -> Mapping[str, str]:
    """What employees are called, at most fifty of them, also those who left; somebody waits for it."""
    found = await api.call("user.get", {"FILTER": {"ID": sorted(wanted)[:_PAGE]}}, urgency=Urgency.OPERATOR)
    rows = found if isinstance(found, list) else []
    named = [employee_in(one) for one in rows if isinstance(one, Mapping) and one.get("ID")]
    return {one.id: one.name for one in named}


def employee_in(one: Tree) -> Employee:
    """The employee in an answer of ``user.get`` or ``user.current`` that has an id."""
    name = " ".join(str(one[part]) for part in ("NAME", "LAST_NAME") if one.get(part))
    email = str(one.get("EMAIL") or "")
    return Employee(
        id=border.external_id(str(one["ID"])),
        name=border.name(name or email or str(one["ID"])),
        email=border.address(email),
    )

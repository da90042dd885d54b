"""The cards that the portal has bound to a chat.

Its tracker makes them by itself, one to three seconds after a client's first message; we never make one (addendum B1).
Asked anew each time: a lead may have been converted, a card merged or deleted.
Sources: b24-rest-docs ``imopenlines.dialog.get``, ``crm.item.get``; providers' sheet §2.5, §3.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand
from chatapp_cli.crm.bitrix24.rate import Urgency
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.entry import CrmChat
from chatapp_cli.domain.crm.link import Card

TYPES: Final[Mapping[str, int]] = {"deal": 2, "lead": 1, "contact": 3, "company": 4}
"""``entityTypeId`` of each kind of card; the one that work is done in comes first."""
_STAGES: Final = {"deal": "DEAL_STAGE", "lead": "STATUS"}

Tree = Mapping[str, Any]


async def bound_cards(api: PortalApi, chats: Mapping[str, str]) -> Mapping[str, Mapping[str, int]]:
    """The ids of the cards of chats, by kind in the order of ``TYPES``; chats by any name and their portal's number."""
    commands = {
        name: BatchCommand("imopenlines.dialog.get", {"CHAT_ID": int(number)})
        for name, number in chats.items()
        if number.isdecimal()
    }
    answers = await api.batch(commands) if commands else {}
    return {name: _ids(dialog) for name, dialog in answers.items() if isinstance(dialog, Mapping)}


async def cards(api: PortalApi, chat: CrmChat) -> Sequence[Card]:
    """The cards of one chat with their titles, stages and responsible employees."""
    ids = (await bound_cards(api, {"chat": chat.remote})).get("chat", {})
    wanted = {
        kind: BatchCommand("crm.item.get", {"entityTypeId": TYPES[kind], "id": card}) for kind, card in ids.items()
    }
    answers = await api.batch(wanted) if wanted else {}
    items = {kind: item for kind, answer in answers.items() if (item := _item(answer))}
    words = await _words(api, items)
    return [_card(kind, item, words, api.held.origin) for kind, item in items.items()]


def _ids(dialog: Tree) -> Mapping[str, int]:
    """Read ``LEAD|1209|COMPANY|0|CONTACT|0|DEAL|0``; 0 is none."""
    parts = str(dialog.get("entity_data_2") or "").split("|")
    told = {kind.lower(): number for kind, number in zip(parts[::2], parts[1::2], strict=False)}
    return {kind: int(told[kind]) for kind in TYPES if told.get(kind, "").isdecimal() and int(told[kind])}


def _item(answer: Any) -> Tree:
    item = answer.get("item") if isinstance(answer, Mapping) else None
    return item if isinstance(item, Mapping) else {}


async def _words(api: PortalApi, items: Mapping[str, Tree]) -> Mapping[str, str]:
    """The names of stages and employees, by ``stage:<id>`` and ``user:<id>``."""
    commands: dict[str, BatchCommand] = {}
    for kind, item in items.items():
        if kind in _STAGES and item.get("stageId"):
            entity = _STAGES[kind]
            category = str(item.get("categoryId") or "0")
            entity = f"{entity}_{category}" if kind == "deal" and category != "0" else entity
            found = {"ENTITY_ID": entity, "STATUS_ID": str(item["stageId"])}
            commands[f"stage:{item['stageId']}"] = BatchCommand("crm.status.list", {"filter": found})
        if item.get("assignedById"):
            commands[f"user:{item['assignedById']}"] = BatchCommand(
                "user.get", {"FILTER": {"ID": item["assignedById"]}}
            )
    answers = await api.batch(commands) if commands else {}
    return {name: words for name, answer in answers.items() if (words := _first_name(answer))}


def _first_name(answer: Any) -> str:
    first = answer[0] if isinstance(answer, list) and answer and isinstance(answer[0], Mapping) else {}
    return " ".join(str(first[name]) for name in ("NAME", "LAST_NAME") if first.get(name))


def _card(kind: str, item: Tree, words: Mapping[str, str], origin: str) -> Card:
    number = border.external_id(str(item.get("id") or ""))
    stage, owner = str(item.get("stageId") or ""), str(item.get("assignedById") or "")
    return Card(
        kind=kind,
        id=number,
        title=border.name(title_of(item) or f"{kind} {number}"),
        stage=border.name(words.get(f"stage:{stage}", stage)),
        responsible=border.name(words.get(f"user:{owner}", "")),
        url=f"{origin}/crm/{kind}/details/{number}/",
    )


def title_of(item: Tree) -> str:
    """What a card is called: its title, or the names of a person."""
    if item.get("title"):
        return str(item["title"])
    return " ".join(str(item[name]) for name in ("name", "lastName") if item.get(name))


async def contact_names(api: PortalApi, chats: Mapping[str, str]) -> Mapping[str, str]:
    """What the contacts of chats are called in the CRM, where there is one (S-161)."""
    found = await bound_cards(api, chats)
    wanted = {
        name: BatchCommand("crm.item.get", {"entityTypeId": TYPES["contact"], "id": ids["contact"]})
        for name, ids in found.items()
        if "contact" in ids
    }
    answers = await api.batch(wanted, urgency=Urgency.BACKGROUND) if wanted else {}
    return {name: title for name, answer in answers.items() if (title := title_of(_item(answer)))}

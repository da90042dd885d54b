"""The cards that the portal has bound to a chat.

Its tracker makes them by itself, one to three seconds after a client's first message; we never make one (addendum B1).
Asked anew each time, because a lead may have been converted since, and a card merged or deleted.
Sources: b24-rest-docs ``imopenlines.dialog.get``, ``imopenlines.crm.chat.get``, ``crm.item.get``,
``crm.item.list``; providers' sheet §2.5, §3.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.bitrix24 import errors
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand, MethodCalls
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.entry import CrmChat
from chatapp_cli.domain.crm.link import Card
from chatapp_cli.domain.errors import ChannelError, Rejected
from chatapp_cli.kit.pace import Urgency

TYPES: Final[Mapping[str, int]] = {"deal": 2, "lead": 1, "contact": 3, "company": 4}
"""``entityTypeId`` of each kind of card; the one that work is done in comes first."""
CONVERTED: Final = "CONVERTED"
"""The stage of a lead that has become a deal, a contact or both; there is no event of it (addendum B1)."""
_STAGES: Final = {"deal": "DEAL_STAGE", "lead": "STATUS"}
_PIPELINES: Final = "pipelines"
_BY_CHAT: Final = ("lead", "contact", "company")
"""The kinds that are found by the chat that stands in their messengers (b24-rest-docs, tutorial of the dialog)."""

Tree = Mapping[str, Any]


async def bound_cards(api: PortalApi, chats: Mapping[str, str]) -> Mapping[str, Mapping[str, int]]:
    """The ids of the cards of chats, by kind in the order of ``TYPES``; chats by any name and their portal's number.

    A chat of which the portal tells nothing now is left out.
    """
    commands = {name: _get_dialog(number) for name, number in chats.items() if number.isdecimal()}
    answers = await api.batch(commands)
    return {name: bound_to(dialog) for name, dialog in answers.items() if isinstance(dialog, Mapping)}


def _get_dialog(number: str) -> BatchCommand:
    return BatchCommand("imopenlines.dialog.get", {"CHAT_ID": int(number)})


async def known(api: MethodCalls, commands: Mapping[str, BatchCommand], *, hidden: bool = False) -> Mapping[str, Any]:
    """The results of commands but those that the portal refuses, as for what is gone. Raises every other error.

    A person waits for them. ``hidden``: what they may not see is left out too.
    """
    answers = await api.batch(commands, urgency=Urgency.OPERATOR)
    for answer in answers.values():
        refused = isinstance(answer, Rejected) and (hidden or answer.code != errors.SCOPE)
        if isinstance(answer, ChannelError) and not refused:
            raise answer
    return {name: answer for name, answer in answers.items() if not isinstance(answer, ChannelError)}


async def cards(api: PortalApi, chat: CrmChat) -> Sequence[Card]:
    """The cards of one chat with their titles, stages and responsible employees."""
    asked = {"chat": _get_dialog(chat.remote)} if chat.remote.isdecimal() else {}
    dialog = (await known(api, asked)).get("chat")
    if not isinstance(dialog, Mapping):
        return ()
    ids = bound_to(dialog)
    items = dict(await card_items(api, ids))
    items |= await _merged(api, [kind for kind in ids if kind not in items], str(dialog.get("entity_id") or ""))
    found = await _with_what_became_of_the_lead(api, items)
    return await shown(api, [(kind, found[kind]) for kind in TYPES if kind in found], api.held.origin)


async def card_items(api: PortalApi, ids: Mapping[str, int]) -> Mapping[str, Tree]:
    """The cards that are still there, by kind."""
    answers = await known(api, {kind: get_card(kind, number) for kind, number in ids.items()})
    return {kind: item for kind, answer in answers.items() if (item := item_of(answer))}


async def _merged(api: PortalApi, gone: Sequence[str], code: str) -> Mapping[str, Tree]:
    """The cards into which others were merged: they have taken over the chat among their messengers."""
    commands = {
        kind: BatchCommand(
            "crm.item.list", {"entityTypeId": TYPES[kind], "filter": {"=imol": f"imol|{code}"}, "order": {"id": "desc"}}
        )
        for kind in gone
        if kind in _BY_CHAT and code
    }
    answers = await known(api, commands)
    return {kind: item for kind, answer in answers.items() if (item := first_item(answer))}


async def _with_what_became_of_the_lead(api: PortalApi, items: Mapping[str, Tree]) -> Mapping[str, Tree]:
    """The cards with the deal in place of the lead that it was, also if the chat has not followed yet."""
    lead = items.get("lead", {})
    if lead.get("stageId") != CONVERTED:
        return items
    deal = items.get("deal") or await deal_of_lead(api, lead)
    return {**{kind: item for kind, item in items.items() if kind != "lead"}, "deal": deal} if deal else items


async def deal_of_lead(api: MethodCalls, lead: Tree) -> Tree:
    """The deal that a lead has become; nothing for one that was not converted."""
    if lead.get("stageId") != CONVERTED:
        return {}
    asked = {"entityTypeId": TYPES["deal"], "filter": {"leadId": lead["id"]}, "order": {"id": "desc"}}
    return first_item((await known(api, {"deal": BatchCommand("crm.item.list", asked)})).get("deal"))


def get_card(kind: str, number: int) -> BatchCommand:
    """The command that reads a card."""
    return BatchCommand("crm.item.get", {"entityTypeId": TYPES[kind], "id": number})


def chats_of_card(kind: str, number: int) -> BatchCommand:
    """The command that lists the chats of a card, also those in which the conversation has ended."""
    asked = {"CRM_ENTITY_TYPE": kind, "CRM_ENTITY": number, "ACTIVE_ONLY": "N"}
    return BatchCommand("imopenlines.crm.chat.get", asked)


def bound_to(dialog: Tree) -> Mapping[str, int]:
    """The cards of a dialog by kind, from ``LEAD|1209|COMPANY|0|CONTACT|0|DEAL|0``; 0 is none."""
    parts = str(dialog.get("entity_data_2") or "").split("|")
    told = {kind.lower(): number for kind, number in zip(parts[::2], parts[1::2], strict=False)}
    return {kind: int(told[kind]) for kind in TYPES if told.get(kind, "").isdecimal() and int(told[kind])}


def item_of(answer: Any) -> Tree:
    """The card in an answer to ``crm.item.get``."""
    item = answer.get("item") if isinstance(answer, Mapping) else None
    return item if isinstance(item, Mapping) else {}


def first_item(answer: Any) -> Tree:
    """The first card in an answer to ``crm.item.list``."""
    items = answer.get("items") if isinstance(answer, Mapping) else None
    return items[0] if isinstance(items, list) and items and isinstance(items[0], Mapping) else {}


async def shown(
    api: MethodCalls, found: Sequence[tuple[str, Tree]], origin: str, *, staff: bool = True
) -> Sequence[Card]:
    """Cards in words: the names of pipelines, stages and, with ``staff``, employees are asked for."""
    words = await _words(api, found, staff=staff)
    return [_card(kind, item, words, origin) for kind, item in found]


async def _words(api: MethodCalls, found: Sequence[tuple[str, Tree]], *, staff: bool) -> Mapping[str, str]:
    """The names of pipelines of deals, stages and employees, by ``pipeline:<id>``, ``stage:<id>`` and ``user:<id>``."""
    commands: dict[str, BatchCommand] = {}
    if any(kind == "deal" for kind, _item in found):
        commands[_PIPELINES] = BatchCommand("crm.category.list", {"entityTypeId": TYPES["deal"]})
    for kind, item in found:
        if kind in _STAGES and item.get("stageId"):
            commands[f"stage:{item['stageId']}"] = _stage(kind, item)
        if staff and item.get("assignedById"):
            commands[f"user:{item['assignedById']}"] = BatchCommand(
                "user.get", {"FILTER": {"ID": item["assignedById"]}}
            )
    answers = dict(await known(api, commands))
    pipelines = {f"pipeline:{number}": name for number, name in pipelines_in(answers.pop(_PIPELINES, None)).items()}
    keys = {"stage": "STATUS_ID", "user": "ID"}
    named = {
        name: _name(answer, keys[name.partition(":")[0]], name.partition(":")[2]) for name, answer in answers.items()
    }
    return pipelines | {name: words for name, words in named.items() if words}


def pipelines_in(answer: Any) -> dict[str, str]:
    """The names of pipelines by their numbers, in an answer of ``crm.category.list``; none in any other answer."""
    found = answer.get("categories") if isinstance(answer, Mapping) else None
    rows = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    return {str(one.get("id")): str(one.get("name") or "") for one in rows}


def _stage(kind: str, item: Tree) -> BatchCommand:
    """The stage of a card; other funnels of deals than the first have dictionaries of their own."""
    category = str(item.get("categoryId") or "0")
    entity = f"{_STAGES[kind]}_{category}" if kind == "deal" and category != "0" else _STAGES[kind]
    return BatchCommand("crm.status.list", {"filter": {"ENTITY_ID": entity, "STATUS_ID": str(item["stageId"])}})


def _name(answer: Any, key: str, wanted: str) -> str:
    """The name in the row that is the wanted one."""
    for row in answer if isinstance(answer, list) else ():
        if isinstance(row, Mapping) and str(row.get(key)) == wanted:
            return " ".join(str(row[part]) for part in ("NAME", "LAST_NAME") if row.get(part))
    return ""


def _card(kind: str, item: Tree, words: Mapping[str, str], origin: str) -> Card:
    number = border.external_id(str(item.get("id") or ""))
    stage, owner = str(item.get("stageId") or ""), str(item.get("assignedById") or "")
    return Card(
        kind=kind,
        id=number,
        title=border.name(title_of(item) or f"{kind} {number}"),
        pipeline=border.name(words.get(f"pipeline:{item.get('categoryId') or 0}", "")) if kind == "deal" else "",
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
    wanted = {name: get_card("contact", ids["contact"]) for name, ids in found.items() if "contact" in ids}
    answers = await api.batch(wanted, urgency=Urgency.BACKGROUND)
    return {name: title for name, answer in answers.items() if (title := title_of(item_of(answer)))}

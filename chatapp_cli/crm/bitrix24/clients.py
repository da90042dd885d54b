"""Whom a card is about: the chats that are bound to it and to its people, and their phones.

Sources: b24-rest-docs ``imopenlines.crm.chat.get``, ``crm.item.get`` (``fm``); providers' sheet §2.5, §2.7, §3.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import MethodCalls
from chatapp_cli.crm.bitrix24.cards import Tree, chats_of_card, deal_of_lead, get_card, item_of, known, shown, title_of
from chatapp_cli.crm.bitrix24.visitors import employee_of
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.cards import CardChat, CardPhone, CardRef, CardVisit, ClientOfCard
from chatapp_cli.domain.errors import Rejected

GONE: Final = "card_gone"
_PHONE: Final = "PHONE"

People = Mapping[CardRef, Tree]


async def client_of(api: PortalApi, ref: CardRef, reader: MethodCalls | None = None) -> ClientOfCard:
    """The chats of a card and of its people, and the phones. Raises Rejected for a card that is not there.

    With a ``reader``, only what they may see: a card that is hidden from them raises Rejected, people are left out.
    """
    ref, item = await _followed(reader or api, ref)
    people = await _people(reader or api, ref, item, hidden=reader is not None)
    called = _called(people)
    chats = await _chats(api, {ref: "", **called})
    (card,) = await shown(api, [(ref.kind, item)], api.held.origin)
    phones = _phones(people, called) or _phones({ref: item}, _called({ref: item}))
    return ClientOfCard(card=card, chats=chats, phones=phones, people=list(called.values()))


async def visited(api: PortalApi, ref: CardRef, access: str) -> CardVisit:
    """The employee who has an access token, and what they may see of a card (b24-rest-docs ``user.current``).

    Raises Rejected for a token of nobody who works there, and for a card that is hidden from them.
    """
    reader = api.of_employee(access)
    employee = await employee_of(reader)
    return CardVisit(employee=employee.id, name=employee.name, client=await client_of(api, ref, reader))


async def _followed(api: MethodCalls, ref: CardRef) -> tuple[CardRef, Tree]:
    """The card, or the deal that it has become."""
    item = item_of((await known(api, {"card": get_card(ref.kind, int(ref.id))})).get("card"))
    if not item:
        raise Rejected(GONE, str(ref))
    deal = await deal_of_lead(api, item) if ref.kind == "lead" else {}
    return (CardRef("deal", str(deal["id"])), deal) if deal else (ref, item)


async def _people(api: MethodCalls, ref: CardRef, item: Tree, *, hidden: bool) -> People:
    """The contacts of a deal or lead; its company, if it has no contacts."""
    if ref.kind not in {"deal", "lead"}:
        return {}
    told = item.get("contactIds")
    numbers = dict.fromkeys([*(told if isinstance(told, list) else []), item.get("contactId")])
    wanted = [CardRef("contact", str(number)) for number in numbers if _is_number(number)]
    if not wanted and _is_number(item.get("companyId")):
        wanted = [CardRef("company", str(item["companyId"]))]
    answers = await known(api, {str(one): get_card(one.kind, int(one.id)) for one in wanted}, hidden=hidden)
    return {one: theirs for one in wanted if (theirs := item_of(answers.get(str(one))))}


def _is_number(said: Any) -> bool:
    return str(said).isascii() and str(said).isdecimal() and int(said) > 0


async def _chats(api: PortalApi, owners: Mapping[CardRef, str]) -> Sequence[CardChat]:
    """The chats that are bound to cards, also those in which the conversation has ended."""
    answers = await known(api, {str(one): chats_of_card(one.kind, int(one.id)) for one in owners})
    found: dict[str, CardChat] = {}
    for one, whose in owners.items():
        for chat in _rows(answers.get(str(one))):
            if remote := border.external_id(str(chat.get("CHAT_ID") or "")):
                found.setdefault(remote, CardChat(remote=remote, whose=whose))
    return list(found.values())


def _rows(answer: Any) -> Iterator[Tree]:
    return (row for row in (answer if isinstance(answer, list) else ()) if isinstance(row, Mapping))


def _phones(owners: People, called: Mapping[CardRef, str]) -> Sequence[CardPhone]:
    return [
        CardPhone(phone=border.name(str(mean["value"])), whose=called[one])
        for one, theirs in owners.items()
        for mean in _rows(theirs.get("fm"))
        if mean.get("typeId") == _PHONE and mean.get("value")
    ]


def _called(people: People) -> Mapping[CardRef, str]:
    """What people are called; with the number of their card if others of them are called the same."""
    names = {one: border.name(title_of(item)) or str(one) for one, item in people.items()}
    often = Counter(names.values())
    return {one: f"{name} ({one})" if often[name] > 1 else name for one, name in names.items()}

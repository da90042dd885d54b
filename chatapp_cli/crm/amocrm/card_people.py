"""The contacts of a card with their chats, phones and addresses (providers' sheet §4.5, §6.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatapp_cli.crm.amocrm import contacts
from chatapp_cli.crm.amocrm.rest import AmoApi, embedded
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.cards import CardChat, CardPhone, CardRef, ClientOfCard
from chatapp_cli.domain.crm.link import Card
from chatapp_cli.domain.errors import Rejected

GONE = "card_gone"


async def contacts_of(api: AmoApi, card: CardRef, *, everyone: bool) -> Sequence[ClientOfCard]:
    """The main contact of a deal, or all of them, the main one first; a contact stands for itself.

    Raises Rejected for a card that is gone, and for one of another kind.
    """
    numbers = await _numbers(api, card)
    found = [await _contact(api, number) for number in (numbers if everyone else numbers[:1])]
    return [one for one in found if one is not None]


async def _numbers(api: AmoApi, card: CardRef) -> Sequence[int]:
    """The numbers of a card's contacts, the main one first."""
    if card.kind == "contact":
        return [int(card.id)]
    if card.kind != "deal":
        raise Rejected(GONE, str(card))
    lead = await _there(api, f"/api/v4/leads/{card.id}", {"with": "contacts"})
    if lead is None:
        raise Rejected(GONE, str(card))
    bound = sorted(embedded(lead, "contacts"), key=lambda one: one.get("is_main") is not True)
    return [one["id"] for one in bound if isinstance(one.get("id"), int)]


async def _there(api: AmoApi, path: str, params: Mapping[str, str] | None = None) -> Mapping[str, Any] | None:
    """A card; ``None`` if it is gone."""
    try:
        found = await api.get(path, params)
    except Rejected:
        return None
    return found if isinstance(found, dict) and found.get("id") and not found.get("is_deleted") else None


async def _contact(api: AmoApi, number: int) -> ClientOfCard | None:
    """A contact with what it is reached by; ``None`` if it is gone."""
    found = await _there(api, f"{contacts.PATH}/{number}")
    if found is None:
        return None
    chats = await api.get(f"{contacts.PATH}/chats", {"contact_id": number})
    remote = [str(one.get("chat_id") or "") for one in embedded(chats, "chats")]
    return ClientOfCard(
        card=Card(kind="contact", id=str(number), title=border.name(str(found.get("name") or number))),
        chats=[CardChat(remote=border.external_id(one)) for one in remote if one],
        phones=[CardPhone(phone=border.address(one)) for one in contacts.values(found, "PHONE") if one],
        others=[border.address(one) for one in contacts.values(found, "EMAIL") if one],
    )

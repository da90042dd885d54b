"""The contacts of a card with their chats, phones and addresses (providers' sheet §4.5, §6.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from chatapp_cli.crm.amocrm import cards, contacts
from chatapp_cli.crm.amocrm.card_chats import CardChats, ChatSpot, leads_of
from chatapp_cli.crm.amocrm.rest import AmoApi, embedded, numbers_in
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.cards import CardChat, CardPhone, CardRef, ClientOfCard
from chatapp_cli.domain.crm.link import Card
from chatapp_cli.domain.errors import Rejected

GONE = "card_gone"
"""For whoever named a card themselves."""
GONE_FROM_BOT = "bot_card_gone"
"""For whoever reads what became of a bot's step."""


async def contacts_of(api: AmoApi, card: CardRef, *, everyone: bool) -> Sequence[ClientOfCard]:
    """The main contact of a deal, or all of them, the main one first; a contact stands for itself.

    Raises Rejected for a card that is gone, and for one of another kind.
    """
    numbers = await _numbers(api, card)
    found = [await _contact(api, number) for number in (numbers if everyone else numbers[:1])]
    return [one for one in found if one is not None]


async def client_of(api: AmoApi, talks: CardChats, card: CardRef) -> ClientOfCard:
    """The chats and phones of a card, or else of its contacts. Raises Rejected for a card that is gone.

    What amoCRM calls a lead is a deal here, whichever way it is named. The phones of a company count where those of its
    contacts do not exist (S-186).
    """
    ref = CardRef("deal", card.id) if card.kind == "lead" else card
    item = await _there(api, f"{cards.PATHS[ref.kind]}/{ref.id}", {"with": "contacts"})
    shown = await cards.cards(api, {ref.kind: int(ref.id)}) if item is not None else ()
    if item is None or not shown:
        raise Rejected(GONE, str(card))
    people = _called([one for number in await _behind(api, ref, item) if (one := await _contact(api, number))])
    theirs = [CardChat(remote=chat.remote, whose=name) for name, one in people.items() for chat in one.chats]
    own = [_chat(ref, spot, people) for spot in await talks.spots(ref)]
    phones = [CardPhone(phone=each.phone, whose=name) for name, one in people.items() for each in one.phones]
    return ClientOfCard(
        card=shown[0],
        chats=_once([*own, *theirs, *await _chats_of(api, ref)]),
        phones=phones or await _phones_of(api, ref, item),
        people=list(people),
    )


async def _behind(api: AmoApi, ref: CardRef, item: Mapping[str, Any]) -> Sequence[int]:
    """The numbers of a card's contacts, the main one first; behind a company stand those of its leads as well."""
    leads = await leads_of(api, ref) if ref.kind == "company" else ()
    asked: dict[str, str | int] = {f"filter[id][{place}]": one for place, one in enumerate(leads)}
    found = embedded(await api.get(cards.PATHS["deal"], {**asked, "with": "contacts"}), "leads") if leads else []
    return list(dict.fromkeys(number for one in (item, *found) for number in numbers_in(one, "contacts")))


def _chat(ref: CardRef, spot: ChatSpot, people: Mapping[str, ClientOfCard]) -> CardChat:
    """A chat that a card tells, with whose it is: also somebody who is no contact of the card any more.

    What is bound to the leads of a company is its people's, and each one's of whom nothing is known.
    """
    remote, is_company = border.external_id(spot.remote), ref.kind == "company"
    whose = "" if ref == CardRef("contact", str(spot.contact)) else _whose(spot, people)
    return CardChat(
        remote=remote, whose=whose or (f"chat:{remote}" if is_company else ""), of_card=bool(whose) and not is_company
    )


def _whose(spot: ChatSpot, people: Mapping[str, ClientOfCard]) -> str:
    for name, one in people.items():
        known = one.card.id == str(spot.contact) if spot.contact else spot.remote in {each.remote for each in one.chats}
        if known:
            return name
    return f"contact:{spot.contact}" if spot.contact else ""


def _once(chats: Sequence[CardChat]) -> Sequence[CardChat]:
    """Each chat as it was told first."""
    found: dict[str, CardChat] = {}
    for one in chats:
        found.setdefault(one.remote, one)
    return list(found.values())


def _called(people: Sequence[ClientOfCard]) -> Mapping[str, ClientOfCard]:
    """Contacts by their names, with the number of the card where several are called the same."""
    often = Counter(one.card.title for one in people)
    return {
        f"{one.card.title} (contact:{one.card.id})" if often[one.card.title] > 1 else one.card.title: one
        for one in people
    }


async def _chats_of(api: AmoApi, ref: CardRef) -> Sequence[CardChat]:
    if ref.kind != "contact":
        return ()
    chats = await api.get(f"{contacts.PATH}/chats", {"contact_id": ref.id})
    remote = [str(one.get("chat_id") or "") for one in embedded(chats, "chats")]
    return [CardChat(remote=border.external_id(one)) for one in remote if one]


async def _phones_of(api: AmoApi, ref: CardRef, item: Mapping[str, Any]) -> Sequence[CardPhone]:
    """The phones in a card itself; of a deal, those of its company."""
    found: list[CardPhone] = []
    for number in numbers_in(item, "companies") if ref.kind == "deal" else ():
        company = await _there(api, f"{cards.PATHS['company']}/{number}")
        found += _phones(company, border.name(str(company.get("name") or number))) if company else ()
    return [*_phones(item), *found]


def _phones(card: Mapping[str, Any], whose: str = "") -> Sequence[CardPhone]:
    return [CardPhone(phone=border.address(one), whose=whose) for one in contacts.values(card, "PHONE") if one]


async def _numbers(api: AmoApi, card: CardRef) -> Sequence[int]:
    """The numbers of a card's contacts, the main one first."""
    if card.kind == "contact":
        return [int(card.id)]
    if card.kind != "deal":
        raise Rejected(GONE_FROM_BOT, str(card))
    lead = await _there(api, f"/api/v4/leads/{card.id}", {"with": "contacts"})
    if lead is None:
        raise Rejected(GONE_FROM_BOT, str(card))
    return numbers_in(lead, "contacts")


async def _there(api: AmoApi, path: str, params: Mapping[str, str] | None = None) -> Mapping[str, Any] | None:
    """A card; ``None`` if it is gone: one that may not be read is there, and Rejected says so."""
    try:
        found = await api.get(path, params)
    except Rejected as error:
        if error.code != "gone":
            raise
        return None
    return found if isinstance(found, dict) and found.get("id") and not found.get("is_deleted") else None


async def _contact(api: AmoApi, number: int) -> ClientOfCard | None:
    """A contact with what it is reached by; ``None`` if it is gone."""
    found = await _there(api, f"{contacts.PATH}/{number}")
    if found is None:
        return None
    return ClientOfCard(
        card=Card(kind="contact", id=str(number), title=border.name(str(found.get("name") or number))),
        chats=await _chats_of(api, CardRef("contact", str(number))),
        phones=_phones(found),
        others=[border.address(one) for one in contacts.values(found, "EMAIL") if one],
    )

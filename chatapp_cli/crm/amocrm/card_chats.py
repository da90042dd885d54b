"""Which chats a card has, and which cards a chat: by the account's talks, or by the leads in which chats are notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from chatapp_cli.crm.amocrm.cards import PATHS, ids_of_chat
from chatapp_cli.crm.amocrm.names import chat_of
from chatapp_cli.crm.amocrm.notes import AmoNotes, WrittenIn, written_in
from chatapp_cli.crm.amocrm.rest import AmoApi, Params, numbers_in
from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.entry import CrmChat
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.ports.memory import Memory

MOST_LEADS: Final = 10
"""Leads of a contact or a company whose chats are looked for, the newest ones: each costs a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSpot:
    """A chat as the account tells it; without kind and place it is known by ``remote`` alone."""

    remote: str
    kind: str = ""
    place: str = ""
    chat: str = ""
    contact: int = field(default=0, compare=False)
    """Whose it is; 0 if that is not known."""


class CardChats(Protocol):
    """The chats of cards and the cards of chats."""

    async def spots(self, card: CardRef) -> Sequence[ChatSpot]:
        """The chats of a card."""
        ...

    async def cards(self, spot: ChatSpot) -> Mapping[str, int]:
        """The numbers of a chat's cards by kind, as far as they are told beside the chat."""
        ...

    async def spot(self, chat: CrmChat) -> ChatSpot | None:
        """Where a chat of ours is there; ``None`` if it is not there yet."""
        ...


class TalkChats:
    """In an account with a chat channel: talks join both (providers' sheet §4.5, addendum C7)."""

    def __init__(self, api: AmoApi) -> None:
        self._api = api

    async def spots(self, card: CardRef) -> Sequence[ChatSpot]:
        """By the talks of a contact or a lead; those of a company are those of its leads."""
        if card.kind == "company":
            leads = await leads_of(self._api, card)
            return [one for lead in leads for one in await self.spots(CardRef("deal", str(lead)))]
        asked: Params = {"filter[contact_id]": card.id}
        if card.kind == "deal":
            asked = {"filter[entity_id]": card.id, "filter[entity_type]": "lead"}
        talks = await self._api.pages("/api/v4/talks", "talks", asked)
        spots = [ChatSpot(remote=chat_of(str(one.get("chat_id") or "")), contact=_number(one)) for one in talks]
        return [one for one in dict.fromkeys(spots) if one.remote]

    async def cards(self, spot: ChatSpot) -> Mapping[str, int]:
        """The contact, and the lead of the newest talk."""
        return await ids_of_chat(self._api, spot.remote, urgency=Urgency.BACKGROUND)

    async def spot(self, chat: CrmChat) -> ChatSpot | None:
        """By its id in the chats."""
        return ChatSpot(remote=chat_of(chat.remote)) if chat_of(chat.remote) else None


class NoteChats:
    """In an account without one: the memory knows in which lead a chat is written down."""

    def __init__(self, api: AmoApi, notes: AmoNotes, memory: Memory) -> None:
        self._api, self._notes, self._memory = api, notes, memory

    async def spots(self, card: CardRef) -> Sequence[ChatSpot]:
        """The chats of a lead, or of the leads of a contact or a company."""
        leads = [int(card.id)] if card.kind == "deal" else await leads_of(self._api, card)
        found = [await written_in(self._memory, lead) for lead in leads]
        return list(dict.fromkeys([await self._told(one) for one in found if one]))

    async def _told(self, one: WrittenIn) -> ChatSpot:
        """A chat is known by the lead in which it is written down now, also where a former one is asked about."""
        remote = str(await self._notes.lead_of(one.chat) or one.lead)
        return ChatSpot(remote=remote, kind=one.kind, place=one.place, chat=one.chat, contact=one.contact)

    async def cards(self, spot: ChatSpot) -> Mapping[str, int]:
        """The lead in which it is written down now."""
        lead = await self._notes.lead_of(spot.chat)
        return {} if lead is None else {"deal": lead}

    async def spot(self, chat: CrmChat) -> ChatSpot | None:
        """By our own id."""
        return ChatSpot(remote=chat.remote, chat=chat.id) if await self._notes.lead_of(chat.id) else None


def _number(talk: Mapping[str, Any]) -> int:
    """The contact of a talk; 0 without one."""
    said = talk.get("contact_id")
    return said if isinstance(said, int) and not isinstance(said, bool) else 0


async def leads_of(api: AmoApi, card: CardRef) -> Sequence[int]:
    """The newest leads of a contact or a company; none if it is gone."""
    try:
        found = await api.get(f"{PATHS[card.kind]}/{card.id}", {"with": "leads"}, urgency=Urgency.BACKGROUND)
    except Rejected:
        return ()
    return sorted(numbers_in(found, "leads"), reverse=True)[:MOST_LEADS]

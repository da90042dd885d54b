"""The list of events: who wrote in which talk, who became responsible for a card, and when.

The vendor's page «События и примечания»: ``entity_id`` takes ten numbers with exactly one ``entity``; ``talk_id`` and
``origin`` of a message, and ``responsible_user`` of a handover, are seen in code of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chatapp_cli.sandbox.amocrm.objects import AmoChat, AmoHandover, AmoMessage, AmoRefusal, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply, listed, since_when

MOST_EVENTS: Final = 100
MOST_CARDS: Final = 10
_KNOWN: Final = frozenset({"type", "created_at", "entity", "entity_id"})
_HANDOVER: Final = "entity_responsible_changed"
_ENTITIES: Final = {"leads": "lead", "contacts": "contact", "companies": "company"}


@dataclass(frozen=True, slots=True)
class EventMethods:
    """Lists what was written in the chats and who became responsible; other events are not there."""

    desk: AccountDesk

    @property
    def table(self) -> Mapping[str, AmoMethod]:
        """The methods by route."""
        return {"GET /api/v4/events": self.find}

    def find(self, request: AmoRequest) -> Reply:
        """Those of some types since a moment, of some cards if they are named, the newest first."""
        for name in request.filter.keys() - _KNOWN:
            self.desk.problems.append(f"GET /api/v4/events: filter[{name}] is not known")
        entities, cards = request.filtered("entity"), request.filtered("entity_id")
        if cards and (len(entities) != 1 or len(cards) > MOST_CARDS):
            raise AmoRefusal(400, "entity_id takes ten numbers at most, with one entity")
        types, since = request.filtered("type"), since_when(request, "created_at")
        fitting = [
            one
            for one in self._events()
            if one["created_at"] >= since
            and (not types or one["type"] in types)
            and (not entities or one["entity_type"] in entities)
            and (not cards or str(one["entity_id"]) in cards)
        ]
        fitting.sort(key=lambda one: int(one["created_at"]), reverse=True)
        return listed(request, "events", fitting, MOST_EVENTS)

    def _events(self) -> list[Json]:
        """All of them, the latest first."""
        office = self.desk.office
        written = [_event(chat, message) for chat in office.chats for message in chat.messages]
        handed = [_handed(place, one) for place, one in enumerate(office.handovers)]
        return [*written, *handed][::-1]


def _type(message: AmoMessage) -> str:
    return "incoming_chat_message" if message.by_client else "outgoing_chat_message"


def _event(chat: AmoChat, message: AmoMessage) -> Json:
    return {
        "id": message.id.replace("-", ""), "type": _type(message), "entity_id": chat.lead or chat.person.contact,
        "entity_type": "lead" if chat.lead else "contact", "created_by": 0, "created_at": message.at // 1000,
        "value_before": [], "value_after": [{"message": {"id": message.id, "talk_id": chat.talk}}],
    }  # fmt: skip


def _handed(place: int, one: AmoHandover) -> Json:
    return {
        "id": f"handover{place}", "type": _HANDOVER, "entity_id": one.card, "entity_type": _ENTITIES[one.kind],
        "created_by": one.author, "created_at": one.at, "value_before": [{"responsible_user": {"id": one.before}}],
        "value_after": [{"responsible_user": {"id": one.after}}],
    }  # fmt: skip

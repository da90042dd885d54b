"""The list of events: who wrote in which talk, and when.

The vendor's page «События и примечания»; ``talk_id`` and ``origin`` of a message are seen in code of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chatapp_cli.sandbox.amocrm.objects import AmoChat, AmoMessage, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply, listed, since_when

MOST_EVENTS: Final = 100
_KNOWN: Final = frozenset({"type", "created_at"})


@dataclass(frozen=True, slots=True)
class EventMethods:
    """Lists what was written in the chats; other events are not there."""

    desk: AccountDesk

    @property
    def table(self) -> Mapping[str, AmoMethod]:
        """The methods by route."""
        return {"GET /api/v4/events": self.find}

    def find(self, request: AmoRequest) -> Reply:
        """Those of some types since a moment, the newest first."""
        for name in request.filter.keys() - _KNOWN:
            self.desk.problems.append(f"GET /api/v4/events: filter[{name}] is not known")
        types, since = request.filtered("type"), since_when(request, "created_at")
        fitting = [
            _event(chat, message)
            for chat in self.desk.office.chats
            for message in chat.messages
            if message.at // 1000 >= since and (not types or _type(message) in types)
        ]
        fitting.sort(key=lambda one: int(one["created_at"]), reverse=True)
        return listed(request, "events", fitting, MOST_EVENTS)


def _type(message: AmoMessage) -> str:
    return "incoming_chat_message" if message.by_client else "outgoing_chat_message"


def _event(chat: AmoChat, message: AmoMessage) -> Json:
    return {
        "id": message.id.replace("-", ""), "type": _type(message), "entity_id": chat.lead or chat.person.contact,
        "entity_type": "lead" if chat.lead else "contact", "created_by": 0, "created_at": message.at // 1000,
        "value_before": [], "value_after": [{"message": {"id": message.id, "talk_id": chat.talk}}],
    }  # fmt: skip

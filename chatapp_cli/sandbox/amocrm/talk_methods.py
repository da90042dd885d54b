"""Talks: what a chat is in the cards. providers-crm.md 4.5, C7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chatapp_cli.sandbox.amocrm.objects import AmoChat, AmoRefusal, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply, listed

_KNOWN: Final = frozenset({"entity_id", "contact_id", "chat_id", "id", "entity_type"})


@dataclass(frozen=True, slots=True)
class TalkMethods:
    """Lists and closes talks; chats without a message are not seen by anybody (C5)."""

    desk: AccountDesk

    @property
    def table(self) -> Mapping[str, AmoMethod]:
        """The methods by route."""
        path = "/api/v4/talks"
        return {f"GET {path}": self.find, f"GET {path}/{{id}}": self.get, f"POST {path}/{{id}}/close": self.close}

    @property
    def _seen(self) -> list[AmoChat]:
        return [one for one in self.desk.office.chats if one.messages]

    def find(self, request: AmoRequest) -> Reply:
        """Those of a lead, a contact or a chat."""
        for name in request.filter.keys() - _KNOWN:
            self.desk.problems.append(f"GET /api/v4/talks: filter[{name}] is not known")
        fitting = [
            shown(one, self.desk) for one in self._seen
            if all(
                str(value) in (request.filtered(name) or [str(value)])
                for name, value in (
                    ("entity_id", one.lead), ("contact_id", one.person.contact), ("chat_id", one.id), ("id", one.talk),
                )
            )
        ]  # fmt: skip
        return listed(request, "talks", fitting)

    def get(self, request: AmoRequest) -> Reply:
        """One of them."""
        return Reply(200, shown(self._known(request), self.desk))

    def _known(self, request: AmoRequest) -> AmoChat:
        number = request.number("id")
        for chat in self._seen:
            if chat.talk == number:
                return chat
        raise AmoRefusal(404)

    def close(self, request: AmoRequest) -> Reply:
        """Close a talk; the next message opens it again."""
        chat = self._known(request)
        chat.closed = True
        self.desk.hooks.tell("update_talk", shown(chat, self.desk))
        return Reply(202)


def shown(chat: AmoChat, desk: AccountDesk) -> Json:
    """A talk as answers and hooks show it."""
    return {
        "talk_id": chat.talk, "chat_id": chat.id, "contact_id": chat.person.contact or 0, "entity_id": chat.lead,
        "entity_type": "lead" if chat.lead else None, "status": "closed" if chat.closed else "in_work",
        "is_in_work": not chat.closed, "is_read": False, "origin": desk.channel_code, "account_id": desk.id,
    }  # fmt: skip

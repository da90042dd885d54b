"""Contacts and companies, and the chats that belong to contacts. providers-crm.md 4.5, C5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chatapp_cli.sandbox.amocrm.cards import CONTACT, CardKeeper
from chatapp_cli.sandbox.amocrm.objects import AmoCard, AmoContact, AmoRefusal, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply, answered, listed
from chatapp_cli.sandbox.amocrm.shapes import CHOICE, TEXT, WHOLE, Judge, Shape, items_of

_BINDING: Final[Shape] = {"contact_id": WHOLE, "chat_id": TEXT, "request_id": TEXT}
_KINDS: Final = ("contacts", "companies")


class ContactMethods:
    """Finds, makes and changes people and companies."""

    def __init__(self, desk: AccountDesk) -> None:
        self._desk, self._office = desk, desk.office
        self._keeper = CardKeeper(desk.office)

    @property
    def table(self) -> Mapping[str, AmoMethod]:
        """The methods by route."""
        both = {
            f"{verb} /api/v4/{kind}{rest}": does
            for kind in _KINDS
            for verb, rest, does in (
                ("GET", "", self.find), ("GET", "/{id}", self.get), ("POST", "", self.add), ("PATCH", "", self.change),
                ("PATCH", "/{id}", self.change_one),
            )
        }  # fmt: skip
        return {**both, "GET /api/v4/contacts/chats": self.chats, "POST /api/v4/contacts/chats": self.bind}

    def find(self, request: AmoRequest) -> Reply:
        """Those whose fields contain ``query``; no digits are compared, only text."""
        kind = _kind(request)
        fitting = [card for card in self._office.cards(kind).values() if is_asked_for(card, request)]
        return listed(request, kind, [self._shown(card, kind, request) for card in fitting])

    def get(self, request: AmoRequest) -> Reply:
        """One of them; 204 if there is none."""
        kind = _kind(request)
        card = self._office.card(kind, request.number("id"))
        return Reply(200, self._shown(card, kind, request)) if card else Reply(204)

    def _shown(self, card: AmoCard, kind: str, request: AmoRequest) -> Json:
        said = self._keeper.shown(card, kind, self._desk.id)
        if request.with_("leads"):
            leads = [
                one.id for one in self._office.leads.values()
                if not one.deleted and card.id in (one.companies if kind == "companies" else one.contacts)
            ]  # fmt: skip
            said["_embedded"]["leads"] = [{"id": one} for one in leads]
        return said

    def add(self, request: AmoRequest) -> Reply:
        """Make each of an array, or none."""
        kind, items = _kind(request), items_of(request, self._desk.problems)
        judge = self._judge(request)
        for request_id, item in items:
            if judge.shape(request_id, item, CONTACT):
                self._keeper.judge(judge, request_id, kind, item)
        judge.settle()
        return answered(kind, [self._made(kind, request_id, item, request.user) for request_id, item in items])

    def _made(self, kind: str, request_id: str, item: Json, user: int) -> Json:
        return {"id": self.make(kind, item, user).id, "request_id": request_id}

    def make(self, kind: str, item: Json, user: int) -> AmoContact:
        """Make one of a judged item, and tell of it."""
        made = self._office.add_contact("", responsible=item.get("responsible_user_id", user))
        made.kind = kind
        if kind == "companies":
            self._office.companies[made.id] = self._office.contacts.pop(made.id)
        self._write(made, item, user)
        self._tell("add", made)
        return made

    def same(self, kind: str, item: Json) -> int | None:
        """The one that has a phone or an address of a judged item, as duplicate control finds it."""
        said = self._keeper.several(kind, item)
        for card in self._office.cards(kind).values():
            has = {(number, value["value"]) for number, values in card.values.items() for value in values}
            if not card.deleted and said & has:
                return card.id
        return None

    def change(self, request: AmoRequest) -> Reply:
        """Change each of an array, or none."""
        kind, items = _kind(request), items_of(request, self._desk.problems)
        judge = self._judge(request)
        for request_id, item in items:
            if judge.shape(request_id, item, CONTACT, needs=["id"]):
                if self._office.card(kind, item["id"]) is None:
                    judge.says(request_id, CHOICE, "id")
                self._keeper.judge(judge, request_id, kind, item)
        judge.settle()
        return answered(kind, [self._changed(kind, request_id, item, request.user) for request_id, item in items])

    def change_one(self, request: AmoRequest) -> Reply:
        """Change one of them."""
        kind, item, judge = _kind(request), request.map(), self._judge(request)
        card = self._office.card(kind, request.number("id"))
        if card is None:
            raise AmoRefusal(404)
        if judge.shape("0", item, CONTACT):
            self._keeper.judge(judge, "0", kind, item)
        judge.settle()
        return Reply(200, self._changed(kind, "0", {**item, "id": card.id}, request.user))

    def _changed(self, kind: str, request_id: str, item: Json, user: int) -> Json:
        card = self._office.card(kind, item["id"])
        assert isinstance(card, AmoContact)
        self.rewrite(card, item, user)
        return {"id": card.id, "name": card.name, "updated_at": card.updated_at, "request_id": request_id}

    def rewrite(self, card: AmoContact, item: Json, user: int) -> None:
        """Change one by a judged item, and tell of it."""
        before = card.responsible
        self._write(card, item, user)
        self._tell("update", card)
        if card.responsible != before:
            self._office.handed_over(card.kind, card, before, user)
            self._tell("responsible", card, old_responsible_user_id=before)

    def _write(self, card: AmoContact, item: Json, user: int) -> None:
        self._keeper.write(card, card.kind, item, user)
        card.first_name = item.get("first_name", card.first_name)
        card.last_name = item.get("last_name", card.last_name)
        if "name" not in item and (card.first_name or card.last_name):
            card.name = f"{card.first_name} {card.last_name}".strip()

    def _tell(self, what: str, card: AmoContact, **more: Any) -> None:
        thing, kind = ("company", "company") if card.kind == "companies" else ("contact", "contact")
        said = {
            "id": card.id, "name": card.name, "responsible_user_id": card.responsible, "type": kind,
            "account_id": self._desk.id, "updated_at": card.updated_at, **more,
        }  # fmt: skip
        self._desk.hooks.tell(f"{what}_{thing}", said)

    def _judge(self, request: AmoRequest) -> Judge:
        return Judge(self._desk.problems, f"{request.method} {request.path}")

    def chats(self, request: AmoRequest) -> Reply:
        """Which chats belong to which contacts, asked for by ``contact_id`` or ``chat_id``."""
        of, chat = request.query.get("contact_id"), request.query.get("chat_id")
        said = [
            {"id": place, "chat_id": one.id, "contact_id": one.person.contact}
            for place, one in enumerate(self._office.chats, 1)
            if one.person.contact and of in {None, str(one.person.contact)} and chat in {None, one.id}
        ]
        return listed(request, "chats", said)

    def bind(self, request: AmoRequest) -> Reply:
        """Let chats belong to contacts; before its first message this spares a chat an incoming lead."""
        items, judge = items_of(request, self._desk.problems), self._judge(request)
        for request_id, item in items:
            if judge.shape(request_id, item, _BINDING, needs=["contact_id", "chat_id"]):
                if self._office.card("contacts", item["contact_id"]) is None:
                    judge.says(request_id, CHOICE, "contact_id")
                if self._office.chat(item["chat_id"]) is None:
                    judge.says(request_id, CHOICE, "chat_id")
        judge.settle()
        return answered("chats", [self._bound(request_id, item) for request_id, item in items])

    def _bound(self, request_id: str, item: Json) -> Json:
        chat = self._office.chat(item["chat_id"])
        assert chat
        chat.person.contact = item["contact_id"]
        return {"chat_id": chat.id, "contact_id": item["contact_id"], "id": chat.talk, "request_id": request_id}


def _kind(request: AmoRequest) -> str:
    return request.path.split("/")[3]


def is_asked_for(card: AmoCard, request: AmoRequest) -> bool:
    """Whether a card fits ``query``, which is looked for in every filled field, and ``filter[id]``."""
    if card.deleted or (request.filtered("id") and str(card.id) not in request.filtered("id")):
        return False
    query = str(request.query.get("query", "")).casefold()
    said = [card.name, *(str(value["value"]) for values in card.values.values() for value in values)]
    return any(query in text.casefold() for text in said)

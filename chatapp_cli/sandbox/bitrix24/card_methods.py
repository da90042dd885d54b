"""The methods of the CRM's cards and of files."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from chatapp_cli.sandbox.bitrix24.call import Call, Desk, Method
from chatapp_cli.sandbox.bitrix24.line_methods import written_time
from chatapp_cli.sandbox.bitrix24.objects import KINDS, Json, PortalCard, PortalComment, PortalRefusal
from chatapp_cli.sandbox.bitrix24.office import PortalOffice

PAGE: Final = 50


def _means(card: PortalCard) -> list[Json]:
    """Phones and messengers; a deal has none of its own."""
    chats = [("IM", "IMOL", f"imol|{code}") for code in card.codes]
    phones = [("PHONE", "WORK", phone) for phone in (card.phone, *card.more_phones) if phone]
    said = [] if card.kind == "deal" else [*phones, *chats]
    return [{"id": n, "typeId": kind, "valueType": use, "value": value} for n, (kind, use, value) in enumerate(said, 1)]


_FIELDS: Final[Mapping[str, Callable[[PortalCard], Any]]] = {
    "id": lambda card: card.id,
    "title": lambda card: card.title,
    "name": lambda card: card.title,
    "stageId": lambda card: card.stage,
    "categoryId": lambda card: card.category,
    "assignedById": lambda card: card.responsible,
    "contactId": lambda card: card.contact,
    "contactIds": lambda card: [one for one in (card.contact, *card.more_contacts) if one],
    "closed": lambda card: "Y" if card.closed else "N",
    "updatedTime": lambda card: written_time(card.updated),
    "leadId": lambda card: card.lead,
    "stageSemanticId": lambda card: card.semantic,
    "originatorId": lambda card: card.origin[0],
    "originId": lambda card: card.origin[1],
    "fm": _means,
}
"""What a card shows; own fields stand in ``PortalCard.fields``."""
_FURTHER: Final[Mapping[str, str]] = {
    "sourceId": "Источник", "sourceDescription": "Дополнительно об источнике", "comments": "Комментарий",
    "opportunity": "Сумма",
}  # fmt: skip
"""Fields that a card keeps as they were given, with their titles."""
_READ_ONLY: Final = {"id", "closed", "updatedTime", "stageSemanticId"}
_STAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "deal": {"NEW": "Новая", "PREPARATION": "Подготовка", "WON": "Успешна", "LOSE": "Провалена"},
    "lead": {"NEW": "Не обработан", "IN_PROCESS": "В работе", "CONVERTED": "Качественный лид", "JUNK": "Спам"},
}  # fmt: skip
_DICTIONARIES: Final[Mapping[str, str]] = {"deal": "DEAL_STAGE", "lead": "STATUS"}
_COMPARES: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
}  # fmt: skip


class CardMethods:
    """Bound to one portal."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    @property
    def table(self) -> Mapping[str, Method]:
        """The methods by their names."""
        return {
            "crm.item.list": self.items,
            "crm.item.get": lambda call: {"item": _shown(self._card(call))},
            "crm.item.add": self.add,
            "crm.item.update": self.change,
            "crm.item.fields": self.described,
            "crm.timeline.comment.add": self.comment,
            "crm.timeline.comment.get": self.commented,
            "crm.timeline.comment.list": self.comments,
            "crm.timeline.comment.update": self.rewrite,
            "crm.timeline.comment.delete": self.remove,
            "crm.duplicate.findbycomm": self.find,
            "crm.category.list": self.funnels,
            "crm.status.list": self.stages,
        }

    def _kind(self, call: Call) -> str:
        for kind, number in KINDS.items():
            if number == call.number("entityTypeId"):
                return kind
        raise PortalRefusal(400, "NOT_FOUND", "There is no such type")

    def _card(self, call: Call) -> PortalCard:
        card = self._office.card(self._kind(call), call.number("id"))
        if card is None:
            raise PortalRefusal(400, "NOT_FOUND", "There is no such card")
        if self._is_hidden(card, call):
            raise PortalRefusal(400, "ACCESS_DENIED", "You may not see this item")
        return card

    def _is_hidden(self, card: PortalCard, call: Call) -> bool:
        return (call.user, card.kind, card.id) in self._office.hidden

    def items(self, call: Call) -> Json:
        """The cards that a filter finds and the employee may see, 50 on a page."""
        kind, wanted = self._kind(call), call.map("filter")
        found = [one for one in self._office.cards if one.kind == kind and _fits(one, wanted)]
        found = [one for one in found if not self._is_hidden(one, call)]
        order = {str(name): str(way).lower() for name, way in call.map("order").items()}
        for name, way in reversed(order.items()):
            found.sort(key=_FIELDS.get(name, _FIELDS["id"]), reverse=way == "desc")
        start = call.number("start")
        if start >= 0:
            call.extra["total"] = len(found)
            if len(found) > start + PAGE:
                call.extra["next"] = start + PAGE
        chosen = call.params.get("select") or ["*"]
        return {"items": [_shown(card, chosen) for card in found[max(start, 0) :][:PAGE]]}

    def add(self, call: Call) -> Json:
        """A new card; the portal itself looks for no duplicate. Raises PortalRefusal."""
        kind, fields = self._kind(call), call.map("fields")
        category = int(fields.get("categoryId") or 0)
        if kind == "deal" and category not in self._office.funnels:
            raise PortalRefusal(400, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "There is no such pipeline")
        contacts = fields.get("contactIds") or [fields.get("contactId") or 0]
        if any(int(one) and self._office.card("contact", one) is None for one in contacts):
            raise PortalRefusal(400, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "There is no such contact")
        reach = {str(one.get("typeId")): str(one.get("value", "")) for one in fields.get("fm") or [] if one}
        first = f"C{category}:NEW" if category else "NEW"
        stage = "" if kind == "contact" else str(fields.get("stageId") or first)
        self._require_stage(kind, category, stage)
        self._require_employee(fields)
        name = " ".join(str(fields[part]) for part in ("name", "lastName") if fields.get(part))
        card = self._office.add_card(
            kind, title=str(fields.get("title") or name), responsible=int(fields.get("assignedById") or call.user),
            stage=stage, category=category, contact=int(contacts[0]), phone=reach.get("PHONE", ""),
            email=reach.get("EMAIL", ""), origin=(str(fields.get("originatorId", "")), str(fields.get("originId", ""))),
        )  # fmt: skip
        known = {*_FURTHER, *(self._office.own_fields if kind == "deal" else ())}
        card.fields.update({name: value for name, value in fields.items() if name in known})
        self._desk.courier.tell(f"OnCrm{kind}Add", {"FIELDS": {"ID": card.id}}, user=call.user)
        return {"item": _shown(card)}

    def change(self, call: Call) -> Json:
        """New fields of a card, which somebody who works here is responsible for."""
        card, fields = self._card(call), call.map("fields")
        if (card.kind, card.id) in self._desk.misbehaviour.denied_cards:
            raise PortalRefusal(403, "ACCESS_DENIED", "You may not change this item")
        self._require_employee(fields)
        category = int(fields.get("categoryId", card.category))
        if card.kind == "deal" and category not in self._office.funnels:
            raise PortalRefusal(400, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "There is no such pipeline")
        if {"categoryId", "stageId"} & fields.keys():
            self._require_stage(card.kind, category, str(fields.get("stageId") or card.stage))
        set_fields(self._office, card, fields)
        self._office.touch(card)
        self._desk.courier.tell(f"OnCrm{card.kind}Update", {"FIELDS": {"ID": card.id}}, user=call.user)
        return {"item": _shown(card)}

    def _require_employee(self, fields: Mapping[str, Any]) -> None:
        """Raise PortalRefusal if a card is given to somebody who does not work here."""
        who = self._office.employees.get(int(fields.get("assignedById") or 0))
        if "assignedById" in fields and (who is None or not who.active):
            raise PortalRefusal(400, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "Invalid value of field assignedById")

    def _require_stage(self, kind: str, category: int, stage: str) -> None:
        """Raise PortalRefusal for a stage that the pipeline does not have."""
        if kind in _DICTIONARIES and stage not in self._stages_of(_dictionary(kind, category)):
            raise PortalRefusal(400, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "Invalid value of field stageId")

    def described(self, call: Call) -> Json:
        """The fields of a kind of cards; those that nobody can fill are read-only."""
        own = self._office.own_fields if self._kind(call) == "deal" else {}
        titles = {**dict.fromkeys(_FIELDS), **_FURTHER, **own}
        return {
            "fields": {name: _described(name, title or name, dynamic=name in own) for name, title in titles.items()}
        }

    def comment(self, call: Call) -> int:
        """A comment in a card's timeline."""
        fields = call.map("fields")
        kind, number = str(fields.get("ENTITY_TYPE", "")).lower(), int(fields.get("ENTITY_ID") or 0)
        card = self._office.card(kind, number)
        if card is None or not fields.get("COMMENT"):
            raise PortalRefusal(400, "ERROR_ARGUMENT", "The comment is empty, or there is no such card")
        made = self._office.add_comment(card, str(fields["COMMENT"]), call.user)
        self._desk.courier.tell("OnCrmTimelineCommentAdd", {"FIELDS": {"ID": made.id}}, user=call.user)
        return made.id

    def commented(self, call: Call) -> Json:
        """A comment."""
        found = self._comment(call)
        return {
            "ID": str(found.id), "ENTITY_ID": str(found.entity), "ENTITY_TYPE": found.kind,
            "CREATED": written_time(found.at), "COMMENT": found.text, "AUTHOR_ID": str(found.author), "FILES": [],
        }  # fmt: skip

    def comments(self, call: Call) -> list[Json]:
        """The comments of a card, 50 on a page; the card has to be said. Raises PortalRefusal."""
        wanted = call.map("filter")
        kind, number = str(wanted.get("ENTITY_TYPE", "")).lower(), int(wanted.get("ENTITY_ID") or 0)
        if not (kind and number):
            raise PortalRefusal(400, "ERROR_ARGUMENT", "ENTITY_ID and ENTITY_TYPE are needed in the filter")
        found = [one for one in self._office.comments if (one.kind, one.entity) == (kind, number)]
        newest = str(call.map("order").get("ID", "asc")).lower() == "desc"
        found.sort(key=lambda one: one.id, reverse=newest)
        start = max(call.number("start"), 0)
        call.extra["total"] = len(found)
        if len(found) > start + PAGE:
            call.extra["next"] = start + PAGE
        return [
            {"ID": str(one.id), "ENTITY_ID": str(one.entity), "ENTITY_TYPE": one.kind, "COMMENT": one.text,
             "AUTHOR_ID": str(one.author), "CREATED": written_time(one.at)}
            for one in found[start:][:PAGE]
        ]  # fmt: skip

    def _comment(self, call: Call) -> PortalComment:
        for one in self._office.comments:
            if one.id == call.number("id"):
                return one
        raise PortalRefusal(400, "NOT_FOUND", "There is no such comment")

    def rewrite(self, call: Call) -> int:
        """Another text of a comment. Raises PortalRefusal."""
        one, text = self._comment(call), str(call.map("fields").get("COMMENT") or "")
        if not text:
            raise PortalRefusal(400, "ERROR_ARGUMENT", "The comment is empty")
        one.text = text
        return one.id

    def remove(self, call: Call) -> None:
        """Take a comment away. Raises PortalRefusal."""
        self._office.comments.remove(self._comment(call))

    def find(self, call: Call) -> Any:
        """The cards with one of these phones or addresses; nothing found is a list in PHP."""
        values, kinds = call.params.get("values"), call.text("entity_type").lower()
        if call.text("type") not in {"PHONE", "EMAIL"} or not isinstance(values, list) or len(values) > 20:  # noqa: PLR2004 - the largest number that findbycomm takes
            raise PortalRefusal(400, "ERROR_ARGUMENT", "type or values are wrong")
        wanted = {str(value).lstrip("+").lower() for value in values}
        found: dict[str, list[int]] = {}
        for card in self._office.cards:
            has = card.phone.lstrip("+") if call.text("type") == "PHONE" else card.email.lower()
            if has and has in wanted and kinds in {"", card.kind}:
                found.setdefault(card.kind.upper(), []).append(card.id)
        return found or []

    def funnels(self, call: Call) -> Json:
        """The pipelines of deals; other kinds of cards have none here. Raises PortalRefusal."""
        if self._kind(call) != "deal":
            raise PortalRefusal(400, "ENTITY_TYPE_NOT_SUPPORTED", "The type has no pipelines")
        return {
            "categories": [
                {"id": number, "name": name, "sort": 100, "entityTypeId": KINDS["deal"],
                 "isDefault": "Y" if number == 0 else "N"}
                for number, name in self._office.funnels.items()
            ]
        }  # fmt: skip

    def stages(self, call: Call) -> list[Json]:
        """The stages of leads or of a funnel, those alone that the filter wants."""
        wanted = call.map("filter")
        entity, only = str(wanted.get("ENTITY_ID", "DEAL_STAGE")), str(wanted.get("STATUS_ID", ""))
        return [
            {"ENTITY_ID": entity, "STATUS_ID": stage, "NAME": name}
            for stage, name in self._stages_of(entity).items()
            if only in {"", stage}
        ]

    def _stages_of(self, entity: str) -> Mapping[str, str]:
        """The stages of a dictionary: those of another funnel than the first begin with its number."""
        category = entity.removeprefix("DEAL_STAGE").lstrip("_")
        sign = f"C{category}:" if entity != "STATUS" and category else ""
        found = {f"{sign}{stage}": name for stage, name in _STAGES["lead" if entity == "STATUS" else "deal"].items()}
        return {stage: name for stage, name in found.items() if stage not in self._office.gone_stages}


def set_fields(office: PortalOffice, card: PortalCard, fields: Mapping[str, Any]) -> None:
    """Set fields of a card, in the names of ``crm.item.*``; another stage is entered."""
    before = card.category, card.stage
    card.responsible = int(fields.get("assignedById", card.responsible))
    card.category = int(fields.get("categoryId", card.category))
    card.stage = str(fields.get("stageId", card.stage))
    card.title = str(fields.get("name", fields.get("title", card.title)))
    card.fields.update({name: value for name, value in fields.items() if name not in _FIELDS})
    if (card.category, card.stage) != before:
        office.entered(card)


def _dictionary(kind: str, category: int) -> str:
    return f"{_DICTIONARIES[kind]}_{category}" if kind == "deal" and category else _DICTIONARIES[kind]


def _described(name: str, title: str, *, dynamic: bool) -> Json:
    return {
        "type": "string", "isRequired": False, "isReadOnly": name in _READ_ONLY, "isImmutable": False,
        "isMultiple": False, "isDynamic": dynamic, "title": title, "upperName": name.upper(),
    }  # fmt: skip


def _shown(card: PortalCard, chosen: Any = ("*",)) -> Json:
    shown = {**{name: read(card) for name, read in _FIELDS.items()}, **card.fields}
    return shown if "*" in chosen else {name: shown[name] for name in ("id", *chosen) if name in shown}


def _number(said: Any) -> float:
    """What is compared: a number, or the seconds of a written time."""
    text = str(said)
    return float(text) if text.lstrip("-").isdecimal() else datetime.fromisoformat(text).timestamp()


def _fits(card: PortalCard, wanted: Mapping[str, Any]) -> bool:
    return all(_matches(card, name, value) for name, value in wanted.items())


def _matches(card: PortalCard, name: str, value: Any) -> bool:
    sign = name[: len(name) - len(name.lstrip("=><@!"))]
    bare = name.removeprefix(sign)
    if bare == "imol":
        return str(value).removeprefix("imol|") in card.codes
    if bare not in _FIELDS and bare not in card.fields:
        raise PortalRefusal(400, "INVALID_ARG_VALUE", "The filter has a field that is not known")
    said = _FIELDS[bare](card) if bare in _FIELDS else card.fields[bare]
    if compare := _COMPARES.get(sign):
        return compare(_number(said), _number(value))
    allowed = [str(one) for one in (value if isinstance(value, list) else [value])]
    return any(str(one) in allowed for one in (said if isinstance(said, list) else [said])) is not sign.startswith("!")

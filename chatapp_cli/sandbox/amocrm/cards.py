"""What is the same in contacts, companies and leads: custom fields, tags, how they are shown and changed."""

from __future__ import annotations

from typing import Any, Final

from chatapp_cli.sandbox.amocrm.objects import AmoCard, AmoContact, AmoField, AmoLead, Json
from chatapp_cli.sandbox.amocrm.office import AmoOffice
from chatapp_cli.sandbox.amocrm.shapes import (
    CHOICE,
    LIST,
    MISSING,
    NULL,
    TEXT,
    TYPE,
    UNKNOWN,
    WHOLE,
    YES_NO,
    Inside,
    Judge,
    Shape,
    fits,
)

TAGS: Final = Inside({"id": WHOLE, "name": TEXT}, many=True)
COMMON: Final[Shape] = {
    "id": WHOLE, "name": TEXT, "responsible_user_id": WHOLE, "created_by": WHOLE, "updated_by": WHOLE,
    "created_at": WHOLE, "updated_at": WHOLE, "custom_fields_values": (list, NULL), "tags_to_add": TAGS,
    "tags_to_delete": TAGS, "_embedded": Inside({"tags": TAGS}), "request_id": TEXT,
}  # fmt: skip
CONTACT: Final[Shape] = {**COMMON, "first_name": TEXT, "last_name": TEXT, "is_main": YES_NO}
LEAD: Final[Shape] = {
    **COMMON, "price": WHOLE, "status_id": WHOLE, "pipeline_id": WHOLE, "closed_at": WHOLE,
    "loss_reason_id": (int, NULL), "visitor_uid": TEXT,
}  # fmt: skip
_VALUE: Final[Shape] = {"value": (object,), "enum_id": WHOLE, "enum_code": TEXT}
_FIELD: Final[Shape] = {"field_id": WHOLE, "field_code": TEXT, "field_name": TEXT, "field_type": TEXT, "values": LIST}
_CHOSEN: Final = frozenset({"select", "multiselect", "radiobutton"})
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "text": (str, int, float), "textarea": TEXT, "url": TEXT, "numeric": (int, float, str), "checkbox": YES_NO,
    "date": (int, str), "date_time": (int, str), "multitext": TEXT,
}  # fmt: skip


class CardKeeper:
    """Judges and writes the common parts of cards."""

    def __init__(self, office: AmoOffice) -> None:
        self._office = office

    def judge(self, judge: Judge, request_id: str, kind: str, item: Json, under: str = "") -> None:
        """Judge the responsible employee and the custom fields of an item."""
        responsible = item.get("responsible_user_id")
        if fits(responsible, WHOLE) and not self._is_active(responsible):
            judge.says(request_id, CHOICE, f"{under}responsible_user_id")
        for number, said in enumerate(item.get("custom_fields_values") or []):
            self._judge_field(judge, request_id, kind, said, f"{under}custom_fields_values.{number}")

    def _is_active(self, number: Any) -> bool:
        user = self._office.users.get(number)
        return user is not None and user.active

    def _judge_field(self, judge: Judge, request_id: str, kind: str, said: Any, where: str) -> None:
        if not isinstance(said, dict) or not isinstance(said.get("values"), list) or not said["values"]:
            judge.says(request_id, MISSING, f"{where}.values")
            return
        for name in said.keys() - _FIELD.keys():
            judge.says(request_id, UNKNOWN, f"{where}.{name}")
        known = self._field(kind, said)
        if known is None:
            judge.says(request_id, CHOICE, f"{where}.field_id" if "field_id" in said else f"{where}.field_code")
            return
        for number, value in enumerate(said["values"]):
            self._judge_value(judge, request_id, known, value, f"{where}.values.{number}")

    def _field(self, kind: str, said: Json) -> AmoField | None:
        number = said.get("field_id")
        if number is not None:
            return self._office.field(kind, number=number) if fits(number, WHOLE) else None
        return self._office.field(kind, code=str(said.get("field_code") or ""))

    def _judge_value(self, judge: Judge, request_id: str, known: AmoField, said: Any, where: str) -> None:
        if not isinstance(said, dict):
            judge.says(request_id, TYPE, where)
            return
        for name in said.keys() - _VALUE.keys():
            judge.says(request_id, UNKNOWN, f"{where}.{name}")
        if "enum_id" in said and said["enum_id"] not in list(known.enums):
            judge.says(request_id, CHOICE, f"{where}.enum_id")
        if "enum_code" in said and said["enum_code"] not in known.enums.values():
            judge.says(request_id, CHOICE, f"{where}.enum_code")
        self._judge_content(judge, request_id, known, said, where)

    def _judge_content(self, judge: Judge, request_id: str, known: AmoField, said: Json, where: str) -> None:
        value = said.get("value")
        if known.type in _CHOSEN:
            if "enum_id" not in said and "enum_code" not in said and value not in known.enums.values():
                judge.says(request_id, CHOICE, f"{where}.value")
        elif not fits(value, _TYPES.get(known.type, (object,))):
            judge.says(request_id, TYPE, f"{where}.value")

    def write(self, card: AmoCard, kind: str, item: Json, user: int) -> None:
        """Write what a judged item says; the values of a field are replaced as a whole (4.5)."""
        card.name = item.get("name", card.name)
        card.responsible = item.get("responsible_user_id", card.responsible)
        card.created_by = card.created_by or item.get("created_by", user)
        card.updated_at = self._office.seconds()
        for said in item.get("custom_fields_values") or []:
            known = self._field(kind, said)
            assert known
            card.values[known.id] = [_kept(known, value) for value in said["values"]]
        self._tag(card, item)

    def several(self, kind: str, item: Json) -> set[tuple[int, str]]:
        """The phones and addresses of a judged item, each with its field."""
        named = [(self._field(kind, said), said["values"]) for said in item.get("custom_fields_values") or []]
        return {
            (known.id, value["value"])
            for known, values in named
            if known and known.type == "multitext"
            for value in values
        }

    def _tag(self, card: AmoCard, item: Json) -> None:
        embedded = item.get("_embedded") or {}
        if "tags" in embedded:
            card.tags = _names(embedded["tags"])
        card.tags += [name for name in _names(item.get("tags_to_add", [])) if name not in card.tags]
        gone = _names(item.get("tags_to_delete", []))
        card.tags = [name for name in card.tags if name not in gone]

    def shown(self, card: AmoCard, kind: str, account: int) -> Json:
        """A card as answers show it."""
        common: Json = {
            "id": card.id, "name": card.name, "responsible_user_id": card.responsible, "created_by": card.created_by,
            "created_at": card.created_at, "updated_at": card.updated_at, "is_deleted": card.deleted,
            "custom_fields_values": self._values(card, kind) or None, "account_id": account,
            "_embedded": {"tags": [{"id": _tag_id(name), "name": name} for name in card.tags]},
        }  # fmt: skip
        if isinstance(card, AmoLead):
            common.update(
                price=card.price, status_id=card.status, pipeline_id=card.pipeline, closed_at=card.closed_at,
                loss_reason_id=None,
            )  # fmt: skip
            common["_embedded"]["companies"] = [{"id": one} for one in card.companies]
        elif isinstance(card, AmoContact) and kind == "contacts":
            common.update(first_name=card.first_name, last_name=card.last_name)
        return common

    def _values(self, card: AmoCard, kind: str) -> list[Json]:
        return [
            {
                "field_id": known.id, "field_name": known.name, "field_code": known.code, "field_type": known.type,
                "values": card.values[known.id],
            }
            for known in self._office.fields
            if known.kind == kind and card.values.get(known.id)
        ]  # fmt: skip


def _kept(known: AmoField, said: Json) -> Json:
    """A value as it is kept: a choice has both its id and its text."""
    by_text = {text: number for number, text in known.enums.items()}
    number = said.get("enum_id") or by_text.get(str(said.get("enum_code"))) or by_text.get(str(said.get("value")))
    if known.type in _CHOSEN and number:
        return {"value": known.enums[number], "enum_id": number}
    if known.type == "multitext":
        number = number or next(iter(known.enums))
        return {"value": said["value"], "enum_id": number, "enum_code": known.enums[number]}
    return {"value": said["value"]}


def _names(tags: list[Json]) -> list[str]:
    """The names of tags; those with an id alone are none of ours."""
    return [one["name"] for one in tags if "name" in one]


def _tag_id(name: str) -> int:
    return sum(name.encode()) + 1000

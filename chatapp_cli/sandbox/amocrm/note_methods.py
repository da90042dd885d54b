"""Notes and tasks of cards. providers-crm.md 4.5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chatapp_cli.sandbox.amocrm.objects import AmoNote, AmoRefusal, AmoTask, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply, answered, listed, since_when
from chatapp_cli.sandbox.amocrm.shapes import CHOICE, MAP, MISSING, TEXT, WHOLE, YES_NO, Judge, Shape, items_of

_KINDS: Final = ("leads", "contacts", "companies")
_NEEDS: Final = {
    "common": ("text",), "service_message": ("service", "text"), "extended_service_message": ("service", "text"),
    "attachment": (), "call_in": (), "call_out": (), "sms_in": ("text",), "sms_out": ("text",), "geolocation": (),
}  # fmt: skip
"""Types of notes with what their parameters have to have."""
_NOTE: Final[Shape] = {
    "entity_id": WHOLE, "note_type": TEXT, "params": MAP, "created_by": WHOLE, "request_id": TEXT,
    "is_need_to_trigger_digital_pipeline": YES_NO,
}  # fmt: skip
_TASK: Final[Shape] = {
    "text": TEXT, "complete_till": WHOLE, "entity_id": WHOLE, "entity_type": TEXT, "responsible_user_id": WHOLE,
    "task_type_id": WHOLE, "request_id": TEXT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NoteMethods:
    """Writes notes and tasks, and lists them."""

    desk: AccountDesk

    @property
    def table(self) -> Mapping[str, AmoMethod]:
        """The methods by route."""
        notes = {
            f"{verb} /api/v4/{kind}{rest}/notes": does
            for kind in _KINDS
            for verb, rest, does in (
                ("GET", "", self.notes), ("GET", "/{id}", self.notes), ("POST", "", self.add),
                ("POST", "/{id}", self.add),
            )
        }  # fmt: skip
        return {**notes, "GET /api/v4/tasks": self.tasks, "POST /api/v4/tasks": self.add_tasks}

    def notes(self, request: AmoRequest) -> Reply:
        """The notes of a card, or of all cards of a kind; also only those that changed since a moment."""
        kind, types = request.path.split("/")[3], request.filtered("note_type")
        since = since_when(request, "updated_at")
        card = self._card(kind, request) if request.parts else None
        fitting = [
            _note(one)
            for one in self.desk.office.notes
            if one.kind == kind and card in {None, one.card} and (not types or one.type in types) and one.at >= since
        ]
        return listed(request, "notes", fitting[::-1] if request.newest_first("id") else fitting)

    def _card(self, kind: str, request: AmoRequest) -> int:
        number = request.number("id")
        if self.desk.office.card(kind, number) is None:
            raise AmoRefusal(404)
        return number

    def add(self, request: AmoRequest) -> Reply:
        """Write each note of an array, or none."""
        kind, items = request.path.split("/")[3], items_of(request, self.desk.problems)
        judge = Judge(self.desk.problems, f"POST {request.path}")
        named = {"entity_id": self._card(kind, request)} if request.parts else {}
        for request_id, item in items:
            self._judge(judge, request_id, kind, {**item, **named})
        judge.settle()
        return answered("notes", [self._made(kind, name, {**item, **named}, request.user) for name, item in items])

    def _judge(self, judge: Judge, request_id: str, kind: str, item: Json) -> None:
        if not judge.shape(request_id, item, _NOTE, needs=["entity_id", "note_type", "params"]):
            return
        if self.desk.office.card(kind, item["entity_id"]) is None:
            judge.says(request_id, CHOICE, "entity_id")
        if item["note_type"] not in _NEEDS:
            judge.says(request_id, CHOICE, "note_type")
        for name in _NEEDS.get(item["note_type"], ()):
            if not item["params"].get(name):
                judge.says(request_id, MISSING, f"params.{name}")

    def _made(self, kind: str, request_id: str, item: Json, user: int) -> Json:
        office = self.desk.office
        note = AmoNote(
            id=office.number(), kind=kind, card=item["entity_id"], type=item["note_type"], params=item["params"],
            author=item.get("created_by", user), at=office.seconds(),
        )  # fmt: skip
        office.notes.append(note)
        self.tell(note)
        return {"id": note.id, "entity_id": note.card, "request_id": request_id}

    def tell(self, note: AmoNote) -> None:
        """Tell of a new note."""
        thing = {"leads": "lead", "contacts": "contact", "companies": "company"}[note.kind]
        said = {
            "id": note.id, "element_id": note.card, "note_type": note.type, "text": note.params.get("text", ""),
            "created_by": note.author, "account_id": self.desk.id, "date_create": note.at,
        }  # fmt: skip
        self.desk.hooks.tell(f"note_{thing}", {"note": said})

    def tasks(self, request: AmoRequest) -> Reply:
        """All tasks, or those of a card."""
        cards = request.filtered("entity_id")
        fitting = [_task(one) for one in self.desk.office.tasks if not cards or str(one.card) in cards]
        return listed(request, "tasks", fitting)

    def add_tasks(self, request: AmoRequest) -> Reply:
        """Set each task of an array, or none."""
        items, judge = items_of(request, self.desk.problems), Judge(self.desk.problems, "POST /api/v4/tasks")
        for request_id, item in items:
            self._judge_task(judge, request_id, item)
        judge.settle()
        return answered("tasks", [self._set(request_id, item, request.user) for request_id, item in items])

    def _judge_task(self, judge: Judge, request_id: str, item: Json) -> None:
        if not judge.shape(request_id, item, _TASK, needs=["text", "complete_till"]):
            return
        office = self.desk.office
        user = office.users.get(item.get("responsible_user_id", 0))
        if "responsible_user_id" in item and (user is None or not user.active):
            judge.says(request_id, CHOICE, "responsible_user_id")
        if "entity_id" in item and office.card(item.get("entity_type", ""), item["entity_id"]) is None:
            judge.says(request_id, CHOICE, "entity_id")

    def _set(self, request_id: str, item: Json, user: int) -> Json:
        office = self.desk.office
        task = AmoTask(
            id=office.number(), text=item["text"], till=item["complete_till"], card=item.get("entity_id"),
            kind=item.get("entity_type"), responsible=item.get("responsible_user_id", user),
            type=item.get("task_type_id", 1),
        )  # fmt: skip
        office.tasks.append(task)
        self.desk.hooks.tell("add_task", {"id": task.id, "text": task.text, "element_id": task.card})
        return {"id": task.id, "request_id": request_id}


def _note(note: AmoNote) -> Json:
    return {
        "id": note.id, "entity_id": note.card, "note_type": note.type, "params": note.params, "created_by": note.author,
        "created_at": note.at, "updated_at": note.at, "responsible_user_id": note.author,
    }  # fmt: skip


def _task(task: AmoTask) -> Json:
    return {
        "id": task.id, "text": task.text, "complete_till": task.till, "entity_id": task.card, "entity_type": task.kind,
        "responsible_user_id": task.responsible, "task_type_id": task.type, "is_completed": False,
    }  # fmt: skip

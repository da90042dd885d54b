"""Sources: our lines inside the one channel of the chats. providers-crm.md 4.7, addendum A."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chatapp_cli.sandbox.amocrm.objects import AmoRefusal, AmoSource, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply, answered, listed
from chatapp_cli.sandbox.amocrm.shapes import (
    CHOICE,
    LENGTH,
    NULL,
    TAKEN,
    TEXT,
    WHOLE,
    YES_NO,
    Inside,
    Judge,
    Shape,
    items_of,
)

MOST_SOURCES: Final = 100
_LONGEST: Final = 40
_SERVICES: Final = Inside({"type": TEXT, "pages": Inside({}, many=True)}, ("type",), many=True)
_SOURCE: Final[Shape] = {
    "id": WHOLE, "name": TEXT, "external_id": TEXT, "pipeline_id": WHOLE, "default": YES_NO,
    "origin_code": (str, NULL), "services": _SERVICES, "request_id": TEXT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceMethods:
    """Lists, makes, changes and deletes sources; only administrators change them."""

    desk: AccountDesk

    @property
    def table(self) -> Mapping[str, AmoMethod]:
        """The methods by route."""
        return {
            "GET /api/v4/sources": self.find,
            "GET /api/v4/sources/{id}": self.get,
            "POST /api/v4/sources": self.add,
            "PATCH /api/v4/sources": self.change,
            "DELETE /api/v4/sources/{id}": self.delete,
        }

    def find(self, request: AmoRequest) -> Reply:
        """All of them, or those with some of our ids."""
        wanted = request.filtered("external_id")
        fitting = [one for one in self.desk.office.sources if not wanted or one.external_id in wanted]
        return listed(request, "sources", [_shown(one) for one in fitting])

    def get(self, request: AmoRequest) -> Reply:
        """One of them."""
        return Reply(200, _shown(self._known(request)))

    def _known(self, request: AmoRequest) -> AmoSource:
        number = request.number("id")
        for source in self.desk.office.sources:
            if source.id == number:
                return source
        raise AmoRefusal(404)

    def add(self, request: AmoRequest) -> Reply:
        """Make each of an array, or none; one of our ids twice is refused, also within the array."""
        items, judge = self._begun(request)
        taken = {one.external_id for one in self.desk.office.sources}
        for request_id, item in items:
            if not judge.shape(request_id, item, _SOURCE, needs=["name", "external_id"]):
                continue
            self._judge(judge, request_id, item)
            if item["external_id"] in taken:
                judge.says(request_id, TAKEN, "external_id")
            taken.add(item["external_id"])
        if len(self.desk.office.sources) + len(items) > MOST_SOURCES:
            judge.says("0", LENGTH, "sources")
        judge.settle()
        return answered("sources", [self._made(request_id, item) for request_id, item in items])

    def _begun(self, request: AmoRequest) -> tuple[list[tuple[str, Json]], Judge]:
        for_administrators(self.desk, request)
        where = f"{request.method} {request.path}"
        return items_of(request, self.desk.problems, MOST_SOURCES), Judge(self.desk.problems, where)

    def _judge(self, judge: Judge, request_id: str, item: Json) -> None:
        for name in ("name", "external_id"):
            if name in item and not 0 < len(item[name]) <= (_LONGEST if name == "external_id" else 255):
                judge.says(request_id, LENGTH, name)
        if "pipeline_id" in item and self.desk.office.pipeline(item["pipeline_id"]) is None:
            judge.says(request_id, CHOICE, "pipeline_id")

    def _made(self, request_id: str, item: Json) -> Json:
        office = self.desk.office
        source = AmoSource(
            id=office.number(), name=item["name"], external_id=item["external_id"],
            pipeline=item.get("pipeline_id", office.main_pipeline.id),
        )  # fmt: skip
        self._write(source, item)
        office.sources.append(source)
        return {**_shown(source), "request_id": request_id}

    def _write(self, source: AmoSource, item: Json) -> None:
        source.name = item.get("name", source.name)
        source.pipeline = item.get("pipeline_id", source.pipeline)
        source.origin_code = item.get("origin_code", source.origin_code)
        source.services = item.get("services", source.services)
        source.default = item.get("default", source.default)

    def change(self, request: AmoRequest) -> Reply:
        """Change each of an array, or none; our id stays as it is."""
        items, judge = self._begun(request)
        known = {one.id: one for one in self.desk.office.sources}
        for request_id, item in items:
            if judge.shape(request_id, item, _SOURCE, needs=["id"]):
                self._judge(judge, request_id, item)
                if item["id"] not in known:
                    judge.says(request_id, CHOICE, "id")
                elif item.get("external_id", known[item["id"]].external_id) != known[item["id"]].external_id:
                    judge.says(request_id, CHOICE, "external_id")
        judge.settle()
        for _, item in items:
            self._write(known[item["id"]], item)
        return answered("sources", [{**_shown(known[item["id"]]), "request_id": name} for name, item in items])

    def delete(self, request: AmoRequest) -> Reply:
        """Delete one of them."""
        for_administrators(self.desk, request)
        self.desk.office.sources.remove(self._known(request))
        return Reply(204)


def for_administrators(desk: AccountDesk, request: AmoRequest) -> None:
    """Refuse everybody else. Raises AmoRefusal."""
    if not desk.office.users[request.user].admin:
        raise AmoRefusal(403, "Only administrators may do it")


def _shown(source: AmoSource) -> Json:
    return {
        "id": source.id, "name": source.name, "external_id": source.external_id, "pipeline_id": source.pipeline,
        "default": source.default, "origin_code": source.origin_code, "services": source.services,
    }  # fmt: skip

"""Leads, also with their contact at once, and the links between cards. providers-crm.md 4.5."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chatapp_cli.sandbox.amocrm.cards import CONTACT, LEAD, TAGS, CardKeeper
from chatapp_cli.sandbox.amocrm.contact_methods import ContactMethods, is_asked_for
from chatapp_cli.sandbox.amocrm.objects import CLOSED, AmoLead, AmoPipeline, AmoRefusal, AmoUnsorted, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply, answered, listed
from chatapp_cli.sandbox.amocrm.shapes import (
    CHOICE,
    LENGTH,
    MAP,
    TEXT,
    UNKNOWN,
    WHOLE,
    YES_NO,
    Inside,
    Judge,
    Shape,
    fits,
    items_of,
)

MOST_COMPLEX: Final = 50
_EMBEDDED: Final = frozenset({"tags", "contacts", "companies", "source", "metadata"})
_INSIDE: Final = Inside({
    "tags": TAGS, "contacts": Inside({"id": WHOLE}, many=True), "companies": Inside({"id": WHOLE}, many=True),
    "source": Inside({"external_id": TEXT, "type": TEXT}), "metadata": Inside({"category": TEXT}, needs=("category",)),
})  # fmt: skip
_LEAD: Final[Shape] = {**LEAD, "_embedded": _INSIDE}
_LINK: Final[Shape] = {"to_entity_id": WHOLE, "to_entity_type": TEXT, "metadata": MAP, "request_id": TEXT}
_NEW_CONTACT: Final[Shape] = {**CONTACT, "is_main": YES_NO}
_FILTERS: Final = frozenset({"id", "pipeline_id", "statuses", "responsible_user_id", "updated_at"})


class LeadMethods:
    """Finds, makes, moves and links leads."""

    def __init__(self, desk: AccountDesk) -> None:
        self._desk, self._office = desk, desk.office
        self._keeper, self._contacts = CardKeeper(desk.office), ContactMethods(desk)

    @property
    def table(self) -> Mapping[str, AmoMethod]:
        """The methods by route."""
        return {
            "GET /api/v4/leads": self.find,
            "GET /api/v4/leads/{id}": self.get,
            "POST /api/v4/leads": self.add,
            "PATCH /api/v4/leads": self.change,
            "PATCH /api/v4/leads/{id}": self.change_one,
            "POST /api/v4/leads/complex": self.add_complex,
            "GET /api/v4/leads/{id}/links": self.links,
            "POST /api/v4/leads/{id}/link": self.link,
            "POST /api/v4/leads/{id}/unlink": self.unlink,
        }

    def find(self, request: AmoRequest) -> Reply:
        """Those that fit the filter; a filter that nobody knows changes nothing, and is a problem."""
        for name in request.filter.keys() - _FILTERS:
            self._desk.problems.append(f"GET /api/v4/leads: filter[{name}] is not known")
        fitting = [one for one in self._office.leads.values() if is_asked_for(one, request) and _fits(one, request)]
        if request.newest_first("updated_at"):
            fitting.sort(key=lambda one: one.updated_at, reverse=True)
        return listed(request, "leads", [self._shown(one, request) for one in fitting])

    def get(self, request: AmoRequest) -> Reply:
        """One of them; 204 if there is none."""
        lead = self._office.card("leads", request.number("id"))
        return Reply(200, self._shown(lead, request)) if isinstance(lead, AmoLead) else Reply(204)

    def _shown(self, lead: AmoLead, request: AmoRequest) -> Json:
        said = self._keeper.shown(lead, "leads", self._desk.id)
        if request.with_("contacts"):
            said["_embedded"]["contacts"] = [
                {"id": one, "is_main": place == 0} for place, one in enumerate(lead.contacts)
            ]
        return said

    def add(self, request: AmoRequest) -> Reply:
        """Make each of an array, or none; contacts are named by id."""
        items, judge = items_of(request, self._desk.problems), self._judge(request)
        for request_id, item in items:
            if self._judge_lead(judge, request_id, item):
                self._judge_cards(judge, request_id, item)
        judge.settle()
        made = [(request_id, self.make(item, request.user)) for request_id, item in items]
        return answered("leads", [{"id": lead.id, "request_id": request_id} for request_id, lead in made])

    def _judge_cards(self, judge: Judge, request_id: str, item: Json) -> None:
        for kind in ("contacts", "companies"):
            for place, card in _embedded(item, kind):
                self._judge_known(judge, request_id, card, f"_embedded.{kind}.{place}.id", kind)

    def add_complex(self, request: AmoRequest) -> Reply:
        """Make leads with one contact and one company each; nothing keeps a repeated request from a second lead."""
        items, judge = items_of(request, self._desk.problems, MOST_COMPLEX), self._judge(request)
        for request_id, item in items:
            if self._judge_lead(judge, request_id, item):
                self._judge_inside(judge, request_id, item)
        judge.settle()
        return Reply(200, [self._complex(request_id, item, request.user) for request_id, item in items][::-1])

    def _judge_inside(self, judge: Judge, request_id: str, item: Json) -> None:
        for kind in ("contacts", "companies"):
            inside = list(_embedded(item, kind))
            if len(inside) > 1:
                judge.says(request_id, LENGTH, f"_embedded.{kind}")
            for place, said in inside:
                where = f"_embedded.{kind}.{place}"
                if "id" in said:
                    self._judge_known(judge, request_id, said, f"{where}.id", kind)
                elif judge.shape(request_id, said, _NEW_CONTACT):
                    self._keeper.judge(judge, request_id, kind, said, f"{where}.")

    def _complex(self, request_id: str, item: Json, user: int) -> Json:
        ids: dict[str, int | None] = {"contacts": None, "companies": None}
        merged = False
        for kind in ids:
            for _, said in _embedded(item, kind):
                same = self._contacts.same(kind, said) if self._desk.faults.duplicate_control else None
                merged |= same is not None
                ids[kind] = said.get("id") or same or self._contacts.make(kind, said, user).id
        inside = {**(item.get("_embedded") or {}), **{kind: [{"id": one}] if one else [] for kind, one in ids.items()}}
        lead = self.make({**item, "_embedded": inside}, user)
        return {
            "id": lead.id, "contact_id": ids["contacts"], "company_id": ids["companies"], "request_id": [request_id],
            "merged": merged,
        }  # fmt: skip

    def _judge_lead(self, judge: Judge, request_id: str, item: Json, needs: tuple[str, ...] = ()) -> bool:
        if not judge.shape(request_id, item, _LEAD, needs):
            return False
        for name in (item.get("_embedded") or {}).keys() - _EMBEDDED:
            judge.says(request_id, UNKNOWN, f"_embedded.{name}")
        self._keeper.judge(judge, request_id, "leads", item)
        self._judge_place(judge, request_id, item)
        return True

    def _judge_place(self, judge: Judge, request_id: str, item: Json) -> None:
        """A stage has to belong to the pipeline that is named with it, or to the one where the lead is.

        The unsorted one takes only what names a form or a call in its metadata (4.5).
        """
        known = self._office.leads.get(item.get("id", 0))
        usual = known.pipeline if known else self._office.main_pipeline.id
        pipeline = self._office.pipeline(item.get("pipeline_id", usual))
        if pipeline is None:
            judge.says(request_id, CHOICE, "pipeline_id")
        elif "status_id" in item and not _may_be_on(pipeline, item, known):
            judge.says(request_id, CHOICE, "status_id")

    def _judge_known(self, judge: Judge, request_id: str, said: Json, where: str, kind: str = "contacts") -> None:
        if not fits(said.get("id"), WHOLE) or self._office.card(kind, said["id"]) is None:
            judge.says(request_id, CHOICE, where)

    def make(self, item: Json, user: int) -> AmoLead:
        """Make one of a judged item, and tell of it."""
        pipeline = self._office.pipeline(item.get("pipeline_id", 0)) or self._office.main_pipeline
        lead = self._office.add_lead(
            item.get("name", ""), pipeline=pipeline, stage=item.get("status_id", pipeline.first.id),
            contacts=[one["id"] for _, one in _embedded(item, "contacts")], responsible=user,
        )  # fmt: skip
        lead.name = lead.name or f"Сделка #{lead.id}"
        lead.companies = [one["id"] for _, one in _embedded(item, "companies")]
        lead.source = str(((item.get("_embedded") or {}).get("source") or {}).get("external_id", ""))
        lead.price = item.get("price", 0)
        self._keeper.write(lead, "leads", item, user)
        if lead.status == pipeline.unsorted.id:
            self._arrives(lead, item["_embedded"]["metadata"])
        self._tell("add", lead)
        return lead

    def _arrives(self, lead: AmoLead, metadata: Json) -> None:
        self._office.unsorted.append(
            AmoUnsorted(
                uid=self._office.uuid().replace("-", ""), category=metadata["category"], pipeline=lead.pipeline,
                lead=lead.id, contact=next(iter(lead.contacts), None), created_at=self._office.seconds(),
                source_name=str(metadata.get("form_name", "")),
            )
        )  # fmt: skip

    def change(self, request: AmoRequest) -> Reply:
        """Change each of an array, or none."""
        items, judge = items_of(request, self._desk.problems), self._judge(request)
        for request_id, item in items:
            if not self._judge_lead(judge, request_id, item, ("id",)):
                continue
            if self._office.card("leads", item["id"]) is None:
                judge.says(request_id, CHOICE, "id")
            if item.get("_embedded", {}).keys() & {"contacts", "companies"}:
                self._desk.problems.append(f"{request.method} {request.path}: links are changed by /link only")
        judge.settle()
        return answered("leads", [self._changed(request_id, item, request.user) for request_id, item in items])

    def change_one(self, request: AmoRequest) -> Reply:
        """Change one of them."""
        item, judge = {**request.map(), "id": request.number("id")}, self._judge(request)
        if self._office.card("leads", item["id"]) is None:
            raise AmoRefusal(404)
        self._judge_lead(judge, "0", item)
        judge.settle()
        return Reply(200, self._changed("0", item, request.user))

    def _changed(self, request_id: str, item: Json, user: int) -> Json:
        lead = self._office.leads[item["id"]]
        self.rewrite(lead, item, user)
        return {"id": lead.id, "updated_at": lead.updated_at, "request_id": request_id}

    def rewrite(self, lead: AmoLead, item: Json, user: int) -> None:
        """Change a lead by a judged item, and tell of it."""
        responsible = lead.responsible
        lead.price = item.get("price", lead.price)
        self._keeper.write(lead, "leads", item, user)
        pipeline = self._office.pipeline(item.get("pipeline_id", lead.pipeline))
        assert pipeline
        if "status_id" in item or pipeline.id != lead.pipeline:
            self.move(lead, pipeline, item.get("status_id", pipeline.first.id))
        self._tell("update", lead)
        if lead.responsible != responsible:
            self._office.handed_over("leads", lead, responsible, user)
            self._tell("responsible", lead, old_responsible_user_id=responsible)

    def move(self, lead: AmoLead, pipeline: AmoPipeline, stage: int) -> None:
        """Put a lead on a stage, and tell of it if it was on another one."""
        before = {"old_status_id": lead.status, "old_pipeline_id": lead.pipeline}
        lead.pipeline, lead.status = pipeline.id, stage
        lead.updated_at = self._office.seconds()
        lead.closed_at = lead.updated_at if stage in CLOSED else None
        if before != {"old_status_id": stage, "old_pipeline_id": pipeline.id}:
            self._tell("status", lead, **before)
            self._desk.bots.entered(lead.id, stage)

    def _tell(self, what: str, lead: AmoLead, **more: Any) -> None:
        said = {
            "id": lead.id, "name": lead.name, "status_id": lead.status, "pipeline_id": lead.pipeline,
            "responsible_user_id": lead.responsible, "account_id": self._desk.id, "updated_at": lead.updated_at, **more,
        }  # fmt: skip
        self._desk.hooks.tell(f"{what}_lead", said)

    def deleted(self, lead: AmoLead) -> None:
        """A lead goes away."""
        lead.deleted = True
        self._tell("delete", lead)

    def _judge(self, request: AmoRequest) -> Judge:
        return Judge(self._desk.problems, f"{request.method} {request.path}")

    def _lead(self, request: AmoRequest) -> AmoLead:
        lead = self._office.card("leads", request.number("id"))
        if not isinstance(lead, AmoLead):
            raise AmoRefusal(404)
        return lead

    def links(self, request: AmoRequest) -> Reply:
        """The contacts and companies of a lead."""
        return listed(request, "links", self._links(self._lead(request)))

    def _links(self, lead: AmoLead) -> list[Json]:
        contacts = [_link(lead, one, "contacts", main=place == 0) for place, one in enumerate(lead.contacts)]
        return contacts + [_link(lead, one, "companies") for one in lead.companies]

    def _linked(self, request: AmoRequest) -> tuple[AmoLead, list[Json]]:
        lead, items, judge = self._lead(request), items_of(request, self._desk.problems), self._judge(request)
        for request_id, item in items:
            if judge.shape(request_id, item, _LINK, needs=["to_entity_id", "to_entity_type"]):
                if item["to_entity_type"] not in {"contacts", "companies"}:
                    judge.says(request_id, CHOICE, "to_entity_type")
                elif self._office.card(item["to_entity_type"], item["to_entity_id"]) is None:
                    judge.says(request_id, CHOICE, "to_entity_id")
        judge.settle()
        return lead, [item for _, item in items]

    def link(self, request: AmoRequest) -> Reply:
        """Link contacts and companies to a lead; ``is_main`` puts a contact first."""
        lead, items = self._linked(request)
        for item in items:
            ids: list[int] = getattr(lead, item["to_entity_type"])
            number = item["to_entity_id"]
            if (item.get("metadata") or {}).get("is_main"):
                ids[:] = [number, *(one for one in ids if one != number)]
            elif number not in ids:
                ids.append(number)
        return Reply(200, {"_embedded": {"links": self._links(lead)}})

    def unlink(self, request: AmoRequest) -> Reply:
        """Take links away."""
        lead, items = self._linked(request)
        for item in items:
            ids: list[int] = getattr(lead, item["to_entity_type"])
            ids[:] = [one for one in ids if one != item["to_entity_id"]]
        return Reply(204)


def _may_be_on(pipeline: AmoPipeline, item: Json, known: AmoLead | None) -> bool:
    stage = pipeline.stage(item["status_id"])
    if stage is not pipeline.unsorted:
        return stage is not None
    category = item.get("_embedded", {}).get("metadata", {}).get("category")
    return category in {"forms", "sip"} or (known is not None and known.status == item["status_id"])


def _embedded(item: Json, kind: str) -> Iterator[tuple[int, Json]]:
    yield from enumerate((item.get("_embedded") or {}).get(kind) or [])


def _link(lead: AmoLead, number: int, kind: str, *, main: bool = False) -> Json:
    metadata = {"main_contact": main} if kind == "contacts" else None
    return {"entity_id": lead.id, "entity_type": "leads", "to_entity_id": number, "to_entity_type": kind,
            "metadata": metadata}  # fmt: skip


def _fits(lead: AmoLead, request: AmoRequest) -> bool:
    """Whether a lead fits the filter. Raises AmoRefusal."""
    said = request.filter
    for name, value in (("pipeline_id", lead.pipeline), ("responsible_user_id", lead.responsible)):
        if (wanted := request.filtered(name)) and str(value) not in wanted:
            return False
    if (stages := said.get("statuses")) and not _is_on(lead, stages):
        return False
    since = said["updated_at"].get("from", "0") if isinstance(said.get("updated_at"), dict) else "0"
    if not since.isdecimal():
        raise AmoRefusal(400, "filter[updated_at][from] is not a number")
    return lead.updated_at >= int(since)


def _is_on(lead: AmoLead, stages: Any) -> bool:
    listed_ = stages if isinstance(stages, list) else list(stages.values()) if isinstance(stages, dict) else []
    here = {"pipeline_id": str(lead.pipeline), "status_id": str(lead.status)}
    return here in listed_

"""Incoming leads («Неразобранное»). providers-crm.md 4.6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chatapp_cli.sandbox.amocrm.lead_methods import LeadMethods
from chatapp_cli.sandbox.amocrm.objects import AmoChat, AmoLead, AmoRefusal, AmoUnsorted, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply, listed
from chatapp_cli.sandbox.amocrm.shapes import CHOICE, TEXT, WHOLE, Inside, Judge, Shape

_ACCEPT: Final[Shape] = {"user_id": WHOLE, "status_id": WHOLE}
_TARGET: Final = Inside(
    {"entity_id": WHOLE, "entity_type": TEXT, "metadata": Inside({"contact_id": WHOLE})}, ("entity_id", "entity_type")
)
_LINK: Final[Shape] = {"user_id": WHOLE, "link": _TARGET}


@dataclass(frozen=True, slots=True)
class UnsortedMethods:
    """Lists, accepts, declines and links incoming leads; only those that a chat brought can be linked."""

    desk: AccountDesk

    @property
    def table(self) -> Mapping[str, AmoMethod]:
        """The methods by route."""
        path = "/api/v4/leads/unsorted"
        return {
            f"GET {path}": self.find,
            f"GET {path}/{{uid}}": self.get,
            f"POST {path}/{{uid}}/accept": self.accept,
            f"DELETE {path}/{{uid}}/decline": self.decline,
            f"POST {path}/{{uid}}/link": self.link,
        }

    def find(self, request: AmoRequest) -> Reply:
        """Those that nobody has sorted yet, newest first if so asked."""
        pipelines, categories = request.filtered("pipeline_id"), request.filtered("category")
        fitting = [
            one for one in self.desk.office.unsorted
            if one.state == "open" and (not pipelines or str(one.pipeline) in pipelines)
            and (not categories or one.category in categories)
        ]  # fmt: skip
        if request.newest_first("created_at"):
            fitting.reverse()
        return listed(request, "unsorted", [self._shown(one) for one in fitting])

    def get(self, request: AmoRequest) -> Reply:
        """One of them."""
        return Reply(200, self._shown(self._known(request)))

    def _known(self, request: AmoRequest) -> AmoUnsorted:
        for one in self.desk.office.unsorted:
            if one.uid == request.parts["uid"] and one.state == "open":
                return one
        raise AmoRefusal(404)

    def _chat(self, one: AmoUnsorted) -> AmoChat | None:
        return self.desk.office.chat(one.chat)

    def _judged(self, request: AmoRequest, shape: Shape, needs: tuple[str, ...] = ()) -> tuple[Json, Judge]:
        item = request.map() if request.body is not None else {}
        judge = Judge(self.desk.problems, f"{request.method} {request.path}")
        if not judge.shape("0", item, shape, needs):
            judge.settle()
        user = self.desk.office.users.get(item.get("user_id", request.user))
        if user is None or not user.active:
            judge.says("0", CHOICE, "user_id")
        return item, judge

    def accept(self, request: AmoRequest) -> Reply:
        """Make an ordinary lead of it, on a stage of its pipeline and with who works on it."""
        one = self._known(request)
        item, judge = self._judged(request, _ACCEPT)
        pipeline = self.desk.office.pipeline(one.pipeline)
        assert pipeline
        stage = pipeline.stage(item.get("status_id", pipeline.first.id))
        if stage is None or stage is pipeline.unsorted:
            judge.says("0", CHOICE, "status_id")
        judge.settle()
        assert stage
        lead = self.desk.office.leads[one.lead]
        lead.responsible = item.get("user_id", request.user)
        LeadMethods(self.desk).move(lead, pipeline, stage.id)
        one.state = "accepted"
        return Reply(200, {**self._shown(one), "_embedded": _cards(lead.id, one)})

    def decline(self, request: AmoRequest) -> Reply:
        """Delete its lead."""
        one = self._known(request)
        _, judge = self._judged(request, _ACCEPT)
        judge.settle()
        LeadMethods(self.desk).deleted(self.desk.office.leads[one.lead])
        if chat := self._chat(one):
            chat.lead = None
        one.state = "declined"
        return Reply(200, self._shown(one))

    def link(self, request: AmoRequest) -> Reply:
        """Let its chat belong to a lead that was there before."""
        one = self._known(request)
        item, judge = self._judged(request, _LINK, ("link",))
        if one.category != "chats":
            raise AmoRefusal(400, "Only what a chat brought can be linked")
        link = item.get("link") or {}
        target = self.desk.office.card("leads", link.get("entity_id", 0))
        if link.get("entity_type") != "leads" or not isinstance(target, AmoLead):
            judge.says("0", CHOICE, "link.entity_id")
        judge.settle()
        assert isinstance(target, AmoLead)
        self._join(one, target, (link.get("metadata") or {}).get("contact_id"))
        return Reply(200, {**self._shown(one), "_embedded": _cards(target.id, one)})

    def _join(self, one: AmoUnsorted, target: AmoLead, contact: int | None) -> None:
        chat = self._chat(one)
        assert chat
        LeadMethods(self.desk).deleted(self.desk.office.leads[one.lead])
        chat.lead = target.id
        if contact in self.desk.office.contacts:
            chat.person.contact = contact
        elif one.contact and one.contact not in target.contacts:
            target.contacts.append(one.contact)
        one.state = "linked"

    def _shown(self, one: AmoUnsorted) -> Json:
        chat = self._chat(one)
        said: Json = {"received_at": one.created_at, "service": one.source_name}
        if chat:
            said |= {"from": chat.person.name, "source": chat.source, "client": {"name": chat.person.name}}
        return {
            "uid": one.uid, "source_uid": one.chat, "source_name": one.source_name, "category": one.category,
            "pipeline_id": one.pipeline, "created_at": one.created_at, "account_id": self.desk.id, "metadata": said,
            "_embedded": _cards(one.lead, one),
        }  # fmt: skip


def _cards(lead: int, one: AmoUnsorted) -> Json:
    return {"leads": [{"id": lead}], "contacts": [{"id": one.contact}] if one.contact else []}

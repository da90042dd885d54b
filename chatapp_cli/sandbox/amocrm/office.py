"""The data of an account, and how it looks when nobody has done anything yet."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID, uuid5

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.amocrm.misbehaviour import AmoFaults
from chatapp_cli.sandbox.amocrm.objects import (
    ADMIN,
    LOST,
    MANAGER,
    UNSORTED,
    WON,
    AmoBotRun,
    AmoCard,
    AmoChat,
    AmoContact,
    AmoField,
    AmoHandover,
    AmoLead,
    AmoNote,
    AmoPerson,
    AmoPipeline,
    AmoSource,
    AmoStage,
    AmoTask,
    AmoUnsorted,
    AmoUser,
    AmoWebhook,
)

SALES: Final = 3383152
SERVICE: Final = 3383160
CHANNEL: Final = 1286575
"""The field «Канал» of leads, with choices."""
PHONE: Final = 193201
EMAIL: Final = 193203
BOT: Final = 321
"""The bot with our widget."""


class AmoOffice:
    """Everything that an account remembers, but for access."""

    def __init__(self, namespace: UUID, clock: Clock, faults: AmoFaults) -> None:
        self._namespace, self._clock, self._faults = namespace, clock, faults
        self._numbers = itertools.count(1001)
        self.users: dict[int, AmoUser] = {one.id: one for one in _people(self)}
        self.pipelines: list[AmoPipeline] = _pipelines()
        self.fields: list[AmoField] = _fields()
        self.contacts: dict[int, AmoContact] = {}
        self.companies: dict[int, AmoContact] = {}
        self.leads: dict[int, AmoLead] = {}
        self.notes: list[AmoNote] = []
        self.handovers: list[AmoHandover] = []
        self.tasks: list[AmoTask] = []
        self.sources: list[AmoSource] = []
        self.webhooks: list[AmoWebhook] = []
        self.chats: list[AmoChat] = []
        self.people: list[AmoPerson] = []
        self.unsorted: list[AmoUnsorted] = []
        self.bots: dict[int, str] = {BOT: "Написать клиенту"}
        self.runs: list[AmoBotRun] = []

    def uuid(self, what: str = "") -> str:
        """A UUID of this account's own; a new one each time unless it is named."""
        return str(uuid5(self._namespace, what or f"number {next(self._numbers)}"))

    def number(self) -> int:
        """A new id."""
        return next(self._numbers)

    def millis(self) -> int:
        """The account's time in milliseconds since 1970."""
        return self._clock.now() + int(self._faults.clock_off * 1000)

    def seconds(self) -> int:
        """The same in seconds."""
        return self.millis() // 1000

    def cards(self, kind: str) -> Mapping[int, AmoCard]:
        """All cards of a kind: ``leads``, ``contacts`` or ``companies``; empty for others."""
        known: dict[str, Mapping[int, AmoCard]] = {
            "leads": self.leads, "contacts": self.contacts, "companies": self.companies,
        }  # fmt: skip
        return known.get(kind, {})

    def card(self, kind: str, number: int) -> AmoCard | None:
        """A card that was not deleted."""
        found = self.cards(kind).get(number)
        return found if found and not found.deleted else None

    def handed_over(self, kind: str, card: AmoCard, before: int, author: int) -> None:
        """Keep that somebody else is responsible for a card now."""
        self.handovers.append(
            AmoHandover(
                kind=kind, card=card.id, before=before, after=card.responsible, author=author, at=self.seconds()
            )
        )

    def pipeline(self, number: int) -> AmoPipeline | None:
        """A pipeline by its id."""
        return next((one for one in self.pipelines if one.id == number), None)

    @property
    def main_pipeline(self) -> AmoPipeline:
        """Where leads go about which nothing is said."""
        return next(one for one in self.pipelines if one.main)

    def source(self, external_id: str) -> AmoSource | None:
        """A source by our id."""
        return next((one for one in self.sources if one.external_id == external_id), None)

    def field(self, kind: str, *, number: int = 0, code: str = "") -> AmoField | None:
        """A custom field by its id or code."""
        of_kind = [one for one in self.fields if one.kind == kind]
        return next((one for one in of_kind if one.id == number or (code and one.code == code)), None)

    def chat(self, number: str) -> AmoChat | None:
        """A chat by the chats' id."""
        return next((one for one in self.chats if one.id == number), None)

    def open_lead(self, contact: int) -> AmoLead | None:
        """The newest lead of a contact that is not closed."""
        found = [one for one in self.leads.values() if one.open and contact in one.contacts]
        return max(found, key=lambda one: one.id, default=None)

    def add_contact(self, name: str, *, phone: str = "", email: str = "", responsible: int = ADMIN) -> AmoContact:
        """A new contact."""
        now = self.seconds()
        contact = AmoContact(id=self.number(), name=name, responsible=responsible, created_at=now, updated_at=now)
        for code, said in (("PHONE", phone), ("EMAIL", email)):
            known = self.field("contacts", code=code)
            if said and known:
                contact.values[known.id] = [{"value": said, **_work(known)}]
        self.contacts[contact.id] = contact
        return contact

    def add_lead(
        self, name: str, *, pipeline: AmoPipeline, stage: int, contacts: Iterable[int] = (), responsible: int = ADMIN
    ) -> AmoLead:
        """A new lead."""
        now = self.seconds()
        lead = AmoLead(
            id=self.number(), name=name, responsible=responsible, created_at=now, updated_at=now, pipeline=pipeline.id,
            status=stage, contacts=list(contacts),
        )  # fmt: skip
        self.leads[lead.id] = lead
        return lead


def _work(known: AmoField) -> dict[str, object]:
    number = next(number for number, code in known.enums.items() if code == "WORK")
    return {"enum_id": number, "enum_code": "WORK"}


def _people(office: AmoOffice) -> list[AmoUser]:
    return [
        AmoUser(id=number, name=name, email=email, amojo_id=office.uuid(f"user {number}"), admin=number == ADMIN)
        for number, name, email in (
            (ADMIN, "Анна Королёва", "anna@example.ru"), (MANAGER, "Борис Лисин", "boris@example.ru"),
        )
    ]  # fmt: skip


def _pipelines() -> list[AmoPipeline]:
    return [
        AmoPipeline(id=SALES, name="Продажи", main=True, stages=_stages(33929749)),
        AmoPipeline(id=SERVICE, name="Сервис", stages=_stages(33930749)),
    ]


def _stages(first: int) -> list[AmoStage]:
    return [
        AmoStage(id=first, name="Неразобранное", sort=10, type=UNSORTED),
        AmoStage(id=first + 3, name="Первичный контакт", sort=20),
        AmoStage(id=first + 6, name="Переговоры", sort=30),
        AmoStage(id=WON, name="Успешно реализовано", sort=10000),
        AmoStage(id=LOST, name="Закрыто и не реализовано", sort=11000),
    ]


def _fields() -> list[AmoField]:
    phones = {193226: "WORK", 193228: "WORKDD", 193230: "MOB", 193232: "FAX", 193234: "HOME", 193236: "OTHER"}
    emails = {193238: "WORK", 193240: "PRIV", 193242: "OTHER"}
    return [
        AmoField(id=PHONE, kind="contacts", name="Телефон", type="multitext", code="PHONE", enums=phones),
        AmoField(id=EMAIL, kind="contacts", name="Email", type="multitext", code="EMAIL", enums=emails),
        AmoField(id=193205, kind="contacts", name="Должность", type="text", code="POSITION"),
        AmoField(id=1286573, kind="leads", name="Линия", type="text"),
        AmoField(id=CHANNEL, kind="leads", name="Канал", type="select", enums={2957741: "WhatsApp", 2957743: "VK"}),
        AmoField(id=1286577, kind="leads", name="Темы", type="multiselect", enums={2957751: "Цена", 2957753: "Сроки"}),
        AmoField(id=1286579, kind="leads", name="Дата обращения", type="date"),
        AmoField(id=1286581, kind="leads", name="Повторный", type="checkbox"),
        AmoField(id=1286583, kind="leads", name="Диалог", type="url"),
        AmoField(id=1286585, kind="leads", name="Первое сообщение", type="textarea"),
    ]

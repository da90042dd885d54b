"""The CRM tracker of open lines: some seconds after a client wrote it makes or finds the card, in its own time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.bitrix24.courier import EventCourier
from chatapp_cli.sandbox.bitrix24.misbehaviour import Misbehaviour
from chatapp_cli.sandbox.bitrix24.objects import ADMIN, Json, PortalCard, PortalChat
from chatapp_cli.sandbox.bitrix24.office import PortalOffice
from chatapp_cli.sandbox.serving import Background, reach

_STEPS: Final = 3
"""The delays go round between the shortest and the longest, so that two of them differ."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A look for the card of a session, and when it is due."""

    chat: PortalChat
    session: int
    user: Json
    due: float


class CardTracker:
    """Makes cards as the settings of the line say (imopenlines: ``CRM``, ``CRM_CREATE`` and the two after it)."""

    def __init__(self, office: PortalOffice, courier: EventCourier, clock: Clock, misbehaviour: Misbehaviour) -> None:
        self._office, self._courier, self._clock, self._misbehaviour = office, courier, clock, misbehaviour
        self._looks: list[_Look] = []
        self._looked = 0
        self._watch = Background(self.settled)

    def look_later(self, chat: PortalChat, user: Json) -> None:
        """A client wrote; once in each session, unless the line has no CRM or the connector is for groups."""
        settings = self._office.lines[chat.line].settings
        groups = self._office.connectors[chat.connector].get("CHAT_GROUP")
        if chat.tracked or settings.get("CRM") != "Y" or groups in {True, "Y", "1"}:
            return
        chat.tracked = True
        low, high = self._misbehaviour.tracker_delay
        pause = low + (high - low) * (self._looked % _STEPS) / (_STEPS - 1)
        self._looked += 1
        self._looks.append(_Look(chat, chat.session, dict(user), self._clock.monotonic() + pause))
        self.begin()

    def begin(self) -> None:
        """Do what is due when it is due, as long as there is anything to do."""
        self._watch.start()

    async def settled(self) -> None:
        """Wait until all cards are there that will be; the clock has to move meanwhile."""
        while self._looks:
            await reach(self._clock, min(look.due for look in self._looks))
            self.work()

    async def stop(self) -> None:
        """Stop waiting; what is due is done at the next :meth:`work`."""
        await self._watch.stop()

    def work(self) -> None:
        """Do what is due."""
        now = self._clock.monotonic()
        due = [look for look in self._looks if look.due <= now]
        self._looks = [look for look in self._looks if look.due > now]
        for look in due:
            self._do(look)

    def _do(self, look: _Look) -> None:
        kind = self._office.lines[look.chat.line].settings.get("CRM_CREATE", "none")
        contact = self._contact(look)
        if kind == "deal":
            contact = contact or self._made("contact", look, self._name(look.user))
            self._bind(contact, look)
            self._deal(look, contact)
        elif contact:
            self._bind(contact, look)
        elif kind == "lead":
            self._lead(look)

    def _contact(self, look: _Look) -> PortalCard | None:
        phone = str(look.user.get("phone", "")).lstrip("+")
        for card in self._office.cards:
            same_person = any(code.endswith(f"|{look.chat.person}") for code in card.codes)
            if card.kind == "contact" and (same_person or (phone and card.phone.lstrip("+") == phone)):
                return card
        return None

    def _lead(self, look: _Look) -> None:
        person = f"|{look.chat.person}"
        for card in self._office.cards:
            if card.kind == "lead" and not card.closed and any(code.endswith(person) for code in card.codes):
                self._bind(card, look)
                return
        self._bind(self._made("lead", look, self._name(look.user), stage="NEW"), look)

    def _deal(self, look: _Look, contact: PortalCard) -> None:
        settings = self._office.lines[look.chat.line].settings
        open_deals = [
            card for card in self._office.cards
            if card.kind == "deal" and card.contact == contact.id and not card.closed
        ]  # fmt: skip
        if open_deals and settings.get("CRM_CREATE_THIRD") != "N":
            self._bind(open_deals[-1], look)
            return
        category = int(settings.get("CRM_CREATE_SECOND") or 0)
        stage = f"C{category}:NEW" if category else "NEW"
        deal = self._made("deal", look, self._name(look.user), stage=stage, category=category, contact=contact.id)
        self._bind(deal, look)

    def _made(self, kind: str, look: _Look, title: str, **more: str | int) -> PortalCard:
        card = self._office.add_card(
            kind, title=title, responsible=look.chat.operator or ADMIN, chat=look.chat.id, session=look.session,
            phone=str(look.user.get("phone", "")), **more,
        )  # fmt: skip
        self._courier.tell(f"ONCRM{kind.upper()}ADD", {"FIELDS": {"ID": card.id}})
        return card

    def _bind(self, card: PortalCard, look: _Look) -> None:
        if look.chat.code not in card.codes:
            card.codes.append(look.chat.code)

    def _name(self, user: Json) -> str:
        return " ".join(str(user[part]) for part in ("name", "last_name") if user.get(part)) or "Гость"

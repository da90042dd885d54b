"""Cards where nothing but us makes them: the contact and the deal or lead of a client, each made once.

Such as in a portal that is linked by a webhook alone, or for an open line that works without the CRM (``line_cards``).
Each is looked for before it is made: by our own marks (``originatorId``,
``originId``), which find what a lost answer left, and by phone and address, which find what people made.
Sources: b24-rest-docs ``crm.item.*``, ``crm.duplicate.findbycomm``, ``crm.category.list``; providers' sheet §3.1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final, NamedTuple, TypeAlias
from weakref import WeakValueDictionary

import structlog

from chatapp_cli.crm.bitrix24 import names
from chatapp_cli.crm.bitrix24.calls import MethodCalls
from chatapp_cli.crm.bitrix24.cards import TYPES, item_of, shown
from chatapp_cli.crm.bitrix24.lite_staff import LiteStaff
from chatapp_cli.crm.bitrix24.together import TogetherCalls
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.entry import CrmPerson, LedgerEntry
from chatapp_cli.domain.crm.link import Card, Place
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.domain.crm.states import OTHER_WAY
from chatapp_cli.domain.errors import OutcomeUnknown, PlaceRefused, Rejected, Retryable
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.kit.brackets import members
from chatapp_cli.kit.decided_cards import DecidedCards
from chatapp_cli.ports.memory import Memory
from chatapp_cli.ports.world import Clock

log = structlog.get_logger()

ORIGINATOR: Final = "chatapp"
LEADS: Final = "lead"
CARD: Final = "card "
"""In the memory before the id of a chat: the card that was last found or made for it, such as ``deal-17``."""
KnownContact: TypeAlias = Callable[[], Awaitable[int | None]]
_FRESH: Final = 600.0
"""Seconds for which a card that was found is taken to be open still."""


class LiteCard(NamedTuple):
    """A deal or lead in which a conversation is written down."""

    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class LitePlace(NamedTuple):
    """Where cards are made: leads, or deals in a pipeline."""

    kind: str
    category: int = 0

    @property
    def id(self) -> str:
        """As ``place_of`` reads it."""
        return f"{self.kind}-{self.category}" if self.kind == "deal" else self.kind


def place_of(said: str) -> LitePlace | None:
    """Read a place such as ``lead`` or ``deal-9``; ``None`` for another."""
    kind, _, number = said.partition("-")
    if said == LEADS:
        return LitePlace(LEADS)
    return LitePlace(kind, int(number)) if kind == "deal" and number.isdecimal() else None


def first_stage(place: LitePlace) -> str:
    """The stage in which a card of a pipeline begins (providers' sheet §3.1)."""
    return f"C{place.category}:NEW" if place.category else "NEW"


def _kinds(place: LitePlace, outcome: CardOutcome | None) -> Sequence[str]:
    """The kinds of cards among which an open one is looked for: if cards of both are made, both."""
    return (place.kind,) if outcome is None else tuple(dict.fromkeys([place.kind, "deal", LEADS]))


async def places(api: MethodCalls) -> Sequence[Place]:
    """Leads, and the pipelines of deals."""
    told = await api.call("crm.category.list", {"entityTypeId": TYPES["deal"]})
    found = told.get("categories") if isinstance(told, Mapping) else None
    funnels = [one for one in members(found or []) if isinstance(one, Mapping) and str(one.get("id", "")).isdecimal()]
    funnels.sort(key=lambda one: one.get("isDefault") != "Y")
    deals = [Place(id=f"deal-{one['id']}", name=_pipeline(border.name(str(one.get("name", ""))))) for one in funnels]
    return [*deals, Place(id=LEADS, name=show(T("Leads")))]


def _pipeline(name: str) -> str:
    return show(T("Deals: {name}", name=name))


async def card_of_chat(api: MethodCalls, memory: Memory, chat: str, origin: str, *, staff: bool) -> Sequence[Card]:
    """The card that is remembered of a chat, as the portal has it now; without ``staff`` employees have no names."""
    kind, _, number = (await memory.known(CARD + chat)).get(CARD + chat, "").partition("-")
    if not number:
        return []
    told = await api.call("crm.item.get", {"entityTypeId": TYPES[kind], "id": int(number)})
    return await shown(api, [(kind, {"id": number, **item_of(told)})], origin, staff=staff)


class LiteCards:
    """Finds and makes cards for one session; ``mark`` tells our cards from those of another desk."""

    def __init__(self, api: MethodCalls, calls: TogetherCalls, mark: str, clock: Clock, decided: DecidedCards) -> None:
        self._api = api
        self._calls, self._mark, self._clock, self._decided = calls, mark, clock, decided
        self._by_rule = asyncio.Lock()
        """Whose turn it is can be said of one card at a time."""
        self._staff = LiteStaff(api, clock)
        self._known: dict[tuple[str, str], tuple[float, LiteCard]] = {}
        self._looking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Of those whose card is being looked for, by person and by what they are found by."""

    async def of(self, entry: LedgerEntry) -> LiteCard | None:
        """The card of an entry's client: an open one, or a new one if the client wrote; ``None`` if there is none."""
        place = place_of(entry.pairing.place)
        if place is None:
            raise PlaceRefused(OTHER_WAY, entry.pairing.place)
        return await self.in_place(entry, place)

    async def in_place(
        self, entry: LedgerEntry, place: LitePlace, known: KnownContact | None = None
    ) -> LiteCard | None:
        """The same, where another place than the pairing's is the one for what nothing is decided of.

        ``known`` tells the contact, if the portal has it already in a way of its own.
        """
        asked = (entry.person.id, entry.pairing.place)
        async with AsyncExitStack() as stack:
            for whose in sorted(_same_person(entry.person)):
                await stack.enter_async_context(self._looking.setdefault(whose, asyncio.Lock()))
            at, card = self._known.get(asked, (0.0, None))
            if card is None or self._clock.monotonic() - at > _FRESH:
                contact = await known() if known is not None else None
                contact = contact or await self.contact(entry.person)
                card = await self._looked(contact, place, entry, makes=not entry.ours)
            if card is not None and entry.outcome is not None and entry.outcome.moves == str(card):
                async with self._by_rule:
                    await self._move(card, entry, entry.outcome)
            if card is not None:
                self._known[asked] = (self._clock.monotonic(), card)
            return card

    def forget(self, entry: LedgerEntry) -> None:
        """Look again the next time: the card may be gone."""
        self._known.pop((entry.person.id, entry.pairing.place), None)

    async def _looked(
        self, contact: int | None, place: LitePlace, entry: LedgerEntry, *, makes: bool
    ) -> LiteCard | None:
        for kind in _kinds(place, entry.outcome) if contact is not None else ():
            if (card := await self._open(contact, kind)) is not None:
                if entry.outcome is not None and await self._decided.was_intended(entry):
                    await self._decided.made(entry, entry.outcome, str(card))
                return card
        if not makes:
            return None
        if entry.outcome is None:
            return await self._made_at_home(place, contact or await self._made_contact(entry.person, {}), entry)
        async with self._by_rule:
            return await self._made_as_chosen(place, contact, entry, entry.outcome)

    async def _made_as_chosen(
        self, place: LitePlace, contact: int | None, entry: LedgerEntry, outcome: CardOutcome
    ) -> LiteCard:
        """A card as the outcome says; with less of it if the portal refuses that, as a stage that was deleted."""
        responsible = await self._responsible(outcome, contact)
        contact = contact or await self._made_contact(entry.person, responsible)
        wanted = place_of(outcome.pipeline) or place
        fields = {**outcome.fields, **responsible}
        stage = {"stageId": outcome.stage} if outcome.stage else {}
        card = None
        await self._decided.intend(entry, outcome)
        for there, said in ((wanted, {**fields, **stage}), (wanted, fields)):
            try:
                card = await self._made(there, contact, entry, said)
                break
            except Rejected as error:
                log.warning("bitrix24.outcome_refused", outcome=outcome.number, code=error.code)
        card = card or await self._made_at_home(place, contact, entry)
        await self._decided.made(entry, outcome, str(card))
        return card

    async def _responsible(self, outcome: CardOutcome, contact: int | None) -> Mapping[str, int]:
        """Who is responsible, as a field; nobody in particular if none of those who are wanted works there."""
        if outcome.like_contact and contact is not None:
            same = await self._staff.working([await self._owner(contact)])
            if same:
                return {"assignedById": same[0]}
        working = await self._staff.working(outcome.employees)
        return {"assignedById": working[self._decided.turn(outcome) % len(working)]} if working else {}

    async def _owner(self, contact: int) -> str:
        """Who is responsible for a contact; empty for nobody."""
        told = await self._calls.call("crm.item.get", {"entityTypeId": TYPES["contact"], "id": contact})
        item = told.get("item") if isinstance(told, Mapping) else None
        return str(item.get("assignedById") or "") if isinstance(item, Mapping) else ""

    async def _move(self, card: LiteCard, entry: LedgerEntry, outcome: CardOutcome) -> None:
        """Put a deal into the pipeline that was chosen later; a lead stays a lead, and a deal a deal."""
        place = place_of(outcome.pipeline) or place_of(entry.pairing.place)
        if place is None or place.kind != card.kind:
            return
        fields: dict[str, Any] = dict(await self._responsible(outcome, None))
        if place.kind != LEADS:
            fields |= {"categoryId": place.category, "stageId": outcome.stage or first_stage(place)}
        elif outcome.stage:
            fields["stageId"] = outcome.stage
        try:
            await self._calls.call(
                "crm.item.update", {"entityTypeId": TYPES[card.kind], "id": card.id, "fields": fields}
            )
        except Rejected as error:
            log.warning("bitrix24.move_refused", outcome=outcome.number, code=error.code)
        else:
            await self._decided.made(entry, outcome, str(card))

    async def contact(self, person: CrmPerson) -> int | None:
        """The contact that we made for a person, or that has their phone or address."""
        ours = await self._items("contact", {"=originatorId": ORIGINATOR, "=originId": self._origin(person)})
        if ours:
            return ours[0]
        for kind, values in _reached(person):
            asked = {"type": kind, "values": values, "entity_type": "CONTACT"}
            told = await self._calls.call("crm.duplicate.findbycomm", asked)
            found = told.get("CONTACT") if isinstance(told, Mapping) else None
            if ids := [int(one) for one in members(found or []) if str(one).isdecimal()]:
                return min(ids)
        return None

    async def _open(self, contact: int | None, kind: str) -> LiteCard | None:
        """The newest card of the contact that work goes on with, in whichever pipeline."""
        wanted = {"contactId" if kind == LEADS else "contactIds": contact, "=stageSemanticId": "P"}
        found = await self._items(kind, wanted)
        return LiteCard(kind, found[0]) if found else None

    async def _items(self, kind: str, wanted: Mapping[str, Any]) -> Sequence[int]:
        """The ids of cards, the newest first."""
        asked = {"entityTypeId": TYPES[kind], "filter": wanted, "order": {"id": "desc"}, "select": ["id"], "start": -1}
        told = await self._calls.call("crm.item.list", asked)
        found = told.get("items") if isinstance(told, Mapping) else None
        return [int(one["id"]) for one in members(found or []) if isinstance(one, Mapping) and one.get("id")]

    async def _made_contact(self, person: CrmPerson, responsible: Mapping[str, int]) -> int:
        called = names.called(person)
        fields: dict[str, Any] = {"name": called["name"], **responsible, **self._signed(self._origin(person))}
        if last := called.get("last_name"):
            fields["lastName"] = last
        if reach := [{"typeId": kind, "valueType": "WORK", "value": values[0]} for kind, values in _reached(person)]:
            fields["fm"] = reach
        return await self._add("contact", fields)

    async def _made_at_home(self, place: LitePlace, contact: int, entry: LedgerEntry) -> LiteCard:
        """A card in the place for what nothing is decided of. Raises PlaceRefused if that is not there any more."""
        try:
            return await self._made(place, contact, entry, {})
        except Rejected as error:
            if any(one.id == place.id for one in await places(self._api)):
                raise
            raise PlaceRefused("place_gone", error.detail) from error

    async def _made(self, place: LitePlace, contact: int, entry: LedgerEntry, chosen: Mapping[str, Any]) -> LiteCard:
        channel = names.channels()[entry.pairing.kind].name
        fields: dict[str, Any] = {
            "title": f"{channel}: {entry.person.name or names.NOBODY}",
            "sourceDescription": f"{channel}, {entry.pairing.account}",
            **chosen,
            **self._signed(f"{self._mark}:{entry.chat.id}"),
        }
        if place.kind == LEADS:
            return LiteCard(LEADS, await self._add(LEADS, {**fields, "contactId": contact}))
        fields |= {"categoryId": place.category, "contactIds": [contact]}
        return LiteCard("deal", await self._add("deal", fields))

    async def _add(self, kind: str, fields: Mapping[str, Any]) -> int:
        """Make a card. A lost answer is Retryable: the card is looked for before another is made."""
        try:
            told = await self._calls.call("crm.item.add", {"entityTypeId": TYPES[kind], "fields": fields}, once=True)
        except OutcomeUnknown as lost:
            raise Retryable(lost.code, lost.detail) from lost
        item = told.get("item") if isinstance(told, Mapping) else None
        number = item.get("id") if isinstance(item, Mapping) else None
        if not str(number or "").isdecimal():
            raise Retryable("strange_answer", "crm.item.add")
        return int(str(number))

    def _origin(self, person: CrmPerson) -> str:
        return f"{self._mark}:{person.id}"

    def _signed(self, origin: str) -> Mapping[str, str]:
        return {"originatorId": ORIGINATOR, "originId": origin}


def _same_person(person: CrmPerson) -> set[str]:
    """By what two messages are of one person, so that the cards of only one of them are looked for and made."""
    return {person.id, *(value for _, values in _reached(person) for value in values[:1])}


def _reached(person: CrmPerson) -> Iterator[tuple[str, list[str]]]:
    """By what a person is found: the spellings of their phone, and their e-mail address."""
    if phone := names.phone(person.phone):
        digits = phone.removeprefix("+")
        home = [f"8{digits[1:]}"] if digits.startswith("7") and len(digits) == len("79991112233") else []
        yield "PHONE", [phone, digits, *home]
    if address := border.address(person.email):
        yield "EMAIL", [address]

"""Who is responsible for the cards of chats, in both directions (K-04).

Of the changes of a card only the one counts by which somebody becomes responsible. A hook of it is not signed, so it is
believed for the card's number alone: the card tells who is responsible, and the account's events tell since when.
Sources: providers' sheet §3.7, §4.5, §4.9; the vendor's page «События и примечания» (``entity_responsible_changed``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from chatapp_cli.crm.amocrm import cards, errors, events
from chatapp_cli.crm.amocrm.card_chats import CardChats, ChatSpot
from chatapp_cli.crm.amocrm.cards import PATHS
from chatapp_cli.crm.amocrm.people import AmoStaff
from chatapp_cli.crm.amocrm.rest import AmoApi, Params, embedded, inside, numbers_in
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CardChanged, CardEvent, CrmArrival
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.owner import ChatOwner, heeded, told
from chatapp_cli.domain.crm.receipts import Outcome, unless_all_failed
from chatapp_cli.domain.crm.stages import CardStage, StageName, watched
from chatapp_cli.domain.errors import ChannelError, Misconfigured, Rejected
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.portions import portions
from chatapp_cli.kit.pace import Urgency

HANDOVER: Final = "entity_responsible_changed"
EVENTS: Final = "/api/v4/events"
EVENTS_PAGE: Final = 100
AT_ONCE: Final = 10
"""Cards whose events are asked for together: the account takes no more numbers."""
LONGEST: Final = 4
"""Pages of events that are read after a gap; older changes do not count any more."""
_ENTITIES: Final[Mapping[str, str]] = {"deal": "lead", "contact": "contact", "company": "company"}

Item = Mapping[str, Any]


class AmoOwners:
    """Tells and is told who is responsible, for one session."""

    def __init__(self, api: AmoApi, staff: AmoStaff, chats: CardChats) -> None:
        self._api, self._staff, self._chats = api, staff, chats

    async def owners(self, changes: Sequence[CardEvent], pairings: Sequence[Pairing]) -> Sequence[ChatOwner]:
        """Who is responsible for the chats of changed cards, for each pairing that may have them."""
        kinds = {kind for one in pairings for kind in heeded(one.options)}
        changed = {
            CardRef(one.card, one.id)
            for one in changes
            if isinstance(one, CardChanged) and one.card in kinds and one.card in PATHS and one.id.isdecimal()
        }
        led: dict[ChatSpot, set[CardRef]] = {}
        for card in sorted(changed, key=str):
            for spot in await self._chats.spots(card):
                led.setdefault(spot, set()).add(card)
        bound, items = await self._bound(led)
        moments = await self._moments([one for one in items if one.kind in kinds], items, changed)
        return [
            one
            for spot, there in bound.items()
            for pairing in pairings
            if (one := _owner(spot, pairing, there | led[spot], led[spot], items, moments))
        ]

    async def stages(self, changes: Sequence[CardEvent], pairings: Sequence[Pairing]) -> Sequence[CardStage]:
        """Where changed leads stand, for each chat of theirs whose pairing wants to know it."""
        numbers = {int(one.id) for one in changes if isinstance(one, CardChanged) and one.card == "deal"}
        wanting = [one for one in pairings if "deal" in watched(one.options)]
        items = await self._items("deal", numbers if wanting else ())
        called = await cards.stage_names(self._api) if items else {}
        return [
            _stage(item, spot, pairing, called)
            for card, item in items.items()
            for spot in await self._chats.spots(card)
            for pairing in wanting
            if not spot.kind or (spot.kind, spot.place) == (pairing.kind, pairing.place)
        ]

    async def _bound(self, spots: Iterable[ChatSpot]) -> tuple[Mapping[ChatSpot, set[CardRef]], Mapping[CardRef, Item]]:
        """The cards of each chat, and what they say: its lead tells its company, and its contact if no talk does."""
        known = {spot: dict(await self._chats.cards(spot)) for spot in spots}
        items = await self._items("deal", [one["deal"] for one in known.values() if "deal" in one])
        for numbers in known.values():
            lead = items.get(CardRef("deal", str(numbers.get("deal"))), {})
            for kind in ("contact", "company"):
                found = numbers_in(lead, PATHS[kind].rpartition("/")[2])
                if found and kind not in numbers:
                    numbers[kind] = found[0]
        for kind in ("contact", "company"):
            items |= await self._items(kind, [one[kind] for one in known.values() if kind in one])
        return {
            spot: {CardRef(kind, str(number)) for kind, number in numbers.items()} for spot, numbers in known.items()
        }, items

    async def _items(self, kind: str, numbers: Iterable[int]) -> dict[CardRef, Item]:
        """Cards by their numbers, without those that are gone."""
        found: dict[CardRef, Item] = {}
        for some in portions(sorted(set(numbers)), AT_ONCE):
            asked: dict[str, str | int] = {f"filter[id][{place}]": one for place, one in enumerate(some)}
            if kind == "deal":
                asked["with"] = "contacts"
            for item in await self._api.pages(PATHS[kind], PATHS[kind].rpartition("/")[2], asked):
                if not item.get("is_deleted"):
                    found[CardRef(kind, str(item.get("id")))] = item
        return found

    async def _moments(
        self, cards: Iterable[CardRef], items: Mapping[CardRef, Item], changed: set[CardRef]
    ) -> Mapping[CardRef, Millis]:
        """Since when the employee of each card is responsible for it.

        The list of events may lag behind, or be closed to us: then a card that changed did so when it was last written.
        """
        by_kind: dict[str, list[CardRef]] = {}
        for card in cards:
            by_kind.setdefault(card.kind, []).append(card)
        events_of = {
            one: said for kind, some in by_kind.items() for one, said in (await self._handed(kind, some)).items()
        }
        found: dict[CardRef, Millis] = {}
        for card in (one for some in by_kind.values() for one in some):
            employee, at = events_of.get(card, ("", 0))
            if employee != _responsible(items[card]):
                at = _number(items[card], "updated_at" if card in changed or employee else "created_at")
            found[card] = at * 1000
        return found

    async def _handed(self, kind: str, cards: Sequence[CardRef]) -> Mapping[CardRef, tuple[str, int]]:
        """To whom each card was given last, and when; without those of which the account tells nothing."""
        found: dict[CardRef, tuple[str, int]] = {}
        for some in portions(sorted(cards, key=str), AT_ONCE):
            asked: dict[str, str | int] = {f"filter[entity_id][{place}]": one.id for place, one in enumerate(some)}
            asked |= {"filter[type]": HANDOVER, "filter[entity]": _ENTITIES[kind], "limit": EVENTS_PAGE}
            try:
                answer = await self._api.get(EVENTS, asked, urgency=Urgency.BACKGROUND)
            except (Rejected, Misconfigured):
                return found
            for one in embedded(answer, "events"):
                card = CardRef(kind, str(one.get("entity_id")))
                said = (_given_to(one), _number(one, "created_at"))
                found[card] = max(found.get(card, said), said, key=lambda pair: pair[1])
        return found

    async def changed(self, since: Millis, pairings: Sequence[Pairing]) -> Sequence[CrmArrival]:
        """The cards that were given to somebody since a moment."""
        kinds = {kind for one in pairings for kind in heeded(one.options)}
        wanted = [entity for kind, entity in _ENTITIES.items() if kind in kinds]
        if not wanted:
            return []
        asked: Params = {
            **{f"filter[entity][{place}]": one for place, one in enumerate(wanted)},
            "filter[type]": HANDOVER,
            "filter[created_at][from]": since // 1000,
            "limit": EVENTS_PAGE,
        }
        found: list[CrmArrival] = []
        pages = 0
        async for page in self._api.by_page(EVENTS, "events", asked):
            found += list(_arrivals(page))
            pages += 1
            if pages == LONGEST:
                break
        return found

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[Outcome]:
        """The outcome of each entry, one after the other; raises only what hindered all of them."""
        return unless_all_failed([await self._outcome(one) for one in entries], errors.stops_everything)

    async def _outcome(self, entry: LedgerEntry) -> Outcome:
        try:
            await self._tell(entry)
        except ChannelError as error:
            return error
        return CrmReceipt()

    async def _tell(self, entry: LedgerEntry) -> None:
        """Make an employee responsible for those cards of a chat that the pairing counts; may be told twice.

        A card that is theirs already is left alone. Raises Rejected for somebody who works there no more.
        """
        if not entry.employee.isdecimal():
            raise Rejected("no_employee", entry.employee)
        if not await self._staff.works_there(entry.employee):
            raise Rejected("employee_left", entry.employee)
        spot = await self._chats.spot(entry.chat)
        if spot is None:
            return
        bound, items = await self._bound([spot])
        counted = told(entry.pairing.options)
        for card in sorted(bound[spot], key=lambda one: list(PATHS).index(one.kind)):
            if card.kind in counted and card in items and _responsible(items[card]) != entry.employee:
                await self._give(card, entry.employee)

    async def _give(self, card: CardRef, employee: str) -> None:
        try:
            await self._api.patch(PATHS[card.kind], [{"id": int(card.id), "responsible_user_id": int(employee)}])
        except Rejected:
            await self._staff.learn()
            if not await self._staff.works_there(employee):
                raise Rejected("employee_left", employee) from None
            raise


def _owner(
    spot: ChatSpot,
    pairing: Pairing,
    cards: set[CardRef],
    changed: set[CardRef],
    items: Mapping[CardRef, Item],
    moments: Mapping[CardRef, Millis],
) -> ChatOwner | None:
    """Who decides for a chat of a pairing: the card that was given to somebody last, if one that counts changed."""
    counted = heeded(pairing.options)
    there = [one for one in cards if one.kind in counted and one in moments]
    if not any(one.kind in counted for one in changed) or not there:
        return None
    if spot.kind and (spot.kind, spot.place) != (pairing.kind, pairing.place):
        return None
    order = list(PATHS)
    card = max(there, key=lambda one: (moments[one], one in changed, -order.index(one.kind), int(one.id)))
    return ChatOwner(
        kind=pairing.kind,
        place=pairing.place,
        chat=spot.chat,
        remote_chat=spot.remote,
        employee=border.external_id(_responsible(items[card])),
        at=moments[card],
        card=str(card),
    )


def _stage(
    item: Item, spot: ChatSpot, pairing: Pairing, called: Mapping[tuple[int, int], tuple[str, str]]
) -> CardStage:
    pipeline, stage = _number(item, "pipeline_id"), _number(item, "status_id")
    names = called.get((pipeline, stage), ("", str(stage)))
    return CardStage(
        kind=pairing.kind,
        place=pairing.place,
        chat=spot.chat,
        remote_chat=spot.remote,
        card=f"deal:{_number(item, 'id')}",
        pipeline_id=str(pipeline),
        stage_id=str(stage),
        called=StageName(*map(border.name, names)),
    )


def _responsible(item: Item) -> str:
    return str(item.get("responsible_user_id") or "")


def _given_to(event: Item) -> str:
    after = event.get("value_after")
    said = after[0] if isinstance(after, list) and after else {}
    return str(inside(said, "responsible_user", "id") or "")


def _number(tree: Item, name: str) -> int:
    said = tree.get(name)
    return said if isinstance(said, int) and not isinstance(said, bool) else 0


def _arrivals(page: Iterable[Item]) -> Iterator[CrmArrival]:
    """The cards of events, as hooks tell them."""
    kinds = {entity: kind for kind, entity in _ENTITIES.items()}
    for one in page:
        kind, number = kinds.get(str(one.get("entity_type"))), str(one.get("entity_id") or "")
        if kind is not None and number.isdecimal():
            yield events.card_changed(kind, number, str(_number(one, "created_at")))

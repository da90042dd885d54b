"""Leads that we make and move as the rules said: pipeline, stage, fields, tags, and who is responsible (S-188).

What was deleted there, or does not fit a field, costs itself and not the lead.
Source: providers' sheet §4.5, §4.8; a lead of a contact that is open is used as it is, in whichever pipeline,
unless nobody has accepted it yet (``incoming``).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import IntEnum
from functools import partial
from typing import Any, Final, NamedTuple

import structlog

from chatapp_cli.crm.amocrm import contacts, names
from chatapp_cli.crm.amocrm.incoming import IncomingLeads, Lead
from chatapp_cli.crm.amocrm.lead_values import FieldTypes
from chatapp_cli.crm.amocrm.names import OurIds
from chatapp_cli.crm.amocrm.people import AmoStaff
from chatapp_cli.crm.amocrm.places import CLOSED, first_stage
from chatapp_cli.crm.amocrm.rest import AmoApi, embedded, inside, numbers_in
from chatapp_cli.domain.crm.entry import LedgerEntry
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.domain.errors import OutcomeUnknown, PlaceRefused, Rejected, Retryable
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.kit.decided_cards import DecidedCards
from chatapp_cli.ports.world import Clock

log = structlog.get_logger()

LEADS: Final = "/api/v4/leads"
MOST_LOOKED_AT: Final = 50
"""Leads of a contact among which incoming ones are looked for, the newest ones."""
_FRESH: Final = 30.0
"""Seconds for which a lead that was found is taken to be open still."""
_LONG_FRESH: Final = 600.0
"""The same for a message that was told late, because there are many."""
_LATE: Final[Millis] = 60_000
_WRONG_VALUE: Final = re.compile(r"(?<!\.)custom_fields_values\.(\d+)")
_VALUES: Final = "custom_fields_values"
_RESPONSIBLE: Final = "responsible_user_id"
_PLACING: Final = ("pipeline_id", "status_id", _RESPONSIBLE)


class LeadOfContact(NamedTuple):
    """A lead, and whose it is."""

    lead: int
    contact: int
    """0 if it is not known."""


class ClientThere(NamedTuple):
    """What the account tells of the client of a chat."""

    contact: int | None = None
    lead: int = 0
    """The lead of the newest talk of the chat; 0 if none is told, as before the first message."""


class _Rank(IntEnum):
    """Which of a contact's open leads is used, the best first."""

    OWN = 0
    OF_OTHERS = 1
    """Somebody else is the main contact: nothing of the client's becomes part of it."""
    INCOMING = 2
    """Nobody has accepted it: what a form or another integration brought is no deal."""


def card_of(lead: int) -> str:
    """A lead as the ledger names it."""
    return f"deal:{lead}"


class RecentLooks:
    """What was found for chats a moment ago, as far as it is taken to be so still."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_chat: dict[str, tuple[float, int]] = {}

    def found(self, entry: LedgerEntry) -> int:
        """What was found for the chat of an entry; 0 for nothing, or too long ago."""
        at, number = self._by_chat.get(entry.chat.id, (0.0, 0))
        lasting = _LONG_FRESH if self._clock.now() - entry.at > _LATE else _FRESH
        return number if self._clock.monotonic() - at < lasting else 0

    def note(self, chat: str, number: int) -> None:
        """It was found just now; what is too long ago is dropped."""
        now = self._clock.monotonic()
        self._by_chat = {one: found for one, found in self._by_chat.items() if now - found[0] < _LONG_FRESH}
        self._by_chat[chat] = now, number

    def forget(self, chat: str) -> None:
        """It is not so any more."""
        self._by_chat.pop(chat, None)


class AmoLeads:
    """Makes, finds and moves leads for one session."""

    def __init__(
        self, api: AmoApi, staff: AmoStaff, decided: DecidedCards, ours: OurIds, incoming: IncomingLeads, clock: Clock
    ) -> None:
        self._api, self._staff, self._decided, self._ours = api, staff, decided, ours
        self._fields, self._incoming = FieldTypes(api, clock), incoming
        self._looked = RecentLooks(clock)
        """The contacts of the chats whose leads were looked for."""
        self._one_at_a_time = asyncio.Lock()

    async def settle(
        self, entry: LedgerEntry, outcome: CardOutcome, client: Callable[[], Awaitable[ClientThere]]
    ) -> int:
        """See to it that a client has an open lead before their message is shown; returns its contact, 0 if unknown.

        Chats make one by themselves, in the pipeline of the source: not if there is one. ``client``: finds theirs.
        Raises Rejected if that cannot be seen to, also where the account only goes on failing: the message is shown
        without it, and the next one tries again.
        """
        async with self._one_at_a_time:
            known = self._looked.found(entry)
            if known and not outcome.moves:
                return known
            found = await self._settled(entry, outcome, await client())
            self._looked.note(entry.chat.id, found)
            return found

    async def _settled(self, entry: LedgerEntry, outcome: CardOutcome, there: ClientThere) -> int:
        contact = there.contact
        if contact is not None and (lead := await self._lead_of(entry, contact, there.lead)) is not None:
            if not await self._accepted(entry, outcome, lead, there._replace(contact=contact)):
                await self.used(entry, lead["id"])
            return contact
        if await self._decided.was_intended(entry) and (left := await self.tagged(self._ours.tag(entry.chat.id))):
            await self._decided.made(entry, outcome, card_of(left))
            return await self._contact_of(left)
        return (await self.add(entry, contact)).contact

    async def _lead_of(self, entry: LedgerEntry, contact: int, talked: int) -> Lead | None:
        """The open lead of a contact; incoming ones that this chat brought become part of it, in place of a second.

        ``talked``: the lead of the chat's talk.
        """
        numbers = await self._numbers(contact)
        best, rank = await self._best(numbers, contact)
        if best is None or not (waiting := await self._waiting(entry, numbers, talked)):
            return best
        if rank is not _Rank.OWN:
            return next(iter(waiting.values()))
        if "pipeline_id" not in best:
            return max(best, *waiting.values(), key=_number)
        for uid in waiting:
            await self._incoming.join(entry, uid, lead=best["id"], contact=contact)
        return best

    async def _waiting(self, entry: LedgerEntry, numbers: Sequence[int], talked: int) -> Mapping[str, Lead]:
        """Those of a contact's newest leads that nobody has accepted and the chat brought, by what they are called."""
        if len(numbers) == 1 or not entry.chat.remote:
            return {}
        asked = {f"filter[id][{place}]": one for place, one in enumerate(numbers[:MOST_LOOKED_AT])}
        found: dict[str, Lead] = {}
        for lead in embedded(await self._api.get(LEADS, {**asked, "limit": MOST_LOOKED_AT}), "leads"):
            if lead.get("is_deleted") or not await self._incoming.waits(lead):
                continue
            if uid := await self._incoming.brought(entry, lead, is_ours=lead["id"] == talked):
                found[uid] = lead
        return found

    async def used(self, entry: LedgerEntry, lead: int) -> None:
        """An open lead was found for an entry: it is moved if that was decided, otherwise used as it is."""
        if entry.outcome is None:
            return
        if await self._decided.was_intended(entry):
            await self._decided.made(entry, entry.outcome, card_of(lead))
        elif entry.outcome.moves == card_of(lead):
            await self._move(entry, entry.outcome, lead)

    async def _accepted(self, entry: LedgerEntry, outcome: CardOutcome, lead: Lead, there: ClientThere) -> bool:
        """Accept an incoming lead that a chat of ours brought, as was decided; false for any other."""
        who = partial(self._responsible, outcome, there.contact)
        if "pipeline_id" not in lead:
            return False
        if not await self._incoming.accepted(entry, outcome, lead, who, is_ours=lead["id"] == there.lead):
            return False
        await self._fill(outcome, lead, there.contact)
        await self._decided.made(entry, outcome, card_of(lead["id"]))
        await self._incoming.finished(entry)
        return True

    async def _fill(self, outcome: CardOutcome, lead: Lead, contact: int | None) -> None:
        """Write into an accepted lead what accepting does not: pipeline, fields and tags; what is refused is left."""
        own = int(lead["pipeline_id"])
        item = {"id": lead["id"], **await self._chosen(outcome, own, contact)}
        item.pop(_RESPONSIBLE, None)
        if outcome.tags:
            item["tags_to_add"] = [{"name": one} for one in outcome.tags]
        while True:
            try:
                if said := await self._besides(item, own):
                    await self._api.patch(LEADS, [{"id": lead["id"], **said}])
            except Rejected as error:
                log.warning("amocrm.outcome_refused", outcome=outcome.number, code=error.code)
                if _lessened(item, error, own):
                    continue
            return

    async def _besides(self, item: Mapping[str, Any], own: int) -> Mapping[str, Any]:
        """What is left to be said of a lead that was accepted in its own pipeline; Rejected if the other is gone."""
        said = {name: one for name, one in item.items() if name in {_VALUES, "tags_to_add"}}
        if item["pipeline_id"] == own:
            return said
        stage = item.get("status_id") or await first_stage(self._api, item["pipeline_id"])
        return {**said, "pipeline_id": item["pipeline_id"], "status_id": stage}

    async def open_lead(self, contact: int, may: Callable[[int], Awaitable[bool]] | None = None) -> int | None:
        """The number of the open lead of a contact that is used, of those that ``may`` be."""
        found, _ = await self._best(await self._numbers(contact), contact, may)
        return None if found is None else int(found["id"])

    async def _numbers(self, contact: int) -> Sequence[int]:
        """The leads of a contact, the newest first."""
        answer = await self._api.get(f"{contacts.PATH}/{contact}", {"with": "leads"})
        numbers = [one["id"] for one in embedded(answer, "leads") if isinstance(one.get("id"), int)]
        return sorted(numbers, reverse=True)

    async def _best(
        self, numbers: Sequence[int], contact: int, may: Callable[[int], Awaitable[bool]] | None = None
    ) -> tuple[Lead | None, _Rank]:
        """The newest open one of a contact's leads of the best rank that there is, of those that ``may`` be used."""
        found: dict[_Rank, Lead] = {}
        for number in numbers:
            if (may is None or await may(number)) and (lead := await self._if_open(number)) is not None:
                found.setdefault(await self._rank(lead, contact), lead)
            if _Rank.OWN in found:
                break
        rank = min(found, default=_Rank.INCOMING)
        return found.get(rank), rank

    async def _rank(self, lead: Lead, contact: int) -> _Rank:
        """One that may not be read is taken for the contact's own."""
        if await self._incoming.waits(lead):
            return _Rank.INCOMING
        main = next(iter(numbers_in(lead, "contacts")), contact)
        return _Rank.OWN if main == contact else _Rank.OF_OTHERS

    async def is_open(self, lead: int) -> bool:
        """Whether a lead is there and work on it goes on, as far as is known of one that may not be read."""
        return await self._if_open(lead) is not None

    async def _if_open(self, lead: int) -> Lead | None:
        """A lead that is open; of one that may not be read only its number."""
        try:
            found = await self._api.get(f"{LEADS}/{lead}", {"with": "contacts"})
        except Rejected as error:
            return None if error.code == "gone" else {"id": lead}
        there = isinstance(found, dict) and bool(found.get("id")) and not found.get("is_deleted")
        return found if there and found.get("status_id") not in CLOSED and not found.get("closed_at") else None

    async def tagged(self, tag: str) -> int | None:
        """The open lead with our mark: what a lost answer left."""
        answer = await self._api.get(LEADS, {"query": tag, "limit": 50})
        for lead in embedded(answer, "leads"):
            if any(one.get("name") == tag for one in embedded(lead, "tags")) and await self.is_open(lead["id"]):
                return int(lead["id"])
        return None

    async def _contact_of(self, lead: int) -> int:
        answer = await self._api.get(f"{LEADS}/{lead}", {"with": "contacts"})
        return next(iter(numbers_in(answer, "contacts")), 0)

    async def add(self, entry: LedgerEntry, contact: int | None) -> LeadOfContact:
        """Make a lead as was decided, else in the pairing's pipeline; with a new contact if there is ``None``.

        A lost answer is Retryable: our tag finds the lead, and so the contact that was made by the same request.
        """
        outcome, place = entry.outcome, int(entry.pairing.place)
        item = self._plain(entry, place, contact)
        if outcome is None:
            try:
                return await self._made(item)
            except Rejected as error:
                raise _of_place(error) from error
        await self._decided.intend(entry, outcome)
        item |= await self._chosen(outcome, place, contact)
        item["_embedded"]["tags"] += [{"name": one} for one in outcome.tags]
        while True:
            try:
                made = await self._made(item)
            except Rejected as error:
                log.warning("amocrm.outcome_refused", outcome=outcome.number, code=error.code)
                if not _lessened(item, error, place):
                    raise _of_place(error) from error
            else:
                await self._decided.made(entry, outcome, card_of(made.lead))
                return made

    def _plain(self, entry: LedgerEntry, place: int, contact: int | None) -> dict[str, Any]:
        name = entry.person.name or show(T("Client"))
        client = {"id": contact} if contact else contacts.described(entry.person)
        return {
            "name": f"{names.channels()[entry.pairing.kind].name}: {name}",
            "pipeline_id": place,
            "_embedded": {
                "contacts": [client],
                "tags": [{"name": self._ours.tag(entry.chat.id)}],
            },
        }

    async def _chosen(self, outcome: CardOutcome, place: int, contact: int | None) -> dict[str, Any]:
        """What an outcome says of a lead, as the account takes it."""
        found: dict[str, Any] = {"pipeline_id": int(outcome.pipeline or place)}
        if outcome.stage:
            found["status_id"] = int(outcome.stage)
        if values := await self._fields.values(outcome.fields):
            found[_VALUES] = values
        if employee := await self._responsible(outcome, contact):
            found[_RESPONSIBLE] = employee
        return found

    async def _responsible(self, outcome: CardOutcome, contact: int | None) -> int:
        """Who is responsible; 0 for nobody in particular if none of those who are wanted works there."""
        if outcome.like_contact and contact is not None:
            answer = await self._api.get(f"{contacts.PATH}/{contact}")
            same = answer.get(_RESPONSIBLE) if isinstance(answer, dict) else None
            if same and await self._staff.at_work([str(same)]):
                return int(same)
        working = await self._staff.at_work(outcome.employees)
        return int(working[self._decided.turn(outcome) % len(working)]) if working else 0

    async def _made(self, item: Mapping[str, Any]) -> LeadOfContact:
        [contact] = item["_embedded"]["contacts"]
        try:
            if "id" in contact:
                return LeadOfContact(await self._api.add(LEADS, "leads", item), contact["id"])
            answer = await self._api.post(f"{LEADS}/complex", [item])
        except OutcomeUnknown as lost:
            raise Retryable(lost.code, lost.detail) from lost
        made = answer[0] if isinstance(answer, list) and answer else None
        if not (lead := inside(made, "id")):
            raise Retryable("strange_answer", "complex")
        return LeadOfContact(int(lead), int(inside(made, "contact_id") or 0))

    async def _move(self, entry: LedgerEntry, outcome: CardOutcome, lead: int) -> None:
        """Put a lead into the pipeline that was decided later: both are said together (providers' sheet §4.8)."""
        chosen = await self._chosen(outcome, int(entry.pairing.place), None)
        item: dict[str, Any] = {name: chosen[name] for name in _PLACING if name in chosen}
        try:
            if "status_id" not in item:
                item["status_id"] = await first_stage(self._api, chosen["pipeline_id"])
            await self._moved(lead, item)
        except Rejected as error:
            log.warning("amocrm.move_refused", outcome=outcome.number, code=error.code)
        else:
            await self._decided.made(entry, outcome, card_of(lead))

    async def _moved(self, lead: int, item: dict[str, Any]) -> None:
        try:
            await self._api.patch(LEADS, [{"id": lead, **item}])
        except Rejected as error:
            if not _without_employee(item, error):
                raise
            await self._api.patch(LEADS, [{"id": lead, **item}])


def _number(lead: Lead) -> int:
    return int(lead["id"])


def _of_place(error: Rejected) -> Rejected:
    """The refusal of a lead with nothing but the pairing's own pipeline."""
    return PlaceRefused("place_gone", error.detail) if error.code == "pipeline_gone" else error


def _without_employee(item: dict[str, Any], error: Rejected) -> bool:
    """Take the employee away that was refused: an account that does not list its employees lets nobody ask first."""
    return _RESPONSIBLE in error.detail and item.pop(_RESPONSIBLE, None) is not None


def _lessened(item: dict[str, Any], error: Rejected, place: int) -> bool:
    """Take away what was refused, or with a refusal that names nothing all that was decided; false if nothing is left.

    A lead in the pairing's pipeline without any of it is made in the end.
    """
    if _without_employee(item, error):
        return True
    wrong, values = {int(one) for one in _WRONG_VALUE.findall(error.detail)}, item.pop(_VALUES, [])
    if left := [one for number, one in enumerate(values) if number not in wrong]:
        item[_VALUES] = left
    if len(left) < len(values):
        return True
    if error.code == "stage_gone" and item.pop("status_id", None) is not None:
        return True
    if item["pipeline_id"] == place and not item.keys() & {"status_id", _RESPONSIBLE, _VALUES}:
        return False
    if error.code != "pipeline_gone":
        item.pop(_VALUES, None)
        item.pop(_RESPONSIBLE, None)
    item.pop("status_id", None)
    item["pipeline_id"] = place
    return True

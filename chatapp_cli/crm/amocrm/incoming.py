"""Incoming leads («Неразобранное») that a chat brought: accepted once where the rules say, until a person does.

Beside an open deal of the same contact one becomes part of that deal.
Sources: providers' sheet §4.6, §4.8 (way A); ``unsorted.accept.request``, ``unsorted.link.request`` and
``unsorted.list.answer`` of the contracts.
One who accepted or declined such a lead meanwhile has decided: it is left as they left it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias

import msgspec
import structlog

from chatapp_cli.crm.amocrm.names import OurIds, chat_of
from chatapp_cli.crm.amocrm.places import first_stage, unsorted_stages
from chatapp_cli.crm.amocrm.rest import AmoApi, embedded, inside
from chatapp_cli.domain.crm.entry import LedgerEntry
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.domain.errors import OutcomeUnknown, ReadInPart, Rejected, Retryable
from chatapp_cli.kit.records import remembered, written
from chatapp_cli.ports.memory import Memory
from chatapp_cli.ports.world import Clock

log = structlog.get_logger()

PATH: Final = "/api/v4/leads/unsorted"
_ACCEPTING: Final = "accepting "
"""In the memory before our id of a chat."""
_BY_CHATS: Final = {"filter[category][]": "chats", "order[created_at]": "desc"}
_FRESH: Final = 600.0
"""Seconds for which the pipelines are taken to have the same stages."""
TRIES: Final = 3
"""Lost answers in a row after which a message is shown whatever becomes of its lead: the next one tries again."""
Lead: TypeAlias = Mapping[str, Any]


class BegunAcceptance(msgspec.Struct, frozen=True, kw_only=True):
    """An acceptance of which it is not known yet that it was carried out, with all that follows it."""

    key: str
    """Of the message."""
    lead: int
    pipeline: int
    stage: int
    """Where it is accepted; 0: where the account says."""
    user: int
    """Who is responsible; 0: whom the account says."""


class IncomingLeads:
    """Accepts them for one session."""

    def __init__(self, api: AmoApi, memory: Memory, ours: OurIds, clock: Clock) -> None:
        self._api, self._memory, self._ours, self._clock = api, memory, ours, clock
        self._failed: Counter[str] = Counter()
        """Lost answers in a row by our id of a chat."""
        self._stages: frozenset[int] = frozenset()
        self._at: float | None = None

    async def accepted(
        self,
        entry: LedgerEntry,
        outcome: CardOutcome,
        lead: Lead,
        who: Callable[[], Awaitable[int]],
        *,
        is_ours: bool,
    ) -> bool:
        """Accept a lead for a message if nobody has yet; whether it is ours to be filled as was decided.

        It comes to the stage of the outcome, or the first one of its own pipeline where that is of another. ``who``:
        the employee who is to be responsible, 0 for nobody in particular. ``is_ours``: the chat's own talk names it;
        otherwise only what a chat of ours brought is accepted. Raises Retryable if the answer was lost; the next
        attempt at the same message finds what it did. ``finished`` ends it.
        """
        begun = await self._begun(entry, lead)
        if lead.get("status_id") not in await self._unsorted():
            return begun is not None and await self._is_ours(entry, outcome, lead, begun)
        uid = await self._uid(lead, lambda said: is_ours or self._is_of_chat(said, entry) or self._is_of_ours(said))
        if not uid:
            return False
        if begun is None:
            where = {"pipeline": lead["pipeline_id"], "stage": await self._stage(outcome, lead)}
            begun = BegunAcceptance(key=entry.key, lead=lead["id"], user=await who(), **where)
        return await self._accept(entry, uid, begun)

    async def waits(self, lead: Lead) -> bool:
        """Whether nobody has accepted a lead yet, by its stage; not of one that may not be read, as its stages."""
        with suppress(Rejected):
            return lead.get("status_id") is not None and lead["status_id"] in await self._unsorted()
        return False

    async def brought(self, entry: LedgerEntry, lead: Lead, *, is_ours: bool) -> str:
        """What the account calls an incoming lead that the chat of an entry brought; empty for any other.

        ``is_ours``: the chat's own talk names it.
        """
        return await self._uid(lead, lambda said: is_ours or self._is_of_chat(said, entry))

    async def join(self, entry: LedgerEntry, uid: str, *, lead: int, contact: int) -> None:
        """Let the chat that brought an incoming lead belong to a deal of the contact, so that there are not two.

        Raises Retryable if the answer was lost: one that was carried out is not found any more. One that the account
        refuses to join, or a person was faster with, is left as it is.
        """
        link = {"entity_id": lead, "entity_type": "leads", "metadata": {"contact_id": contact}}
        try:
            await self._api.post(f"{PATH}/{uid}/link", {"link": link})
        except OutcomeUnknown as lost:
            raise self._lost(entry, lost) from lost
        except Rejected as error:
            log.warning("amocrm.not_joined", chat=entry.chat.id, code=error.code, detail=error.detail)
        await self.finished(entry)

    async def finished(self, entry: LedgerEntry) -> None:
        """The lead of a message is as was decided, or as a person wanted it."""
        self._failed.pop(entry.chat.id, None)
        await self._memory.save({_ACCEPTING + entry.chat.id: ""})

    def _lost(self, entry: LedgerEntry, lost: OutcomeUnknown) -> Retryable | Rejected:
        """A lost answer is asked for again, but the client's words are not held back for it by more than some tries."""
        self._failed[entry.chat.id] += 1
        is_enough = self._failed[entry.chat.id] >= TRIES
        return (Rejected if is_enough else Retryable)(lost.code, lost.detail)

    async def _begun(self, entry: LedgerEntry, lead: Lead) -> BegunAcceptance | None:
        found = await remembered(self._memory, _ACCEPTING + entry.chat.id, BegunAcceptance)
        return found if found is not None and (found.key, found.lead) == (entry.key, lead["id"]) else None

    async def _unsorted(self) -> frozenset[int]:
        """The stages of leads that nobody has accepted, asked for now and then."""
        now = self._clock.monotonic()
        if self._at is None or now - self._at > _FRESH:
            self._stages, self._at = await unsorted_stages(self._api), now
        return self._stages

    async def _is_ours(self, entry: LedgerEntry, outcome: CardOutcome, lead: Lead, begun: BegunAcceptance) -> bool:
        """Whether an accepted lead is where we accepted it, or moved it afterwards: then its answer was lost."""
        pipeline, stage = lead.get("pipeline_id"), lead.get("status_id")
        there = begun.stage in {0, stage}
        if pipeline != begun.pipeline:
            there = outcome.pipeline == str(pipeline) and await self._stage(outcome, lead) == stage
        if there and begun.user in {0, lead.get("responsible_user_id")}:
            return True
        await self.finished(entry)
        return False

    async def _uid(self, lead: Lead, fits: Callable[[Mapping[str, Any]], bool]) -> str:
        """What the account calls an incoming lead; empty if it is none any more, or no chat that fits brought it."""
        asked = {**_BY_CHATS, "filter[pipeline_id]": lead["pipeline_id"]}
        with suppress(ReadInPart):  # the newest are read first: one behind so many is left to people
            async for page in self._api.by_page(PATH, "unsorted", asked):
                for one in page:
                    if any(each.get("id") == lead["id"] for each in embedded(one, "leads")):
                        return str(one.get("uid") or "") if fits(one) else ""
        return ""

    def _is_of_chat(self, unsorted: Mapping[str, Any], entry: LedgerEntry) -> bool:
        chat = chat_of(entry.chat.remote)
        return bool(chat) and unsorted.get("source_uid") == chat

    def _is_of_ours(self, unsorted: Mapping[str, Any]) -> bool:
        """Whether any chat of this link brought it."""
        return self._ours.pairing_of_source(str(inside(unsorted, "metadata", "source") or "")) is not None

    async def _stage(self, outcome: CardOutcome, lead: Lead) -> int:
        """Where the outcome wants it in its pipeline: nobody says that a lead can be accepted into another one."""
        own = int(lead["pipeline_id"])
        if outcome.stage and outcome.pipeline in {"", str(own)}:
            return int(outcome.stage)
        return await first_stage(self._api, own)

    async def _accept(self, entry: LedgerEntry, uid: str, begun: BegunAcceptance) -> bool:
        """Accept it, without the stage or the employee that the account refuses; false if a person was faster."""
        while True:
            await self._memory.save({_ACCEPTING + entry.chat.id: written(begun)})
            said = {"user_id": begun.user, "status_id": begun.stage}
            try:
                await self._api.post(f"{PATH}/{uid}/accept", {name: one for name, one in said.items() if one})
            except OutcomeUnknown as lost:
                raise self._lost(entry, lost) from lost
            except Rejected as error:
                log.warning("amocrm.not_accepted", chat=entry.chat.id, code=error.code, detail=error.detail)
                if error.code == "gone" or not (begun.stage or begun.user):
                    await self.finished(entry)
                    return False
                begun = _lessened(begun, error)
            else:
                return True


def _lessened(begun: BegunAcceptance, error: Rejected) -> BegunAcceptance:
    if begun.stage and error.code == "stage_gone":
        return msgspec.structs.replace(begun, stage=0)
    if begun.user:
        return msgspec.structs.replace(begun, user=0)
    return msgspec.structs.replace(begun, stage=0)

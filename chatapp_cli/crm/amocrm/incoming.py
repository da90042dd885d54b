"""Incoming leads («Неразобранное») that a chat brought: accepted once where the rules say, until a person does.

Beside an open deal of the same contact one becomes part of that deal.
Sources: providers' sheet §4.6, §4.8 (way A); ``unsorted.accept.request``, ``unsorted.link.request`` and
``unsorted.list.answer`` of the contracts.
One who accepted or declined such a lead meanwhile has decided: it is left as they left it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias

import msgspec
import structlog

from chatapp_cli.crm.amocrm.places import first_stage, unsorted_stages
from chatapp_cli.crm.amocrm.rest import PAGE, AmoApi, embedded
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

    def __init__(self, api: AmoApi, memory: Memory, clock: Clock) -> None:
        self._api, self._memory, self._clock = api, memory, clock
        self._stages: frozenset[int] = frozenset()
        self._at: float | None = None

    async def accepted(
        self, entry: LedgerEntry, outcome: CardOutcome, lead: Lead, who: Callable[[], Awaitable[int]]
    ) -> bool:
        """Accept a lead for a message if nobody has yet; whether it is ours to be filled as was decided.

        It comes to the stage of the outcome, or the first one of its own pipeline where that is of another. ``who``:
        the employee who is to be responsible, 0 for nobody in particular. Raises Retryable if the answer was lost; the
        next attempt at the same message finds what it did. ``finished`` ends it.
        """
        begun = await self._begun(entry, lead)
        if lead.get("status_id") not in await self._unsorted():
            return begun is not None and await self._is_ours(entry, outcome, lead, begun)
        uid = await self._uid(lead)
        if not uid:
            return False
        if begun is None:
            where = {"pipeline": lead["pipeline_id"], "stage": await self._stage(outcome, lead)}
            begun = BegunAcceptance(key=entry.key, lead=lead["id"], user=await who(), **where)
        return await self._accept(entry, uid, begun)

    async def among(self, leads: Collection[int]) -> Mapping[int, str]:
        """What the account calls those of some leads that a chat brought and nobody has accepted, the newest first."""
        answer = await self._api.get(PATH, {**_BY_CHATS, "limit": PAGE})
        found = {
            each.get("id"): str(one.get("uid") or "") for one in embedded(answer, "unsorted") for each in _leads(one)
        }
        return {number: found[number] for number in leads if found.get(number)}

    async def join(self, entry: LedgerEntry, uid: str, *, lead: int, contact: int) -> None:
        """Let what an incoming lead brought belong to a deal of the contact, so that there are not two.

        Raises Retryable if the answer was lost: one that was carried out is not found any more. One that the account
        refuses to join, or a person was faster with, is left as it is.
        """
        link = {"entity_id": lead, "entity_type": "leads", "metadata": {"contact_id": contact}}
        try:
            await self._api.post(f"{PATH}/{uid}/link", {"link": link})
        except OutcomeUnknown as lost:
            raise Retryable(lost.code, lost.detail) from lost
        except Rejected as error:
            log.warning("amocrm.not_joined", chat=entry.chat.id, code=error.code, detail=error.detail)
        await self.finished(entry)

    async def finished(self, entry: LedgerEntry) -> None:
        """The lead of a message is as was decided, or as a person wanted it."""
        await self._memory.save({_ACCEPTING + entry.chat.id: ""})

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

    async def _uid(self, lead: Lead) -> str:
        """What the account calls an incoming lead; empty if it is none any more, or no chat brought it."""
        asked = {**_BY_CHATS, "filter[pipeline_id]": lead["pipeline_id"]}
        with suppress(ReadInPart):  # the newest are read first: one behind so many is left to people
            async for page in self._api.by_page(PATH, "unsorted", asked):
                for one in page:
                    if any(each.get("id") == lead["id"] for each in _leads(one)):
                        return str(one.get("uid") or "")
        return ""

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
                raise Retryable(lost.code, lost.detail) from lost
            except Rejected as error:
                log.warning("amocrm.not_accepted", chat=entry.chat.id, code=error.code, detail=error.detail)
                if error.code == "gone" or not (begun.stage or begun.user):
                    await self.finished(entry)
                    return False
                begun = _lessened(begun, error)
            else:
                return True


def _leads(unsorted: Mapping[str, Any]) -> Sequence[Lead]:
    return embedded(unsorted, "leads")


def _lessened(begun: BegunAcceptance, error: Rejected) -> BegunAcceptance:
    if begun.stage and error.code == "stage_gone":
        return msgspec.structs.replace(begun, stage=0)
    if begun.user:
        return msgspec.structs.replace(begun, user=0)
    return msgspec.structs.replace(begun, stage=0)

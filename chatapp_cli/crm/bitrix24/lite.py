"""A portal at work that is linked by a webhook alone: conversations are written down in the client's deal or lead.

What employees write there does not come back, because nothing calls us.
Sources: b24-rest-docs ``crm.timeline.comment.*``; providers' sheet §0, §3.1.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from chatapp_cli.crm.bitrix24 import bbcode, check, errors, lines, lite_pipelines
from chatapp_cli.crm.bitrix24.calls import AT_ONCE, PROOF, BatchCommand
from chatapp_cli.crm.bitrix24.lite_cards import CARD, LiteCard, LiteCards, card_of_chat, place_of, places
from chatapp_cli.crm.bitrix24.together import TogetherCalls
from chatapp_cli.crm.bitrix24.webhook import WebhookApi, opened
from chatapp_cli.domain.crm import showing
from chatapp_cli.domain.crm.entry import CrmChat, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, MirroredChat
from chatapp_cli.domain.crm.link import Card, Employee, Pairing, Place
from chatapp_cli.domain.crm.outcome import CrmPipeline
from chatapp_cli.domain.crm.receipts import unless_all_failed
from chatapp_cli.domain.crm.states import OTHER_WAY, Act
from chatapp_cli.domain.errors import ChannelError, PlaceRefused, Rejected
from chatapp_cli.domain.ids import Millis, PairingId
from chatapp_cli.domain.text import T
from chatapp_cli.kit.decided_cards import DecidedCards
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding
from chatapp_cli.ports.world import World


class Bitrix24LiteSession:
    """A webhook at work."""

    def __init__(self, api: WebhookApi, bound: Bound, public_url: str, world: World) -> None:
        self._api, self._memory = api, bound.memory
        self._calls = TogetherCalls(api)
        self._decided = DecidedCards(bound.memory)
        self._cards = LiteCards(api, self._calls, bound.secrets["mark"], world.clock, self._decided)
        self._is_ours = showing.ours_at(public_url)
        self._written_in: dict[str, LiteCard] = {}

    @property
    def calls(self) -> int:
        """Requests to the portal so far; a batch is one."""
        return self._api.calls

    async def arrange(self, pairings: Sequence[Pairing]) -> Mapping[PairingId, ChannelError]:
        """There is nothing to arrange; a pipeline that is gone is refused."""
        there = {one.id for one in await places(self._api)} if pairings else set()
        return {one.id: _refused(one.place) for one in pairings if one.place not in there}

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[CrmReceipt | ChannelError]:
        """Find or make each client's card, and write the messages down in one request.

        What a card refuses is written once more after a new look: somebody may have deleted it.
        """
        found = await self._told(dict(enumerate(entries)))
        refused = {n: entries[n] for n, answer in found.items() if _may_be_gone(answer)}
        for entry in refused.values():
            self._cards.forget(entry)
        try:
            found |= await self._told(refused)
        except ChannelError as error:
            found |= dict.fromkeys(refused, error)
        return unless_all_failed([found[number] for number in range(len(entries))], errors.stops_everything)

    async def _told(self, entries: Mapping[int, LedgerEntry]) -> dict[int, CrmReceipt | ChannelError]:
        """The outcome of each entry; raises what concerns all of them before anything is written down."""
        found: dict[int, CrmReceipt | ChannelError] = {}
        commands: dict[str, BatchCommand] = {}
        told = await asyncio.gather(*map(self._command, entries.values()), return_exceptions=True)
        for number, command in zip(entries, told, strict=True):
            if isinstance(command, ChannelError) and not errors.stops_everything(command):
                found[number] = command
            elif isinstance(command, BaseException):
                raise command
            else:
                found[number] = CrmReceipt()
                commands |= {} if command is None else {str(number): command}
        for number, answer in (await self._written(commands)).items():
            taken = isinstance(answer, CrmReceipt)
            found[number] = await self._decided.receipt(entries[number]) if taken else answer
        return found

    async def _written(self, commands: Mapping[str, BatchCommand]) -> Mapping[int, CrmReceipt | ChannelError]:
        """Write comments, as many in a request as it takes: each request has an outcome of its own."""
        found: dict[int, CrmReceipt | ChannelError] = {}
        waiting = iter(commands.items())
        while some := dict(islice(waiting, AT_ONCE)):
            try:
                answers = await self._api.batch(some, once=True)
            except ChannelError as error:
                found |= dict.fromkeys(map(int, some), error)
                continue
            for name, answer in answers.items():
                found[int(name)] = answer if isinstance(answer, ChannelError) else CrmReceipt()
        return found

    async def _command(self, entry: LedgerEntry) -> BatchCommand | None:
        """What has to be asked for an entry; ``None`` if there is nothing to tell."""
        if entry.act not in {Act.ADD, Act.EDIT, Act.DELETE} or entry.chat.kind == "group":
            return None
        if entry.act is Act.ADD:
            card = await self._cards.of(entry) if showing.is_shown(entry) else None
            if card is None:
                return None
            await self._remember(entry.chat.id, card)
            return BatchCommand("crm.timeline.comment.add", {"fields": self._comment(entry, card)})
        comment = await self._found(entry)
        if comment is None:
            return None
        if entry.act is Act.DELETE:
            return BatchCommand("crm.timeline.comment.delete", {"id": comment})
        text = {"COMMENT": self._text(entry)}
        return BatchCommand("crm.timeline.comment.update", {"id": comment, "fields": text})

    async def _remember(self, chat: str, card: LiteCard) -> None:
        """Note where a chat is written down, before it is: a lost answer is looked for there."""
        if self._written_in.get(chat) != card:
            await self._memory.save({CARD + chat: f"{card.kind}-{card.id}"})
            self._written_in[chat] = card

    def _comment(self, entry: LedgerEntry, card: LiteCard) -> Mapping[str, Any]:
        return {"ENTITY_ID": card.id, "ENTITY_TYPE": card.kind, "COMMENT": self._text(entry)}

    def _text(self, entry: LedgerEntry) -> str:
        """Who wrote when, with our number of the message, by which it is found again; then what, and its files."""
        who = entry.author or (entry.pairing.account if entry.ours else entry.person.name)
        when = datetime.fromtimestamp(entry.at / 1000).astimezone()
        head = f"{bbcode.shielded(who)} · {when:%d.%m.%Y %H:%M} · {_mark(entry)}"
        files = [f"{file.name}: {file.url}" if self._is_ours(file.url) else file.name for file in entry.files]
        quoted = f"«{bbcode.shielded(entry.quoted)}»" if entry.quoted else ""
        return "\n".join(filter(None, (head, quoted, bbcode.shielded(entry.text), *map(bbcode.shielded, files))))

    async def find(self, entry: LedgerEntry) -> CrmReceipt | None:
        """Look for the comment of a message in the card where it was written; what else we tell may be told twice."""
        if entry.act is not Act.ADD:
            return None
        return None if await self._found(entry) is None else await self._decided.receipt(entry)

    async def _found(self, entry: LedgerEntry) -> int | None:
        """The comment of a message, among the newest hundred of its card."""
        kind, _, number = (await self._memory.known(CARD + entry.chat.id)).get(CARD + entry.chat.id, "").partition("-")
        if not number:
            return None
        asked = {"filter": {"ENTITY_TYPE": kind, "ENTITY_ID": int(number)}, "order": {"ID": "DESC"}}
        for start in (0, 50):
            told = await self._calls.call("crm.timeline.comment.list", {**asked, "start": start})
            page = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
            for one in page:
                head = str(one.get("COMMENT", "")).partition("\n")[0]
                if head.endswith(f" · {_mark(entry)}") and str(one.get("ID", "")).isdecimal():
                    return int(one["ID"])
        return None

    async def catch_up(
        self,
        chats: Sequence[MirroredChat],  # noqa: ARG002 - see below
        since: Millis = 0,  # noqa: ARG002 - see below
    ) -> AsyncGenerator[Sequence[CrmArrival], None]:
        """Nothing: what employees write there is not read."""
        nothing: Sequence[Sequence[CrmArrival]] = ()
        for arrivals in nothing:
            yield arrivals

    async def fetch(self, address: str, target: Path) -> None:  # noqa: ARG002 - see below
        """No file comes from there. Raises Rejected."""
        raise Rejected("file_gone", target.name)

    async def prove(self) -> None:
        """Ask for the webhook's rights."""
        await self._api.call(PROOF)

    async def places(self) -> Sequence[Place]:
        """The pipelines of deals, and the leads."""
        return await places(self._api)

    async def mend(self, place: str, codes: Collection[str]) -> Place:  # noqa: ARG002 - a pipeline has no such settings
        """There is nothing to mend. Raises Rejected for a place that is gone."""
        for one in await places(self._api):
            if one.id == place:
                return one
        raise Rejected("place_gone", place)

    async def pipelines(self) -> Sequence[CrmPipeline]:
        """Leads and the pipelines of deals, with their stages and fields."""
        return await lite_pipelines.pipelines(self._api)

    async def employees(self) -> Sequence[Employee]:
        """Who works in the portal, if the webhook may read that."""
        return await lines.employees(self._api)

    async def cards(self, chat: CrmChat) -> Sequence[Card]:
        """The card in which a chat is written down."""
        return await card_of_chat(self._api, self._memory, chat.id, self._api.origin, staff=False)


async def findings(bound: Bound, world: World) -> Sequence[Finding]:
    """What can be found out about a webhook: whether it is accepted, its rights, and the clock."""
    async with opened(bound, world) as api:
        asked = {name: BatchCommand(name) for name in ("scope", "server.time")}
        answers = await api.batch(asked)
    return [
        Finding(name="tokens", ok=True, what=T("Bitrix24 accepts the webhook.")),
        check.scopes(answers["scope"], frozenset({"crm"}), T("Tick them in the webhook.")),
        check.clock(answers["server.time"], world),
        Finding(
            name="uncalled",
            ok=True,
            what=T("Linked by a webhook alone: what employees write there does not come here."),
        ),
    ]


def _refused(place: str) -> ChannelError:
    return PlaceRefused("place_gone" if place_of(place) else OTHER_WAY, place)


def _may_be_gone(answer: CrmReceipt | ChannelError) -> bool:
    """Whether an entry was refused for what may be its card: neither for its place nor for a right that is lacking."""
    return isinstance(answer, Rejected) and not isinstance(answer, PlaceRefused) and answer.code != errors.SCOPE


def _mark(entry: LedgerEntry) -> str:
    return f"№ {entry.key.removeprefix('m-')}"

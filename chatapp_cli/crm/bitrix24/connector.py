"""Bitrix24, wired together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from chatapp_cli.crm.bitrix24 import (
    accept,
    card_tab,
    cards,
    check,
    clients,
    events,
    files,
    lines,
    linking,
    lite,
    lite_pipelines,
    owners,
    robot_calls,
    stages,
    visitors,
    webhook,
)
from chatapp_cli.crm.bitrix24.api import PortalApi, connected
from chatapp_cli.crm.bitrix24.arrange import Arrangement
from chatapp_cli.crm.bitrix24.calls import PROOF
from chatapp_cli.crm.bitrix24.deliver import Delivery
from chatapp_cli.crm.bitrix24.history import ChatHistory
from chatapp_cli.crm.bitrix24.line_cards import LineCards
from chatapp_cli.crm.bitrix24.naming import ChatNaming
from chatapp_cli.domain.crm.cards import CardRef, CardVisit, ClientOfCard
from chatapp_cli.domain.crm.entry import CrmChat, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CardEvent, CrmArrival, CrmEvent, MirroredChat
from chatapp_cli.domain.crm.link import Account, Card, Employee, Pairing, Place, PlaceVisitor
from chatapp_cli.domain.crm.outcome import CrmPipeline
from chatapp_cli.domain.crm.owner import ChatOwner
from chatapp_cli.domain.crm.robots import RobotThere
from chatapp_cli.domain.crm.stages import CardStage, StageName
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import LinkId, Millis, PairingId
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Finding, HookRequest
from chatapp_cli.ports.crm import Crm, CrmReply, CrmSession
from chatapp_cli.ports.world import World


class Bitrix24Session:
    """A portal at work."""

    def __init__(self, api: PortalApi, bound: Bound, public_url: str, world: World) -> None:
        self._api, self._clock = api, world.clock
        self._arrangement = Arrangement(api, bound, public_url, world)
        self._robots = self._arrangement.robots
        self._documents = files.CardDocuments(api, world.clock)
        self._delivery = Delivery(api, bound.memory, public_url, world.clock)
        self._line_cards = LineCards(api, bound, world.clock)
        self._naming = ChatNaming(api, world.clock)

    @property
    def calls(self) -> int:
        """Requests to the portal so far; a batch is one."""
        return self._api.calls

    async def arrange(self, pairings: Sequence[Pairing]) -> Mapping[PairingId, ChannelError]:
        """Register connectors, connect lines, bind events; what is done is not repeated."""
        return await self._arrangement.arrange(pairings)

    async def offer(self, accounts: Sequence[Account]) -> None:
        """Let administrators choose these channels on the pages of the connectors."""
        await self._arrangement.offer(accounts)

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[CrmReceipt | ChannelError]:
        """Tell the portal, several messages in a request; where no tracker makes cards, those come first."""
        outcomes: dict[int, CrmReceipt | ChannelError] = dict(await self._line_cards.made(entries))
        left = {place: one for place, one in enumerate(entries) if place not in outcomes}
        told = await self._delivery.deliver([*left.values()])
        for (place, entry), outcome in zip(left.items(), told, strict=True):
            outcomes[place] = outcome
            if entry.act is Act.ADD and isinstance(outcome, CrmReceipt):
                outcomes[place] = await self._line_cards.receipt(entry, outcome)
                self._naming.note(entry, outcome.chat)
        return [outcomes[place] for place in range(len(entries))]

    async def find(self, entry: LedgerEntry) -> CrmReceipt | None:
        """Look for a message in its chat's history."""
        found = await self._delivery.find(entry)
        return None if found is None else await self._line_cards.receipt(entry, found)

    def catch_up(self, chats: Sequence[MirroredChat], since: Millis = 0) -> AsyncGenerator[Sequence[CrmArrival], None]:  # noqa: ARG002 - a history cannot be asked so
        """What employees wrote and nobody delivered, however old."""
        return ChatHistory(self._api).owed(chats, self._clock.now())

    async def fetch(self, address: str, target: Path) -> None:
        """Write an employee's file to ``target``; only from the portal."""
        await files.fetch(self._api, address, target)

    async def prove(self) -> None:
        """Ask for the application's rights."""
        await self._api.call(PROOF)

    async def places(self) -> Sequence[Place]:
        """The open lines, with the settings that make trouble."""
        return await lines.places(self._api)

    async def mend(self, place: str, codes: Collection[str]) -> Place:
        """Change the settings of an open line that make trouble."""
        return await lines.mend(self._api, place, codes)

    async def employees(self) -> Sequence[Employee]:
        """Who works in the portal."""
        return await lines.employees(self._api)

    async def cards(self, chat: CrmChat) -> Sequence[Card]:
        """The cards that the portal has bound to a chat, or else the one that we made for it."""
        return await cards.cards(self._api, chat) or await self._line_cards.of_chat(chat)

    async def pipelines(self) -> Sequence[CrmPipeline]:
        """Leads and the pipelines of deals, with their stages and fields."""
        return await lite_pipelines.pipelines(self._api)

    async def owners(self, changes: Sequence[CardEvent], pairings: Sequence[Pairing]) -> Sequence[ChatOwner]:
        """Who is responsible now for the chats of cards that changed."""
        return await owners.owners(self._api, changes, pairings)

    async def stages(self, changes: Sequence[CardEvent], pairings: Sequence[Pairing]) -> Sequence[CardStage]:
        """Where changed cards stand."""
        return await stages.stages(self._api, changes, pairings)

    async def stage_names(self) -> Sequence[StageName]:
        """The stages of leads and deals."""
        return await stages.stage_names(self._api)

    async def changed_cards(self, since: Millis, pairings: Sequence[Pairing]) -> Sequence[CrmArrival]:
        """The newest cards that changed since a moment."""
        return await owners.changed_cards(self._api, since, pairings)

    async def client_of(self, card: CardRef) -> ClientOfCard:
        """Whom a card is about: its chats, and the phones that stand in it."""
        return await clients.client_of(self._api, card)

    async def visited(self, card: CardRef, proof: str) -> CardVisit:
        """Whose access token the proof is, and what the portal shows them of the card."""
        return await clients.visited(self._api, card, proof)

    async def place_visitor(self, proof: str) -> PlaceVisitor:
        """Whose access token the proof is, and whether they administer the portal."""
        return await visitors.place_visitor(self._api, proof)

    async def names_of(self, employees: Collection[str]) -> Mapping[str, str]:
        """What employees are called."""
        return await lines.names_of(self._api, employees)

    async def robots_there(self) -> Sequence[RobotThere]:
        """How the portal has our robots."""
        return await self._robots.there()

    async def install_robots(self) -> Sequence[RobotThere]:
        """Register our robots, or renew them."""
        return await self._robots.install()

    async def remove_robots(self) -> Sequence[RobotThere]:
        """Take our robots away."""
        return await self._robots.remove()

    async def fetch_disk_file(self, number: str, target: Path) -> tuple[str, str]:
        """Write a file of the portal's disk to ``target``."""
        return await files.from_disk(self._api, number, target)

    async def fetch_document(self, number: str, target: Path, *, kind: str) -> tuple[str, str]:
        """Write a document of a card to ``target``; a PDF that is not made yet has to be asked for again."""
        return await self._documents.fetch(number, target, kind=kind)

    async def depart(self) -> None:
        """Unbind tabs and events: the link ends."""
        await self._arrangement.depart()

    async def aclose(self) -> None:
        """End the work beside the deliveries."""
        await self._naming.aclose()


class Bitrix24:
    """The CRM."""

    def __init__(self, world: World) -> None:
        self._world, self._portals = world, accept.KnownPortals()

    async def link(self, ask: Asker, *, hook_key: str, public_url: str, previous: Bound | None = None) -> Bound:
        """Ask for portal and application, whose tokens come when it is installed, or for a webhook."""
        return await linking.link(ask, self._world, hook_key, public_url, previous)

    async def accept(self, bound: Bound, request: HookRequest) -> CrmReply:
        """Check and translate what the portal sends; nothing if it is linked by a webhook alone."""
        if webhook.is_lite(bound):
            return CrmReply(status=404)
        if card_tab.concerns(request):
            return await card_tab.accept(bound, request, self._world)
        return await accept.accept(bound, request, self._world, self._portals)

    def understand(self, bound: Bound, raw: bytes) -> CrmEvent:  # noqa: ARG002 - an event says all by itself
        """Parse a stored event again."""
        return (
            card_tab.understand(raw) or robot_calls.understand(raw) or events.understand(raw, self._world.clock.now())
        )

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Ask the portal about rights, owner, clock, events and lines."""
        try:
            if webhook.is_lite(bound):
                return await lite.findings(bound, self._world)
            async with connected(bound, self._world) as api:
                return await check.findings(api, bound, self._world)
        except ChannelError as error:
            return [check.broken("tokens", error)]

    @asynccontextmanager
    async def open(self, link: LinkId, bound: Bound, *, public_url: str) -> AsyncIterator[CrmSession]:  # noqa: ARG002 - the memory knows
        """Prove an offered installation, and start; with a webhook there is nothing to prove."""
        if webhook.is_lite(bound):
            async with webhook.opened(bound, self._world) as calls:
                yield lite.Bitrix24LiteSession(calls, bound, public_url, self._world)
            return
        async with connected(bound, self._world) as api:
            session = Bitrix24Session(api, bound, public_url, self._world)
            try:
                yield session
            finally:
                await session.aclose()


def create(world: World) -> Crm:
    """Make the CRM."""
    return Bitrix24(world)

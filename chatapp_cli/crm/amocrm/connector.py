"""amoCRM, wired together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from chatapp_cli.crm.amocrm import (
    accept,
    card_people,
    cards,
    check,
    clocks,
    events,
    files,
    hosts,
    letter,
    linking,
    login,
    names,
    package,
    places,
    rest,
    rights,
)
from chatapp_cli.crm.amocrm.access import TOKEN, ends_at, is_long_lived
from chatapp_cli.crm.amocrm.arrange import AmoArrangement
from chatapp_cli.crm.amocrm.card_chats import NoteChats, TalkChats
from chatapp_cli.crm.amocrm.chats import ChatsApi
from chatapp_cli.crm.amocrm.deliver import AmoDelivery
from chatapp_cli.crm.amocrm.incoming import IncomingLeads
from chatapp_cli.crm.amocrm.leads import AmoLeads
from chatapp_cli.crm.amocrm.missed import AmoMissed
from chatapp_cli.crm.amocrm.notes import AmoNotes
from chatapp_cli.crm.amocrm.owners import AmoOwners
from chatapp_cli.crm.amocrm.people import AmoStaff
from chatapp_cli.crm.amocrm.record import has_chats
from chatapp_cli.crm.amocrm.rest import AmoApi
from chatapp_cli.domain.crm.cards import CardRef, ClientOfCard
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CardEvent, CrmArrival, CrmEvent, MirroredChat
from chatapp_cli.domain.crm.letter import SupportLetter
from chatapp_cli.domain.crm.link import Card, Employee, Pairing, Place
from chatapp_cli.domain.crm.outcome import CrmPipeline
from chatapp_cli.domain.crm.owner import ChatOwner
from chatapp_cli.domain.crm.stages import CardStage, StageName
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import ChannelError, Rejected
from chatapp_cli.domain.ids import LinkId, Millis, PairingId
from chatapp_cli.domain.login_identity import LoginIdentity
from chatapp_cli.kit.crms import require_address
from chatapp_cli.kit.decided_cards import DecidedCards
from chatapp_cli.kit.fetching import from_outside
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Finding, HookRequest
from chatapp_cli.ports.crm import Crm, CrmReply, CrmSession, StepChoices
from chatapp_cli.ports.world import World


class AmoSession:
    """An account at work: with chats, or with notes where no chat channel of ours is registered."""

    def __init__(self, api: AmoApi, chats: ChatsApi | None, bound: Bound, public_url: str, world: World) -> None:
        self._api, self._chats, self._memory, self._clock = api, chats, bound.memory, world.clock
        self._until = (ends_at(bound.secrets[TOKEN]) or None) if is_long_lived(bound) else None
        self._staff = AmoStaff(api, bound, world.clock)
        decided = DecidedCards(bound.memory)
        incoming = IncomingLeads(api, bound.memory, names.our_ids(bound), world.clock)
        leads = AmoLeads(api, self._staff, decided, names.our_ids(bound), incoming, world.clock)
        self._arrangement = AmoArrangement(api, chats, self._staff, bound, public_url)
        self._notes = AmoNotes(api, bound.memory, public_url, names.our_ids(bound), world.clock, leads, decided)
        self._chats_of = NoteChats(api, self._notes, bound.memory) if chats is None else TalkChats(api)
        self._owners = AmoOwners(api, self._staff, self._chats_of)
        self._delivery: AmoDelivery | AmoNotes = self._notes
        self._missed: AmoMissed | AmoNotes = self._notes
        if chats is not None:
            self._delivery = AmoDelivery(api, chats, self._staff, bound, public_url, world.clock, leads, decided)
            self._missed = AmoMissed(api, chats, bound.memory, names.our_ids(bound))

    @property
    def calls(self) -> int:
        """Requests to the account and its chats so far."""
        return self._api.calls + (self._chats.calls if self._chats else 0)

    async def arrange(self, pairings: Sequence[Pairing]) -> Mapping[PairingId, ChannelError]:
        """Connect the chats, make sources, be called; what is done is not repeated."""
        refused = await self._arrangement.arrange(pairings)
        await clocks.learn(self._memory, self._api.date, self._clock.now())
        return refused

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[CrmReceipt | ChannelError]:
        """Tell the account, each message by a request of its own; first what may be told twice if the rest fails."""
        outcomes: dict[int, CrmReceipt | ChannelError] = {}
        for tell, about_owners in ((self._owners.deliver, True), (self._delivery.deliver, False)):
            some = {place: one for place, one in enumerate(entries) if (one.act is Act.OWNER) is about_owners}
            if some:
                outcomes |= zip(some, await tell([*some.values()]), strict=True)
        return [outcomes[place] for place in range(len(entries))]

    async def find(self, entry: LedgerEntry) -> CrmReceipt | None:
        """Look for a message in its chat's history, or among the notes."""
        return await self._delivery.find(entry)

    def catch_up(self, chats: Sequence[MirroredChat], since: Millis = 0) -> AsyncGenerator[Sequence[CrmArrival], None]:
        """What employees wrote since then and no hook brought."""
        return self._missed.owed(chats, since, self._clock.now())

    async def fetch(self, address: str, target: Path) -> None:
        """Write an employee's file to ``target``; only from the account's chats."""
        if self._chats is None:
            raise Rejected("file_gone", target.name)
        await files.fetch(self._api.http, self._chats.origin, address, target)

    async def typing(self, pairing: Pairing, chat: CrmChat, person: CrmPerson) -> None:
        """Show that a client types, in a chat of the account."""
        if isinstance(self._delivery, AmoDelivery):
            await self._delivery.typing(pairing, chat, person)

    async def prove(self) -> None:
        """Ask for the account."""
        await rest.about_account(self._api)

    @property
    def access_until(self) -> Millis | None:
        """When a long-lived token ends; a pair is renewed."""
        return self._until

    async def lacks(self) -> Sequence[Finding]:
        """The rights of whoever made the tokens, and webhooks that the account refused to make."""
        given, refused = await rights.rights(self._api), await rights.refused_calls(self._memory)
        return [one for one in (given, refused) if one is not None and not one.ok]

    async def places(self) -> Sequence[Place]:
        """The pipelines."""
        return await places.places(self._api)

    async def pipelines(self) -> Sequence[CrmPipeline]:
        """The pipelines with the stages and fields of leads."""
        return await places.card_pipelines(self._api)

    async def mend(self, place: str, codes: Collection[str]) -> Place:  # noqa: ARG002 - a pipeline has no such settings
        """There is nothing to mend. Raises Rejected for a pipeline that is gone."""
        for one in await places.places(self._api):
            if one.id == place:
                return one
        raise Rejected("place_gone", place)

    async def employees(self) -> Sequence[Employee]:
        """Who works in the account."""
        return await self._staff.employees()

    async def cards(self, chat: CrmChat) -> Sequence[Card]:
        """The cards that the account has bound to a chat, or the lead in which it is written down."""
        if self._chats is not None:
            return await cards.cards(self._api, await cards.ids_of_chat(self._api, names.chat_of(chat.remote)))
        lead = await self._notes.lead_of(chat.id)
        return await cards.cards(self._api, {} if lead is None else {"deal": lead})

    async def owners(self, changes: Sequence[CardEvent], pairings: Sequence[Pairing]) -> Sequence[ChatOwner]:
        """Who is responsible for the chats of cards that were given to somebody."""
        return await self._owners.owners(changes, pairings)

    async def stages(self, changes: Sequence[CardEvent], pairings: Sequence[Pairing]) -> Sequence[CardStage]:
        """Where changed leads stand."""
        return await self._owners.stages(changes, pairings)

    async def stage_names(self) -> Sequence[StageName]:
        """The stages of all pipelines."""
        return await cards.stages_in_words(self._api)

    async def changed_cards(self, since: Millis, pairings: Sequence[Pairing]) -> Sequence[CrmArrival]:
        """The cards that were given to somebody since then."""
        return await self._owners.changed(since, pairings)

    async def client_of(self, card: CardRef) -> ClientOfCard:
        """Whom a deal, a contact or a company is about."""
        return await card_people.client_of(self._api, self._chats_of, card)

    async def contacts_of(self, card: CardRef, *, everyone: bool) -> Sequence[ClientOfCard]:
        """The main contact of a deal, or all of them, for a bot."""
        return await card_people.contacts_of(self._api, card, everyone=everyone)

    async def fetch_link(self, address: str, target: Path) -> tuple[str, str]:
        """Write the file that a bot sends to ``target``; from this machine only in tests."""
        near = urlsplit(self._api.account.origin).scheme == "http"
        return await from_outside(address, target, near=near)

    async def depart(self) -> None:
        """Take away sources, webhook and connection: the link ends."""
        await self._arrangement.depart()


class AmoCrm:
    """The CRM."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def link(self, ask: Asker, *, hook_key: str, public_url: str, previous: Bound | None = None) -> Bound:
        """Ask for the account and how it is reached. Raises UsageError without a public address."""
        require_address(public_url)
        return await linking.link(ask, self._world, hook_key, public_url, previous)

    async def accept(self, bound: Bound, request: HookRequest) -> CrmReply:
        """Check and translate what the account and its chats send."""
        came = await login.came_back(bound, request, self._world)
        return came or await accept.accept(bound, request, self._world.clock.now())

    def understand(self, bound: Bound, raw: bytes) -> CrmEvent:  # noqa: ARG002 - an event says all by itself
        """Parse a stored event again."""
        return events.understand(raw, self._world.clock.now())

    def package(self, bound: Bound, choices: StepChoices, *, public_url: str) -> bytes:
        """The widget for Salesbot."""
        return package.archive(bound, choices, public_url)

    def definition(self, bound: Bound, choices: StepChoices, *, public_url: str) -> Mapping[str, object]:
        """What its step asks for."""
        return package.definition(bound, choices, public_url)

    def account_of(self, said: str) -> str:
        """The host of an account. Raises UsageError for one that is not amoCRM's."""
        return urlsplit(hosts.account_of(said)).netloc

    async def has_account(self, bound: Bound, account: str) -> bool:
        """Whether the account is at this host, now or when it was linked."""
        return account in await login.hosts_of(bound)

    async def realm(self, bound: Bound) -> str:
        """The account by its number."""
        return login.realm_of(await login.proved_account(bound))

    async def identify(self, bound: Bound, ask: Asker) -> LoginIdentity:
        """Have an administrator allow our integration once more, and ask the account who that was."""
        return await login.identify(bound, ask, self._world)

    async def letter(self, bound: Bound, *, public_url: str, email: str) -> SupportLetter:
        """What has a chat channel registered. Raises UsageError without a public address."""
        require_address(public_url)
        return await letter.of_channel(bound, public_url, email)

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Ask the account about token, rights, clock, webhooks and channel."""
        try:
            async with rest.connected(bound, self._world) as api:
                return await check.findings(api, bound, self._world)
        except ChannelError as error:
            return [rights.broken("tokens", error)]

    @asynccontextmanager
    async def open(self, link: LinkId, bound: Bound, *, public_url: str) -> AsyncIterator[CrmSession]:  # noqa: ARG002 - the memory knows
        """Redeem a code that came, prove whose account it is, and start."""
        async with rest.connected(bound, self._world) as api:
            chats = ChatsApi(api.http, bound, self._world) if has_chats(bound) else None
            try:
                yield AmoSession(api, chats, bound, public_url, self._world)
            finally:
                if chats is not None:
                    await chats.aclose()


def create(world: World) -> Crm:
    """Make the CRM."""
    return AmoCrm(world)

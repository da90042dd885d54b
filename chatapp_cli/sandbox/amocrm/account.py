"""The account as tests and the demo use it: its addresses, what is to be seen in it, and what people do there."""

from __future__ import annotations

import asyncio
from typing import Final, Self
from uuid import UUID

from chatapp_cli.kit.system import SystemClock
from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.amocrm.account_hooks import AccountHooks
from chatapp_cli.sandbox.amocrm.authority import AmoAuthority
from chatapp_cli.sandbox.amocrm.browser import AmoBrowser
from chatapp_cli.sandbox.amocrm.channel import AmoChannel
from chatapp_cli.sandbox.amocrm.chat_hooks import ChatHooks
from chatapp_cli.sandbox.amocrm.chat_server import ChatServer
from chatapp_cli.sandbox.amocrm.consent import AmoConsent
from chatapp_cli.sandbox.amocrm.misbehaviour import AmoFaults
from chatapp_cli.sandbox.amocrm.objects import (
    AmoBotRun,
    AmoCall,
    AmoCapabilities,
    AmoChat,
    AmoContact,
    AmoHook,
    AmoLead,
    AmoNote,
    AmoPipeline,
    AmoSource,
    AmoTask,
    AmoUnsorted,
    AmoUser,
    AmoWebhook,
    ChatHook,
    TokenPair,
)
from chatapp_cli.sandbox.amocrm.office import AmoOffice
from chatapp_cli.sandbox.amocrm.request import AccountDesk
from chatapp_cli.sandbox.amocrm.salesbot import SalesBots
from chatapp_cli.sandbox.amocrm.server import AccountServer
from chatapp_cli.sandbox.amocrm.staff import AmoStaff
from chatapp_cli.sandbox.amocrm.talk import AmoTalk

_LOOK: Final = 0.005


class Account:
    """One account with one integration and one chat channel; listens while entered as a context.

    Two accounts with different subdomains have different ids and secrets. What is done in them by hand stands in
    ``staff`` and ``consent``, and its most usual parts here too.
    """

    def __init__(
        self, *, name: str = "Хвоя", subdomain: str = "hvoya", clock: Clock | None = None, rate: float = 7.0
    ) -> None:
        """``rate``: how many requests the account takes in a second."""
        clock = clock or SystemClock()
        self.misbehaviour = AmoFaults()
        self.calls: list[AmoCall] = []
        """All requests, also those that were refused or cut off."""
        number = 31_000_000 + sum(place * letter for place, letter in enumerate(subdomain.encode(), 1))
        self.authority = AmoAuthority(subdomain, number, clock, self.misbehaviour)
        office = AmoOffice(UUID(self.authority.uuid("office")), clock, self.misbehaviour)
        hooks = AccountHooks(office, clock, self.misbehaviour)
        bots = SalesBots(office, self.authority, clock, self.misbehaviour)
        self.channel = AmoChannel(
            id=self.authority.uuid("channel"), secret=self.authority.digest("channel secret")[:40],
            code=f"amo.ext.{number}", bot=self.authority.uuid("bot"), amojo_id=self.authority.uuid("amojo"),
        )  # fmt: skip
        self._desk = AccountDesk(
            id=number, name=name, subdomain=subdomain, amojo_id=self.channel.amojo_id, office=office,
            authority=self.authority, faults=self.misbehaviour, problems=[], hooks=hooks, bots=bots,
            channel_code=self.channel.code,
        )  # fmt: skip
        self._chat_hooks = ChatHooks(self.channel, office, clock, self.misbehaviour)
        self._talk = AmoTalk(self._desk, self.channel, self._chat_hooks)
        self.server = AccountServer(self._desk, clock, self.calls, rate)
        self.chat_server = ChatServer(self._desk, clock, self.calls, self.channel, self._talk)
        self.consent, self.browser = AmoConsent(self._desk), AmoBrowser(self._desk)
        self.staff = AmoStaff(self._desk, self._talk, self.chat_server)
        self.manager_writes, self.writes_first = self.staff.manager_writes, self.staff.writes_first
        self.edits, self.reacts, self.types = self.staff.edits, self.staff.reacts, self.staff.types
        self.moves, self.makes_deal, self.runs_bot = self.staff.moves, self.staff.makes_deal, self.staff.runs_bot
        self.deletes_field, self.deletes_stage = self.staff.deletes_field, self.staff.deletes_stage

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.vanish()

    async def come_back(self) -> None:
        """Serve at the same addresses with the same data."""
        await self.chat_server.come_back()
        await self.server.come_back()
        self._named()

    async def vanish(self) -> None:
        """Stop serving, as in an outage; hooks that wait are lost."""
        desk = self._desk
        await asyncio.gather(desk.hooks.stop(), self._chat_hooks.stop(), desk.bots.stop(), self._talk.stop())
        await self.server.vanish()
        await self.chat_server.vanish()

    async def renamed(self, subdomain: str) -> str:
        """The account gets another subdomain, and answers at another address only, which is returned."""
        self._desk.subdomain = subdomain
        await self.server.move()
        self._named()
        return self.address

    def _named(self) -> None:
        desk = self._desk
        desk.chats_address = self.chats_address
        desk.hooks.account = {
            "id": desk.id, "subdomain": desk.subdomain, "_links": {"self": self.address},
        }  # fmt: skip
        desk.bots.address, desk.bots.account_id, desk.bots.subdomain = self.address, desk.id, desk.subdomain

    @property
    def address(self) -> str:
        """The account's address; stands for ``https://hvoya.amocrm.ru``."""
        return self.server.address

    @property
    def domain(self) -> str:
        """Its host and port."""
        return self.address.partition("://")[2]

    @property
    def chats_address(self) -> str:
        """The address of the chats; stands for ``https://amojo.amocrm.ru``."""
        return self.chat_server.url

    @property
    def id(self) -> int:
        """The account's number."""
        return self._desk.id

    @property
    def subdomain(self) -> str:
        """Its present name in addresses."""
        return self._desk.subdomain

    @property
    def amojo_id(self) -> str:
        """Its id in the chats."""
        return self._desk.amojo_id

    @property
    def client_id(self) -> str:
        """The integration's id."""
        return self.authority.client_id

    @property
    def client_secret(self) -> str:
        """The integration's secret."""
        return self.authority.client_secret

    @property
    def redirect_uri(self) -> str:
        """Where the browser ends after a consent."""
        return self.authority.redirect_uri

    @redirect_uri.setter
    def redirect_uri(self, address: str) -> None:
        self.authority.redirect_uri = address

    def long_lived(self, days: float) -> str:
        """A token that cannot be renewed."""
        return self.authority.long_lived(days)

    def hand_out(self) -> TokenPair:
        """A pair of tokens of the administrator, without any request."""
        return self.authority.hand_out()

    def authorise(self, state: str) -> str:
        """The administrator consents: the address at which the browser ends, with a code for 20 minutes."""
        return self.consent.agrees(state)

    @property
    def channel_id(self) -> str:
        """The chat channel's id; empty: none is registered."""
        return self.channel.id

    @channel_id.setter
    def channel_id(self, number: str) -> None:
        self.channel.id = number

    @property
    def channel_secret(self) -> str:
        """The chat channel's secret."""
        return self.channel.secret

    @property
    def channel_code(self) -> str:
        """The chat channel's code."""
        return self.channel.code

    @property
    def capabilities(self) -> AmoCapabilities:
        """What the support switched on."""
        return self.channel.capabilities

    @property
    def hook_url(self) -> str:
        """Where the chats call us, with ``:scope_id`` in it. Setting another address raises ValueError."""
        return self.channel.hook_url

    @hook_url.setter
    def hook_url(self, address: str) -> None:
        self.channel.hook_url = address

    @property
    def widget_url(self) -> str:
        """Where bots call our widget; empty: they do not."""
        return self._desk.bots.widget_url

    @widget_url.setter
    def widget_url(self, address: str) -> None:
        self._desk.bots.widget_url = address

    @property
    def users(self) -> dict[int, AmoUser]:
        """Who works here."""
        return self._desk.office.users

    @property
    def pipelines(self) -> list[AmoPipeline]:
        """The pipelines with their stages."""
        return self._desk.office.pipelines

    @property
    def leads(self) -> dict[int, AmoLead]:
        """All leads, also deleted ones."""
        return self._desk.office.leads

    @property
    def contacts(self) -> dict[int, AmoContact]:
        """All contacts."""
        return self._desk.office.contacts

    @property
    def notes(self) -> list[AmoNote]:
        """All notes, oldest first."""
        return self._desk.office.notes

    @property
    def tasks(self) -> list[AmoTask]:
        """All tasks, oldest first."""
        return self._desk.office.tasks

    @property
    def sources(self) -> list[AmoSource]:
        """The sources."""
        return self._desk.office.sources

    @property
    def webhooks(self) -> list[AmoWebhook]:
        """The addresses that are told of what happens in the account."""
        return self._desk.office.webhooks

    @property
    def chats(self) -> list[AmoChat]:
        """The chats with their messages, oldest first."""
        return self._desk.office.chats

    @property
    def unsorted(self) -> list[AmoUnsorted]:
        """The incoming leads, also those that somebody sorted."""
        return self._desk.office.unsorted

    @property
    def bot_runs(self) -> list[AmoBotRun]:
        """The bots that worked or work."""
        return self._desk.office.runs

    @property
    def overdue_bots(self) -> list[AmoBotRun]:
        """Bots that have stood still for too long."""
        return self._desk.bots.overdue()

    @property
    def hooks(self) -> list[AmoHook]:
        """The account hooks, in order."""
        return self._desk.hooks.hooks

    @property
    def chat_hooks(self) -> list[ChatHook]:
        """The hooks of the chats, in order."""
        return self._chat_hooks.hooks

    @property
    def problems(self) -> list[str]:
        """What requests were that no client should send, in words."""
        return self._desk.problems

    async def settled(self) -> None:
        """Wait until nothing is being sent or fetched; hooks that wait for their next attempt do not count."""
        desk = self._desk
        while desk.hooks.pending or self._chat_hooks.pending or desk.bots.pending or self._talk.tasks:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK)

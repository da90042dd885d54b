"""A desk with a bot that is paired with one portal or more, where operators and employees answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, DialogId, LinkId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import channels, crm_intake, dialogs, duties, employees, ledger, links, options, pairings
from chatapp_cli.store.rows.crm import PairingRow
from chatapp_cli.store.tx import Tx
from tests.contract.connector_contract import ScriptedAsker
from tests.runtime.brisk import BriskClock
from tests.runtime.desk import attached, bound, eventually, serving, the_dialogs

ANNA = Customer(number=101, name="Анна", username="anna")
CONNECTOR = "chatapp_tgbot"
LINE = 107
SVETLANA, OLEG = 27, 29
SALES = "3383152"
AMO_CARDS = ("/api/v4/leads", "/api/v4/contacts", "/api/v4/companies")


@dataclass(slots=True)
class OwnerDesk:
    """What a test sees of it."""

    company: Company
    bot: TelegramBotSandbox
    portals: Sequence[Portal]
    links: Sequence[LinkId]
    channel: ChannelId
    accounts: Sequence[Account] = ()
    account_links: Sequence[LinkId] = ()

    @property
    def account(self) -> Account:
        """The only account of amoCRM."""
        (one,) = self.accounts
        return one

    @property
    def portal(self) -> Portal:
        """The first portal."""
        return self.portals[0]

    @property
    def dialog(self) -> DialogId:
        """The only dialog."""
        (one,) = the_dialogs(self.company)
        return one.id

    def pairing(self, link: LinkId) -> PairingRow:
        """The pairing with a portal."""
        found = self.company.read(lambda tx: pairings.of_channel(tx, link, self.channel))
        assert found is not None
        return found

    def configure(self, **changes: str) -> None:
        """Change options of every pairing."""
        for kind, links_of in (("bitrix24", self.links), ("amocrm", self.account_links)):
            about = manifest(kind)
            for link in links_of:
                row = self.pairing(link)
                known = {name: value for name, value in changes.items() if name != "owner_lead" or kind == "bitrix24"}
                self.company.write(
                    lambda tx, row=row, about=about, known=known: pairings.configure(tx, about, row, known)
                )

    async def arranged(self, *events: str) -> None:
        """Wait until exactly these events of cards are bound in every portal."""

        def bound_now(portal: Portal) -> set[str]:
            return {one.event for one in portal.bindings if one.event.startswith("ONCRM")}

        await eventually(lambda: all(bound_now(portal) == set(events) for portal in self.portals))

    async def called(self, *events: str) -> None:
        """Wait until exactly these hooks are asked for in the account."""
        await eventually(lambda: {name for one in self.account.webhooks for name in one.settings} == set(events))

    def joins(self, people: Mapping[str, int], links: Sequence[LinkId] | None = None) -> None:
        """Say for every portal, or for these links, which operators are which employees."""
        for link in self.links if links is None else links:
            for name, number in people.items():
                one = Employee(id=str(number), name=name)
                self.company.write(lambda tx, link=link, name=name, one=one: employees.map_to(tx, link, name, one))

    def passes(self, seconds: float) -> None:
        """So much time is over, here and in every CRM."""
        clock = self.company.world.clock
        assert isinstance(clock, BriskClock)
        clock.leaps(seconds)

    def assignee(self) -> str:
        """Who answers the dialog."""
        dialog = self.dialog
        return self.company.read(lambda tx: dialogs.card(tx, dialog)).assignee

    def assign(self, name: str) -> None:
        """Let somebody answer the dialog."""
        dialog = self.dialog
        self.company.write(lambda tx: duties.assign(tx, dialog, name))

    async def becomes(self, name: str) -> None:
        """Wait until this operator answers."""
        await eventually(lambda: self.assignee() == name)

    def _waits(self, tx: Tx) -> list[object]:
        return [row for link in (*self.links, *self.account_links) for row in crm_intake.waiting_cards(tx, link, n=9)]

    async def rests(self) -> None:
        """Wait until nothing more goes on between the desk and the portals."""
        for _ in range(3):
            await eventually(lambda: self.company.read(ledger.everything) == [])
            await eventually(lambda: not any(self.company.read(self._waits)))
            for there in (*self.portals, *self.accounts):
                await there.settled()

    def card(self, kind: str, portal: Portal | None = None) -> PortalCard:
        """The only card of a kind."""
        (one,) = [card for card in (portal or self.portal).cards if card.kind == kind]
        return one

    def responsible(self, portal: Portal | None = None) -> Mapping[str, int]:
        """Who is responsible for the cards of a portal, by kind."""
        return {card.kind: card.responsible for card in (portal or self.portal).cards}

    def writes(self, portal: Portal | None = None) -> int:
        """How often a portal's cards were changed by us."""
        return sum(call.method == "crm.item.update" for call in (portal or self.portal).calls)

    async def client_writes(self, text: str = "Здравствуйте") -> None:
        """Let the client write, and every CRM make its cards."""
        await self.bot.say(ANNA, text)
        await eventually(lambda: all(len(portal.cards) == 2 for portal in self.portals))
        await eventually(lambda: all(account.leads for account in self.accounts))

    def amo_writes(self) -> int:
        """How often cards of the account were changed by us."""
        return sum(call.method == "PATCH" and call.path.startswith(AMO_CARDS) for call in self.account.calls)

    def amo_responsible(self) -> Mapping[str, int]:
        """Who is responsible for the cards of the account, by kind."""
        (lead,), (contact,) = self.account.leads.values(), self.account.contacts.values()
        return {"contact": contact.responsible, "deal": lead.responsible}


@asynccontextmanager
async def owner_desk(company: Company, *names: str, amo: bool = False) -> AsyncIterator[OwnerDesk]:
    """A desk that is paired with a portal of each name, or with an account as well; no owner is synchronised yet."""
    clock = company.world.clock
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(TelegramBotSandbox())
        named = names or (() if amo else ("north",))
        portals = [await stack.enter_async_context(Portal(name=name, rate=50.0, clock=clock)) for name in named]
        accounts = [await stack.enter_async_context(Account(rate=50.0, clock=clock)) for _ in range(amo)]
        address = await stack.enter_async_context(serving(company))
        channel = await bound(company, bot)
        company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
        numbers = [await _linked(company, portal, address, channel) for portal in portals]
        there = [await _linked_account(company, account, address, channel) for account in accounts]
        desk = OwnerDesk(company, bot, portals, numbers, channel, accounts, there)
        yield desk
        for portal in portals:
            await portal.settled()
            assert portal.problems == []


async def _linked(company: Company, portal: Portal, address: str, channel: ChannelId) -> LinkId:
    portal.misbehaviour.tracker_delay = (0.0, 0.0)
    answers = {
        "portal": portal.address,
        "client_id": portal.client_id,
        "client_secret": portal.client_secret,
        "auth_server": portal.auth_address,
    }
    link = await linking.link(company, ScriptedAsker(answers), kind="bitrix24")
    row = company.read(lambda tx: links.one(tx, link))

    async def installed() -> bool:
        return (await portal.install(f"{address}/hooks/{row.hook_key}/install")).status == 200

    await eventually(installed)
    await eventually(lambda: company.read(lambda tx: links.one(tx, link)).state == LinkState.OK)
    whole = company.read(lambda tx: channels.one(tx, channel))
    await attached(company, company.read(lambda tx: links.one(tx, link)), whole, str(LINE), {})
    await eventually(lambda: (CONNECTOR, LINE) in portal.active)
    return link


async def _linked_account(company: Company, account: Account, address: str, channel: ChannelId) -> LinkId:
    answers = {
        "account": account.address,
        "chats": account.chats_address,
        "client_id": account.client_id,
        "client_secret": account.client_secret,
        "channel_id": account.channel_id,
        "channel_secret": account.channel_secret,
        "bot_id": account.channel.bot,
    }
    asker = ScriptedAsker(answers)
    link = await linking.link(company, asker, kind="amocrm")
    row = company.read(lambda tx: links.one(tx, link))
    account.redirect_uri = f"{address}/hooks/{row.hook_key}/code"
    account.hook_url = f"{address}/hooks/{row.hook_key}/chat/:scope_id"
    state = (asker.notices[-1].link or "").partition("state=")[2].partition("&")[0]
    await eventually(lambda: _opened(account.authorise(state)))
    await eventually(lambda: company.read(lambda tx: links.one(tx, link)).state == LinkState.OK)
    whole = company.read(lambda tx: channels.one(tx, channel))
    await attached(company, company.read(lambda tx: links.one(tx, link)), whole, SALES, {})
    await eventually(lambda: bool(account.sources))
    return link


async def _opened(url: str) -> bool:
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status == 200

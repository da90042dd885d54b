"""A desk whose SMS gateway is paired with an amoCRM account, in which bots call our widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import AmoBotRun
from chatapp_cli.services import channels, ledger, links, options
from chatapp_cli.store.rows.crm import LinkRow
from tests.contract.connector_contract import ScriptedAsker
from tests.runtime.desk import attached, bound, call_here, eventually

SALES = "3383152"
PHONE_FIELD = 193201
DATA = {
    "line": "auto", "messenger": "auto", "template": "Заказ готов", "file": "", "group_mode": "work",
    "contact_value": "", "contact_choice": "main", "params": {},
}  # fmt: skip


@dataclass(slots=True)
class BotDesk:
    """What a test sees of it."""

    company: Company
    gateway: Any
    account: Account
    channel: ChannelId
    link: LinkId

    def row(self) -> LinkRow:
        """The link as it stands."""
        return self.company.read(lambda tx: links.one(tx, self.link))

    def received(self) -> list[tuple[str, str]]:
        """Phones and texts of what the gateway took."""
        return [(one.phone, one.text) for one in self.gateway.sent]

    def owes_nothing(self) -> bool:
        """Whether the account was told everything."""
        return self.company.read(ledger.everything) == []

    def time_passes(self, minutes: int) -> None:
        """Let the ledger's waits have begun so many minutes earlier."""
        self.company.write(lambda tx: tx.run("ledger.shift", by=minutes * 60_000, now=tx.now))

    def person(self, name: str, *phones: str) -> int:
        """A contact of the account."""
        made = self.account._desk.office.add_contact(name, responsible=1)
        if phones:
            made.values[PHONE_FIELD] = [{"value": one, "enum_code": "WORK"} for one in phones]
        return made.id

    async def deal(self, *people: int) -> int:
        """A deal with these contacts, the main one first."""
        made = await self.account.makes_deal(people[0], "Ёлка")
        made.contacts[:] = people
        return made.id

    async def runs(self, lead: int, **data: Any) -> AmoBotRun:
        """A bot comes to our step, and has been answered."""
        run = await self.account.runs_bot(lead, {**DATA, **data})
        await eventually(lambda: run.answered)
        assert run.answered == 200, run.answered
        return run

    async def listens(self) -> None:
        """Wait until a daemon that has just begun takes calls."""

        async def does() -> bool:
            async with aiohttp.ClientSession() as http, http.get(self.account.widget_url) as response:
                return response.status != 503

        await eventually(does)

    async def ends(self, run: AmoBotRun, status: str, detail: str = "") -> None:
        """Wait until a bot goes on by this exit."""
        try:
            await eventually(lambda: run.state == "continued")
        except TimeoutError:
            raise AssertionError((run, self.row(), self.company.read(ledger.everything))) from None
        assert run.result == {"status": status, "detail": detail}


async def begun(company: Company, gateway: Any, account: Account, address: str) -> BotDesk:
    """Bind a provider in miniature and link the account, while a daemon runs at this address."""
    channel = await bound(company, gateway)
    call_here(company, gateway, channel, address)
    company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
    answers = {
        "account": account.address, "chats": account.chats_address, "client_id": account.client_id,
        "client_secret": account.client_secret, "channel_id": account.channel_id,
        "channel_secret": account.channel_secret, "bot_id": account.channel.bot,
    }  # fmt: skip
    asker = ScriptedAsker(answers)
    desk = BotDesk(company, gateway, account, channel, await linking.link(company, asker, kind="amocrm"))
    base = f"{address}/hooks/{desk.row().hook_key}"
    account.redirect_uri, account.hook_url = f"{base}/code", f"{base}/chat/:scope_id"
    account.widget_url = f"{base}/salesbot"
    state = (asker.notices[-1].link or "").partition("state=")[2].partition("&")[0]
    await eventually(lambda: _comes_back(account.authorise(state)))
    await eventually(lambda: desk.row().state == LinkState.OK)
    row = company.read(lambda tx: channels.one(tx, channel))
    await attached(company, desk.row(), row, SALES, {})
    await eventually(lambda: bool(account.sources))
    return desk


async def _comes_back(url: str) -> bool:
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status == 200

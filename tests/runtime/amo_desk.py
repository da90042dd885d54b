"""A desk with one channel that is paired with an amoCRM account, served in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import AmoChat
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.services import channels, ledger, links, options
from chatapp_cli.store.rows.crm import LinkRow
from tests.contract.connector_contract import ScriptedAsker
from tests.runtime.desk import attached, bound, eventually, serving
from tests.sandbox.amocrm.schema import problems

ANNA = Customer(number=101, name="Анна Петрова", username="anna", phone="79160000101")
SALES = "3383152"


@dataclass(slots=True)
class AmoChannel:
    """What a test sees of it; ``town`` is the provider in miniature."""

    company: Company
    town: Any
    account: Account
    channel: ChannelId
    link: LinkId

    def row(self) -> LinkRow:
        """The link as it stands."""
        return self.company.read(lambda tx: links.one(tx, self.link))

    @property
    def chat(self) -> AmoChat:
        """The account's only chat."""
        (chat,) = self.account.chats
        return chat

    def shown(self) -> list[str]:
        """What stands in the account's chats."""
        return [message.text for chat in self.account.chats for message in chat.messages]

    async def sees(self, *texts: str) -> None:
        """Wait until the account shows exactly these messages."""
        try:
            await eventually(lambda: self.shown() == list(texts))
        except TimeoutError:
            raise AssertionError((self.shown(), self.company.read(ledger.everything), self.row())) from None

    async def gets(self, *texts: str) -> None:
        """Wait until Anna got exactly these messages."""

        async def has() -> bool:
            return [one.text for one in await self.town.heard(ANNA)] == list(texts)

        await eventually(has)

    async def link_again(self) -> None:
        """Remove the link, and link and pair the account again."""
        address = self.company.read(lambda tx: self.company.options.text(tx, "public_url"))
        assert await linking.unlink(self.company, self.row(), force=True) is None
        self.link = await _linked(self.company, self.account, address)
        await self.pair()

    async def pair(self) -> None:
        """Pair the channel with the pipeline of sales."""
        row = self.company.read(lambda tx: channels.one(tx, self.channel))
        await attached(self.company, self.row(), row, SALES, {})
        await eventually(lambda: bool(self.account.sources))


@asynccontextmanager
async def amo_channel(company: Company, town: Any, *, paired: bool = True) -> AsyncIterator[AmoChannel]:
    """Bind a provider in miniature, link an account with a chat channel of ours, and pair both."""
    async with town, Account(rate=50.0) as account, serving(company) as address:
        desk = await begun(company, town, account, address)
        if paired:
            await desk.pair()
        yield desk
        await account.settled()
        assert problems(account) == []


async def begun(company: Company, town: Any, account: Account, address: str) -> AmoChannel:
    """Bind a provider in miniature and link an account, while a daemon runs at this address."""
    channel = await bound(company, town)
    company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
    return AmoChannel(company, town, account, channel, await _linked(company, account, address))


async def _linked(company: Company, account: Account, address: str) -> LinkId:
    answers = {
        "account": account.address, "chats": account.chats_address, "client_id": account.client_id,
        "client_secret": account.client_secret, "channel_id": account.channel_id,
        "channel_secret": account.channel_secret, "bot_id": account.channel.bot,
    }  # fmt: skip
    asker = ScriptedAsker(answers)
    link = await linking.link(company, asker, kind="amocrm")
    row = company.read(lambda tx: links.one(tx, link))
    account.redirect_uri = f"{address}/hooks/{row.hook_key}/code"
    account.hook_url = f"{address}/hooks/{row.hook_key}/chat/:scope_id"
    state = (asker.notices[-1].link or "").partition("state=")[2].partition("&")[0]
    await eventually(lambda: _comes_back(account.authorise(state)))
    await eventually(lambda: company.read(lambda tx: links.one(tx, link)).state == LinkState.OK)
    return link


async def _comes_back(url: str) -> bool:
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status == 200

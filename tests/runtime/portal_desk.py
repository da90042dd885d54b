"""A desk with a bot and a portal, whose daemon is a process of its own that a test may kill."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.objects import PortalMessage
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import channels, ledger, links, options
from chatapp_cli.store.rows.crm import LinkRow
from tests.contract.connector_contract import ScriptedAsker
from tests.daemons import Serving
from tests.rehearsals.kill import free_port
from tests.runtime.desk import attached, bound, eventually, serving

ANNA = Customer(number=101, name="Анна", username="anna")
CONNECTOR = "chatapp_tgbot"
LINE = 107


@dataclass(slots=True)
class PortalDesk:
    """What a test sees of it from outside."""

    daemons: Serving
    company: Company
    bot: TelegramBotSandbox
    portal: Portal
    link: LinkId
    address: str

    def row(self) -> LinkRow:
        """The link as it stands."""
        return self.company.read(lambda tx: links.one(tx, self.link))

    def shown(self) -> list[str]:
        """What stands in the portal's chats."""
        return [message.text for chat in self.portal.chats for message in chat.messages]

    def answers(self) -> list[PortalMessage]:
        """What employees wrote."""
        return [message for chat in self.portal.chats for message in chat.messages if not message.by_client]

    def told_all(self) -> bool:
        """Whether the portal was told everything, and nothing is left for a person."""
        return self.company.read(ledger.everything) == []

    async def received(self) -> list[str]:
        """What the client got."""
        return [one.text for one in await self.bot.heard(ANNA)]

    async def client_gets(self, *texts: str) -> None:
        """Wait until the client got exactly these messages."""

        async def has() -> bool:
            return await self.received() == list(texts)

        await eventually(has)

    async def employee_writes(self, text: str) -> PortalMessage:
        """Let an employee answer in the only chat."""
        (chat,) = self.portal.chats
        return await self.portal.staff.writes(CONNECTOR, LINE, chat.outside, text)

    async def installs(self) -> None:
        """Let an administrator install the application, and the link begin to work."""
        url = f"{self.address}/hooks/{self.row().hook_key}/install"

        async def accepted() -> bool:
            return (await self.portal.install(url)).status == 200

        await eventually(accepted)
        await eventually(lambda: self.row().state == LinkState.OK)

    async def links_again(self) -> None:
        """Let a person renew the link."""
        await linking.link(self.company, self.asker(), kind="bitrix24", previous=self.row())
        await self.installs()

    def asker(self) -> ScriptedAsker:
        """The answers for linking the portal."""
        return _asker(self.portal)


def _asker(portal: Portal) -> ScriptedAsker:
    return ScriptedAsker(
        {
            "portal": portal.address,
            "client_id": portal.client_id,
            "client_secret": portal.client_secret,
            "auth_server": portal.auth_address,
        }
    )


@asynccontextmanager
async def portal_desk(home: Path, empty_store: Path) -> AsyncIterator[PortalDesk]:
    """A desk on which one conversation goes on already; no daemon runs."""
    port = free_port()
    home.joinpath("main").mkdir(parents=True)
    shutil.copy(empty_store, home / "main" / "chatapp.db")
    daemons = Serving(home, port=port)
    company = daemons.company()
    try:
        async with TelegramBotSandbox() as bot, Portal(rate=50.0, clock=daemons.clock) as portal:
            yield await _begun(daemons, company, bot, portal, f"http://127.0.0.1:{port}")
            await portal.settled()
            assert portal.problems == []
    finally:
        company.close()


async def _begun(
    daemons: Serving, company: Company, bot: TelegramBotSandbox, portal: Portal, address: str
) -> PortalDesk:
    async with serving(company):
        channel = await bound(company, bot)
        company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
        link = await linking.link(company, _asker(portal), kind="bitrix24")
        desk = PortalDesk(daemons, company, bot, portal, link, address)
        await desk.installs()
        await _paired(desk, channel)
        await bot.say(ANNA, "Здравствуйте")
        await eventually(lambda: desk.shown() == ["Здравствуйте"] and desk.told_all())
        await portal.settled()
    return desk


async def _paired(desk: PortalDesk, channel: ChannelId) -> None:
    row = desk.company.read(lambda tx: channels.one(tx, channel))
    await attached(desk.company, desk.row(), row, str(LINE), {})
    await eventually(lambda: (CONNECTOR, LINE) in desk.portal.active)

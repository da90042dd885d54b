"""A desk whose SMS gateway is a provider of SMS in a portal, with the daemon here or in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.sms import SmsSandbox
from chatapp_cli.services import channels, ledger, pairings
from chatapp_cli.store.rows.crm import LinkRow
from tests.runtime.desk import attached, bound, call_here, eventually
from tests.runtime.portal_link import link_portal, row_of

LINE = 107
CONNECTOR = "chatapp_sms"


@dataclass(slots=True)
class SmsDesk:
    """What a test sees of it."""

    company: Company
    gateway: SmsSandbox
    portal: Portal
    channel: ChannelId
    link: LinkId
    address: str

    @property
    def code(self) -> str:
        """The provider's code in the portal."""
        (code,) = self.portal.senders
        return code

    def row(self) -> LinkRow:
        """The link as it stands."""
        return row_of(self.company, self.link)

    def received(self) -> list[tuple[str, str]]:
        """Phones and texts of what the gateway took."""
        return [(one.phone, one.text) for one in self.gateway.sent]

    def shown(self) -> list[str]:
        """What stands in the portal's chats."""
        return [message.text for chat in self.portal.chats for message in chat.messages]

    def told_all(self) -> bool:
        """Whether the portal was told everything, and nothing is left for a person."""
        return self.company.read(ledger.everything) == []

    async def texts(self, phone: str, text: str) -> str:
        """Let an employee send an SMS from a card; returns its id."""
        number, answered = await self.portal.sends_sms(self.code, phone, text)
        assert answered.status == 200
        return number

    async def becomes(self, number: str, *statuses: str) -> None:
        """Wait until the portal was told exactly this of a message, and all else that it is owed.

        That it waits here is told only if it still does when the portal is told something.
        """

        def has() -> bool:
            told = [one for one in self.portal.sms_statuses[number] if one != "queued"]
            return told == list(statuses) and self.told_all()

        try:
            await eventually(has)
        except TimeoutError:
            raise AssertionError((self.portal.sms_statuses, self.company.read(ledger.everything))) from None

    def chooses(self, changes: Mapping[str, str]) -> None:
        """Let somebody change options of the pairing."""
        (row,) = self.company.read(lambda tx: pairings.of_link(tx, self.link))
        self.company.write(lambda tx: pairings.configure(tx, manifest("bitrix24"), row, changes))


async def begun(company: Company, gateway: SmsSandbox, portal: Portal, address: str) -> SmsDesk:
    """Bind the gateway and link the portal, while a daemon runs at this address."""
    channel = await bound(company, gateway)
    call_here(company, gateway, channel, address)
    link = await link_portal(company, portal, address)
    desk = SmsDesk(company, gateway, portal, channel, link, address)
    row = company.read(lambda tx: channels.one(tx, channel))
    await attached(company, desk.row(), row, str(LINE), {"sms": "on"})
    await eventually(lambda: bool(portal.senders) and (CONNECTOR, LINE) in portal.active)
    return desk

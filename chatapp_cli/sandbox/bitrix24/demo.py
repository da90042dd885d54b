"""The portal as the demo meets it: a local application is installed, and an employee answers clients who wait."""

from __future__ import annotations

from collections.abc import Mapping

from chatapp_cli.sandbox.bitrix24.objects import PortalCard, PortalChat
from chatapp_cli.sandbox.bitrix24.portal import Portal
from chatapp_cli.sandbox.stage import Customer

OK = 200
_ROBOT, _STAGE = "chatapp_send_message", "PREPARATION"


class DemoPortal(Portal):
    """A portal with one employee, who knows clients by their names."""

    kind = "bitrix24"
    place = "Продажи"

    @property
    def answers(self) -> Mapping[str, str]:
        """The answers for linking this portal by its local application."""
        return {
            "portal": self.address, "client_id": self.client_id,
            "client_secret": self.client_secret, "auth_server": self.auth_address,
        }  # fmt: skip

    async def lets_in(self, url: str) -> bool:
        """An administrator installs the application; false if the desk did not answer with 200."""
        return (await self.install(f"{url}/install")).status == OK

    async def replies(self, who: Customer, text: str) -> bool:
        """The employee answers in the chat whose last message is this client's; false if there is none."""
        chat = next((one for one in chats_of(self, who) if one.messages and one.messages[-1].by_client), None)
        if chat is not None:
            await self.staff.writes(chat.connector, chat.line, chat.outside, text)
        return chat is not None

    async def shows(self, who: Customer, text: str) -> bool:
        """Whether a chat of this client has this message."""
        return any(text in one.text for chat in chats_of(self, who) for one in chat.messages if one.by_client)

    async def deal_of(self, who: Customer) -> str:
        """The title of the deal that the tracker made for this client; empty as long as there is none."""
        return next((deal.title for deal in deals_of(self, who)), "")

    @property
    def robot(self) -> DemoRobot:
        """A robot that writes to the client of a deal."""
        return DemoRobot(self)


class DemoRobot:
    """The robot that an administrator puts on a stage of deals."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    async def writes(self, who: Customer, text: str) -> None:
        """It stands on a stage, and the client's deal moves there."""
        deal = deals_of(self._portal, who)[0]
        said = {"messenger": "{=Document:IM}", "message": text}
        self._portal.automation.place(_ROBOT, _STAGE, said)
        await self._portal.staff.changes(deal, stageId=_STAGE)

    async def was_answered(self, text: str) -> bool:
        """Whether the process has its result."""
        ours = (run for run in self._portal.automation.runs if run.placed.properties.get("message") == text)
        return any(run.returned.get("status") == "Y" for run in ours)


def chats_of(portal: Portal, who: Customer) -> list[PortalChat]:
    """The chats of a client."""
    return [chat for chat in portal.chats if chat.name == who.name]


def deals_of(portal: Portal, who: Customer) -> list[PortalCard]:
    """The deals of a client."""
    codes = {chat.code for chat in chats_of(portal, who)}
    return [card for card in portal.cards if card.kind == "deal" and codes & set(card.codes)]


def create() -> DemoPortal:
    """The portal for ``sandbox.directory``."""
    return DemoPortal()

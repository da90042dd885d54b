"""The portal as the demo meets it: a local application is installed, and an employee answers clients who wait."""

from __future__ import annotations

from collections.abc import Mapping

from chatapp_cli.sandbox.bitrix24.objects import PortalChat
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
            "portal": self.address,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "auth_server": self.auth_address,
        }

    async def lets_in(self, url: str) -> bool:
        """An administrator installs the application; false if the desk did not answer with 200."""
        return (await self.install(f"{url}/install")).status == OK

    async def replies(self, who: Customer, text: str) -> bool:
        """The employee answers in the chat whose last message is this client's; false if there is none."""
        waiting = [chat for chat in self._chats_of(who) if chat.messages and chat.messages[-1].by_client]
        for chat in waiting[:1]:
            await self.staff.writes(chat.connector, chat.line, chat.outside, text)
        return bool(waiting)

    async def shows(self, who: Customer, text: str) -> bool:
        """Whether a chat of this client has this message."""
        return any(text in one.text for chat in self._chats_of(who) for one in chat.messages if one.by_client)

    async def deal_of(self, who: Customer) -> str:
        """The title of the deal that the tracker made for this client; empty as long as there is none."""
        codes = {chat.code for chat in self._chats_of(who)}
        return next((card.title for card in self.cards if card.kind == "deal" and codes & set(card.codes)), "")

    async def robot_writes(self, who: Customer, text: str) -> None:
        """An administrator puts a robot on a stage, and the client's deal moves there."""
        codes = {chat.code for chat in self._chats_of(who)}
        deal = next(card for card in self.cards if card.kind == "deal" and codes & set(card.codes))
        said = {"messenger": "{=Document:IM}", "message": text}
        self.automation.place(_ROBOT, _STAGE, said)
        await self.staff.changes(deal, stageId=_STAGE)

    async def robot_was_answered(self, text: str) -> bool:
        """Whether the process of that robot has its result."""
        ours = (run for run in self.automation.runs if run.placed.properties.get("message") == text)
        return any(run.returned.get("status") == "Y" for run in ours)

    def _chats_of(self, who: Customer) -> list[PortalChat]:
        return [chat for chat in self.chats if chat.name == who.name]


def create() -> DemoPortal:
    """The portal for ``sandbox.directory``."""
    return DemoPortal()

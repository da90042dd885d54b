"""The account as the demo meets it: a private integration with a chat channel, and a manager who answers clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from chatapp_cli.sandbox.amocrm.account import Account
from chatapp_cli.sandbox.amocrm.objects import AmoChat
from chatapp_cli.sandbox.stage import Customer

DAYS: Final = 365.0
"""How long the token of the integration is good."""


class DemoAccount(Account):
    """An account with one manager at work, who knows clients by their names."""

    kind = "amocrm"
    place = "Продажи"

    @property
    def answers(self) -> Mapping[str, str]:
        """The answers for linking this account by a long-lived token, with what the support gave for its chats."""
        return {
            "way": "token",
            "account": self.address,
            "chats": self.chats_address,
            "token": self.long_lived(DAYS),
            "channel_id": self.channel_id,
            "channel_secret": self.channel_secret,
            "bot_id": self.channel.bot,
        }

    async def lets_in(self, url: str) -> bool:
        """The support enters the webhook at the chat channel."""
        self.hook_url = f"{url}/chat/:scope_id"
        return True

    async def replies(self, who: Customer, text: str) -> bool:
        """The manager answers in the chat whose last message is this client's; false if there is none."""
        waiting = [chat for chat in self._chats_of(who) if chat.messages and chat.messages[-1].by_client]
        for chat in waiting[:1]:
            await self.manager_writes(chat, text)
        return bool(waiting)

    async def shows(self, who: Customer, text: str) -> bool:
        """Whether a chat of this client has this message."""
        return any(text in one.text for chat in self._chats_of(who) for one in chat.messages if one.by_client)

    async def deal_of(self, who: Customer) -> str:
        """The name of the lead that a chat of this client belongs to; empty as long as there is none."""
        leads = [self.leads[chat.lead] for chat in self._chats_of(who) if chat.lead is not None]
        return leads[0].name if leads else ""

    def _chats_of(self, who: Customer) -> Sequence[AmoChat]:
        return [chat for chat in self.chats if chat.person.name == who.name]


def create() -> DemoAccount:
    """The account for ``sandbox.directory``."""
    return DemoAccount()

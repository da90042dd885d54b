"""Requests of one account: an answer, or one of our errors; whoever is named in an answer is remembered."""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import Any, Final

from telethon import TelegramClient

from chatapp_cli.connectors.telegram.errors import network
from chatapp_cli.connectors.telegram.peers import Peers
from chatapp_cli.domain.errors import Pause

PATIENCE: Final = 60.0
"""Seconds for an answer."""


class Wire:
    """Asks Telegram."""

    def __init__(self, client: TelegramClient, peers: Peers) -> None:
        self.client = client
        self.peers = peers

    async def ask(self, request: Any, *, scope: Pause = "account", once: bool = False) -> Any:
        """Make a request. ``scope`` is what a flood holds up, ``once`` if doing it twice would be seen."""
        with network(scope=scope, once=once):
            async with asyncio.timeout(PATIENCE):
                answer = await self.client(request)
        await self.peers.learn(told(answer))
        return answer


def told(answer: Any) -> list[Any]:
    """The people and chats that an answer describes."""
    inner = getattr(answer, "updates", None)
    described = inner if hasattr(inner, "users") else answer
    return [*chain(getattr(described, "users", None) or (), getattr(described, "chats", None) or ())]

"""Requests of one account: return the answer or raise one of our errors; peers in answers are stored."""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import Any, Final

from telethon import TelegramClient
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.errors import NotUnderstood, network
from chatapp_cli.connectors.telegram.peers import Peers
from chatapp_cli.domain.errors import OutcomeUnknown, Pause, SendingBlocked

PATIENCE: Final = 60.0
"""Seconds for an answer."""


class Wire:
    """Asks Telegram."""

    def __init__(self, client: TelegramClient, peers: Peers) -> None:
        self.client = client
        self.peers = peers
        self.frozen = False
        """Telegram refused something because the account is frozen."""

    async def ask(self, request: Any, *, scope: Pause = "account", once: bool = False) -> Any:
        """Send a request. ``scope`` is what a flood wait delays, ``once`` if it is not repeatable.

        Raises NotUnderstood if the answer cannot be decoded; the request was carried out all the same.
        """
        _keep_what_cannot_be_read(request)
        try:
            with network(scope=scope, once=once):
                async with asyncio.timeout(PATIENCE):
                    answer = await self.client(request)
        except SendingBlocked:
            self.frozen = True
            raise
        except NotUnderstood as unread:
            if once:
                raise OutcomeUnknown(unread.code, unread.detail) from None
            raise
        await self.peers.learn(told(answer))
        return answer


def _keep_what_cannot_be_read(request: Any) -> None:
    """Keep the bytes of unreadable answers: Telethon reports neither the content nor the end of one."""
    read = request.read_result

    def reading(reader: Any) -> Any:
        start = reader.tell_position()
        try:
            return read(reader)
        except Exception as error:  # noqa: BLE001 - a newer layer stumbles in every way: types, vectors, ends
            reader.set_position(start)
            raise NotUnderstood(bytes(reader.read()), type(error).__name__) from None

    request.read_result = reading


def told(answer: Any) -> list[Any]:
    """The people and chats that an answer describes."""
    if isinstance(answer, list):
        return [one for one in answer if isinstance(one, tl.User)]
    inner = getattr(answer, "updates", None)
    described = inner if hasattr(inner, "users") else answer
    return [*chain(getattr(described, "users", None) or (), getattr(described, "chats", None) or ())]

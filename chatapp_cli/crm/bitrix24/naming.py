"""Names chats as their contacts are called in the CRM (S-161).

The portal's tracker makes the contact some seconds after the first message, and people rename contacts later, so a
chat is looked at when something is said in it, a little later, and not again for a while.
Source: b24-rest-docs ``imconnector.chat.name.set``: ``USER_ID`` is needed for a connector without groups.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from chatapp_cli.crm.bitrix24 import convert
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand
from chatapp_cli.crm.bitrix24.cards import contact_names
from chatapp_cli.domain.crm import showing
from chatapp_cli.domain.crm.entry import LedgerEntry
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.ports.world import Clock

log = structlog.get_logger()

SOON: Final = 5.0
"""Seconds: the tracker takes up to three."""
AGAIN: Final = 600.0
"""Seconds for which a chat's name is not looked at again."""


class ChatNaming:
    """Works beside the deliveries of one session."""

    def __init__(self, api: PortalApi, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._waiting: dict[str, LedgerEntry] = {}
        """By the portal's number of the chat."""
        self._looked: dict[str, tuple[float, str]] = {}
        """When a chat was looked at, and the name that it was given."""
        self._work: asyncio.Task[None] | None = None

    def note(self, entry: LedgerEntry, chat: str) -> None:
        """Something was said in a chat."""
        if entry.pairing.options.get("name_sync") != showing.ON or entry.chat.kind == "group" or not chat:
            return
        before = self._looked.get(chat)
        if before is None or self._clock.monotonic() - before[0] >= AGAIN:
            self._waiting[chat] = entry
            if self._work is None or self._work.done():
                self._work = asyncio.create_task(self._later())

    async def aclose(self) -> None:
        """Stop."""
        if self._work:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _later(self) -> None:
        while self._waiting:
            await self._clock.sleep(SOON)
            some, self._waiting = self._waiting, {}
            try:
                await self._name(some)
            except ChannelError as error:
                log.info("crm.names_not_read", code=error.code)

    async def _name(self, some: Mapping[str, LedgerEntry]) -> None:
        now = self._clock.monotonic()
        called = await contact_names(self._api, {chat: chat for chat in some})
        commands = {
            chat: _renaming(some[chat], name)
            for chat, name in called.items()
            if name != self._looked.get(chat, (0.0, some[chat].chat.name))[1]
        }
        answers = await self._api.batch(commands, urgency=Urgency.BACKGROUND)
        for chat, entry in some.items():
            done = not isinstance(answers.get(chat), ChannelError)
            self._looked[chat] = (now, called.get(chat, entry.chat.name) if done else entry.chat.name)


def _renaming(entry: LedgerEntry, name: str) -> BatchCommand:
    return BatchCommand(
        "imconnector.chat.name.set",
        {
            "CONNECTOR": convert.connector(entry),
            "LINE": int(entry.pairing.place),
            "CHAT_ID": entry.chat.id,
            "NAME": name,
            "USER_ID": entry.person.id,
        },
    )

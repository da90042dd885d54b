"""Telegram through a bot, wired together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from aiogram.methods import (
    DeleteMessage,
    DeleteWebhook,
    EditMessageCaption,
    EditMessageText,
    GetMe,
    SetMessageReaction,
    TelegramMethod,
)
from aiogram.types import Message, ReactionTypeEmoji

from chatapp_cli.connectors.telegram_bot import bind, check, receive
from chatapp_cli.connectors.telegram_bot.api import BotApi, patience_for
from chatapp_cli.connectors.telegram_bot.convert import Ears, arrival
from chatapp_cli.connectors.telegram_bot.errors import Moved
from chatapp_cli.connectors.telegram_bot.keyboard import keyboard
from chatapp_cli.connectors.telegram_bot.outgoing import Send, plan
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.kit.parts import send_part
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Connector, Finding, HookReply, HookRequest, Session, StoredArrival
from chatapp_cli.ports.world import Clock, World

VARIATION = "\N{VARIATION SELECTOR-16}"
"""Keyboards put it after a heart; Telegram's list of reactions is without."""


class BotSession:
    """The operations of a bot, independent of how updates arrive."""

    def __init__(self, *, api: BotApi, bound: Bound, clock: Clock) -> None:
        self._api = api
        self._bound = bound
        self._clock = clock
        self._ears = _ears(bound)

    async def send(self, message: Outbound) -> Receipt:
        """Send text and files, as several Telegram messages if needed."""
        sent: list[Message] = []
        for method, size in plan(message):
            sent += await send_part(partial(self._deliver, method, size), _ids(sent), self._clock)
        ids = _ids(sent)
        texts = ids[-1:] if message.buttons else ids[:1] if message.text else ()
        return Receipt(ids=ids, at=int(sent[0].date.timestamp() * 1000), texts=texts)

    async def prove(self) -> None:
        """Ask Telegram who we are."""
        await self._api.call(GetMe())

    async def _deliver(self, method: Send, size: int) -> list[Message]:
        patience = patience_for(size)
        try:
            answer = await self._api.call(method, patience=patience, once=True)
        except Moved as moved:
            again = method.model_copy(update={"chat_id": moved.chat_id})
            answer = await self._api.call(again, patience=patience, once=True)
        return answer if isinstance(answer, list) else [answer]

    async def fetch(self, remote: str, target: Path) -> None:
        """Write a file's content to ``target``."""
        await self._api.download(remote, target)

    async def edit(self, address: str, ext_id: str, text: str) -> None:
        """Replace a text, or the caption of a file."""
        chat, message = address, _number(ext_id)
        try:
            await self._unless("not_modified", EditMessageText(chat_id=chat, message_id=message, text=text))
        except Rejected as refusal:
            if refusal.code != "no_text":
                raise
            await self._unless("not_modified", EditMessageCaption(chat_id=chat, message_id=message, caption=text))

    async def edit_above(self, address: str, ext_id: str, text: str, buttons: Sequence[str]) -> None:
        """Replace a text; Telegram drops the buttons that are not sent again."""
        number, below = _number(ext_id), keyboard(buttons)
        method = EditMessageText(chat_id=address, message_id=number, text=text, reply_markup=below)
        await self._unless("not_modified", method)

    async def delete(self, address: str, ext_id: str) -> None:
        """Delete a message; succeeds if it is already gone. A refusal is explained."""
        try:
            await self._unless("message_gone", DeleteMessage(chat_id=address, message_id=_number(ext_id)))
        except Rejected as refusal:
            if refusal.code != "cannot_delete":
                raise
            reason = await check.why_not_deleted(self._api, address, int(self._bound.account))
            raise Rejected(reason, refusal.detail) from refusal

    async def react(self, address: str, ext_id: str, emoji: str) -> None:
        """Set our reaction; an empty one removes it."""
        plain = emoji.replace(VARIATION, "")
        reaction = [ReactionTypeEmoji(emoji=plain)] if plain else []
        await self._api.call(SetMessageReaction(chat_id=address, message_id=_number(ext_id), reaction=list(reaction)))

    async def _unless(self, code: str, method: TelegramMethod[Any]) -> None:
        """Call a method and treat this one refusal as success."""
        try:
            await self._api.call(method)
        except Rejected as refusal:
            if refusal.code != code:
                raise


class PollingSession(BotSession):
    """Receives by long polling."""

    def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield updates."""
        return receive.poll(self._api, self._clock, cursor, self._ears)


class HookedSession(BotSession):
    """Receives by webhook."""

    def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:  # noqa: ARG002 - Telegram keeps count
        """Yield heartbeats only."""
        return receive.watch(self._api, self._clock)

    def accept(self, request: HookRequest) -> HookReply:
        """Check the secret and convert the update."""
        return receive.accept(request, self._bound.secrets["hook_secret"], self._ears, self._clock.now())


def _ears(bound: Bound) -> Ears:
    return Ears(bot=bound.account, max_download=bind.max_download(bound))


def _number(ext_id: str) -> int:
    """Telegram's number of a message. Raises Rejected for one that exists only here, such as a pressed button."""
    if not ext_id.isdecimal():
        raise Rejected("no_message", ext_id)
    return int(ext_id)


def _ids(sent: Sequence[Message]) -> tuple[str, ...]:
    return tuple(str(message.message_id) for message in sent)


class TelegramBot:
    """The channel."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for the token and prove it."""
        return await bind.bind(ask, self._world.chance, previous)

    def understand(self, bound: Bound, stored: StoredArrival) -> Arrival:
        """Read an update once more."""
        return arrival(stored.raw, _ears(bound), stored.at)

    async def accept(self, bound: Bound, request: HookRequest) -> HookReply:
        """Accept an update without a session; a polling bot gets no webhooks."""
        if bound.settings["intake"] != "webhook":
            return HookReply(status=404)
        return receive.accept(request, bound.secrets["hook_secret"], _ears(bound), self._world.clock.now())

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Ask Telegram about the bot and its webhook."""
        async with BotApi.of(bound) as api:
            return await check.findings(api, bound)

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[Session]:  # noqa: ARG002 - stateless
        """Start the configured way of receiving; Telegram supports only one at a time."""
        async with BotApi.of(bound) as api:
            if bound.settings["intake"] == "webhook":
                await receive.set_hook(api, bound)
                yield HookedSession(api=api, bound=bound, clock=self._world.clock)
            else:
                await api.call(DeleteWebhook(drop_pending_updates=False))
                yield PollingSession(api=api, bound=bound, clock=self._world.clock)


def create(world: World) -> Connector:
    """Make the channel."""
    return TelegramBot(world)

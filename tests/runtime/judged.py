"""A channel whose session answers with verdicts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.sandbox.telegram_bot.server import TelegramBotSandbox
from chatapp_cli.services import channels, files, sending, transcript
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.messages import MessageRow
from tests.contract.connector_contract import ANNA
from tests.runtime.desk import bound, eventually, serving, the_dialogs


@dataclass
class Scene:
    """A running daemon with one Telegram bot and Anna's dialog."""

    company: Company
    telegram: TelegramBotSandbox
    channel: ChannelId
    dialog: DialogId

    def channel_row(self) -> ChannelRow:
        return self.company.read(lambda tx: channels.one(tx, self.channel))

    def say(self, text: str, *, path: Path | None = None, at: int | None = None) -> MessageId:
        staged = (files.stage(self.company.media, path),) if path else ()
        can = self.company.capabilities(self.channel_row())
        order = sending.SendOptions(key=self.company.world.chance.key(), at=at)
        draft = Draft(text=text, files=staged)
        return self.company.write(lambda tx: sending.enqueue(tx, can, self.dialog, draft, order))

    def message(self, number: MessageId) -> MessageRow:
        return self.company.read(lambda tx: transcript.message(tx, number))

    async def until(self, number: MessageId, *states: str) -> MessageRow:
        await eventually(lambda: self.message(number).state in states)
        return self.message(number)

    async def heard(self) -> list[str]:
        return [heard.text for heard in await self.telegram.heard(ANNA)]


@asynccontextmanager
async def played(company: Company) -> AsyncIterator[Scene]:
    async with TelegramBotSandbox() as telegram:
        channel = await bound(company, telegram)
        async with serving(company):
            await telegram.say(ANNA, "Ау")
            (dialog,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
            yield Scene(company, telegram, channel, dialog.id)

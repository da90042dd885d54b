"""Buttons below a message, and the answers that Telegram wants for pressed ones.

https://core.telegram.org/bots/api#inlinekeyboardbutton and #answercallbackquery: until a press is answered, the client
sees a progress bar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from aiogram.methods import AnswerCallbackQuery
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup
from msgspec import json

from chatapp_cli.connectors.telegram_bot.api import BotApi
from chatapp_cli.connectors.telegram_bot.convert import PRESSED
from chatapp_cli.domain.arrival import Arrival, MessageArrived
from chatapp_cli.domain.errors import ChannelError

_DATA: Final = 64
"""Bytes of a button's data."""


def keyboard(buttons: Sequence[str]) -> InlineKeyboardMarkup | None:
    """One button in a row; ``None`` without any."""
    if not buttons:
        return None
    said = list(buttons)
    if any(len(one.encode()) > _DATA for one in buttons):
        said = [str(n) for n in range(1, len(buttons) + 1)]
    rows = [[InlineKeyboardButton(text=text, callback_data=data)] for text, data in zip(buttons, said, strict=True)]
    return InlineKeyboardMarkup(inline_keyboard=rows)


async def answer(api: BotApi, arrivals: Sequence[Arrival]) -> None:
    """Answer presses; one that waited too long is no error, since the client's progress bar has ended by then."""
    for press in presses(arrivals):
        with suppress(ChannelError):
            await api.call(AnswerCallbackQuery(callback_query_id=press))


def presses(arrivals: Sequence[Arrival]) -> Iterator[str]:
    """The ids of presses."""
    for event in (event for arrival in arrivals for event in arrival.events):
        if isinstance(event, MessageArrived) and event.ext_id.startswith(PRESSED):
            yield event.ext_id.removeprefix(PRESSED)


def answer_in_reply(press: str) -> bytes:
    """The body of a webhook's response that answers a press: https://core.telegram.org/bots/api#making-requests."""
    return json.encode({"method": "answerCallbackQuery", "callback_query_id": press})

"""What the published description says against the exchanges of a sandbox."""

from __future__ import annotations

from functools import cache

from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.sandbox.telegram_bot.server import Exchange
from tests.contract.bot_api_schema import PUBLISHED, BotApiSchema


@cache
def schema() -> BotApiSchema | None:
    return BotApiSchema() if PUBLISHED.is_file() else None


def problems(sandbox: TelegramBotSandbox) -> list[str]:
    judge = schema()
    if judge is None:
        return []
    sane = (update for update in sandbox.delivery.carried if "poison" not in str(update))
    carried = [words for update in sane for words in judge.update(update)]
    return carried + [words for exchange in sandbox.exchanges for words in _judged(judge, exchange)]


def _judged(judge: BotApiSchema, exchange: Exchange) -> list[str]:
    wrong = judge.call(exchange.method, exchange.params, exchange.uploads)
    sane = exchange.answer["ok"] and "poison" not in str(exchange.answer)
    return wrong + (judge.answer(exchange.method, exchange.answer["result"]) if sane else [])

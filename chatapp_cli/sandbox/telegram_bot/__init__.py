"""Telegram's Bot API in miniature, with clients, groups and channels behind it."""

from chatapp_cli.sandbox.telegram_bot.server import TelegramBotSandbox

__all__ = ["TelegramBotSandbox", "create"]


def create() -> TelegramBotSandbox:
    """A fresh one."""
    return TelegramBotSandbox()

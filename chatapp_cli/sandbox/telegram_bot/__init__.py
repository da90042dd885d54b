"""A Bot API server for tests, with clients, groups and channels."""

from chatapp_cli.sandbox.telegram_bot.server import TelegramBotSandbox

__all__ = ["TelegramBotSandbox", "create"]


def create() -> TelegramBotSandbox:
    """Create the sandbox."""
    return TelegramBotSandbox()

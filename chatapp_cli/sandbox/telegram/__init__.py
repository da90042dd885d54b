"""A Telegram server for tests: speaks MTProto to a real client library, with people and chats."""

from chatapp_cli.sandbox.telegram.server import TelegramSandbox

__all__ = ["TelegramSandbox", "create"]


def create() -> TelegramSandbox:
    """Create the sandbox."""
    return TelegramSandbox()

"""Telegram in miniature: a server of MTProto that a real client library logs in to, with people and chats behind it."""

from chatapp_cli.sandbox.telegram.server import TelegramSandbox

__all__ = ["TelegramSandbox", "create"]


def create() -> TelegramSandbox:
    """A fresh one."""
    return TelegramSandbox()

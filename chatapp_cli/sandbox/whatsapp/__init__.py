"""WhatsApp's Cloud API in miniature, with clients and groups behind it."""

from chatapp_cli.sandbox.whatsapp.server import WhatsAppSandbox

__all__ = ["WhatsAppSandbox", "create"]


def create() -> WhatsAppSandbox:
    """A fresh one."""
    return WhatsAppSandbox()

"""A WhatsApp Cloud API server for tests, with clients and groups."""

from chatapp_cli.sandbox.whatsapp.server import WhatsAppSandbox

__all__ = ["WhatsAppSandbox", "create"]


def create() -> WhatsAppSandbox:
    """Create the sandbox."""
    return WhatsAppSandbox()

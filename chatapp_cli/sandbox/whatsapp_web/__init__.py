"""WhatsApp for tests: phones and groups behind a child process that speaks the desk's protocol."""

from chatapp_cli.sandbox.whatsapp_web.server import WhatsAppWebSandbox

__all__ = ["WhatsAppWebSandbox", "create"]


def create() -> WhatsAppWebSandbox:
    """Create the sandbox."""
    return WhatsAppWebSandbox()

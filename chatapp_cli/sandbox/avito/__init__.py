"""An Avito messenger server for tests, with clients who ask about advertisements."""

from chatapp_cli.sandbox.avito.server import AvitoSandbox

__all__ = ["AvitoSandbox", "create"]


def create() -> AvitoSandbox:
    """Create the sandbox."""
    return AvitoSandbox()

"""Avito's messenger in miniature, with clients who ask about advertisements."""

from chatapp_cli.sandbox.avito.server import AvitoSandbox

__all__ = ["AvitoSandbox", "create"]


def create() -> AvitoSandbox:
    """A fresh one."""
    return AvitoSandbox()

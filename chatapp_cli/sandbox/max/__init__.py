"""MAX's bot API in miniature, with clients, groups and channels behind it."""

from chatapp_cli.sandbox.max.server import MaxSandbox

__all__ = ["MaxSandbox", "create"]


def create() -> MaxSandbox:
    """A fresh one."""
    return MaxSandbox()

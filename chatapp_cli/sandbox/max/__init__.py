"""A MAX bot API server for tests, with clients, groups and channels."""

from chatapp_cli.sandbox.max.server import MaxSandbox

__all__ = ["MaxSandbox", "create"]


def create() -> MaxSandbox:
    """Create the sandbox."""
    return MaxSandbox()

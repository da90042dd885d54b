"""A VK server for tests: one community, people who write to it, and comments on its wall."""

from chatapp_cli.sandbox.vk.server import VkSandbox

__all__ = ["VkSandbox", "create"]


def create() -> VkSandbox:
    """Create the sandbox."""
    return VkSandbox()

"""VK in miniature: one community, those who write to it, and comments on its wall."""

from chatapp_cli.sandbox.vk.server import VkSandbox

__all__ = ["VkSandbox", "create"]


def create() -> VkSandbox:
    """A fresh one."""
    return VkSandbox()

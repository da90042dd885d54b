"""Messages and comments of a VK community: its folder is the whole channel."""

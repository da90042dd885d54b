"""Messages and comments of a VK community; everything about the channel is in this folder."""

"""MAX through a bot: its folder is the whole channel."""

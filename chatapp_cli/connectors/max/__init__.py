"""MAX through a bot; everything about the channel is in this folder."""

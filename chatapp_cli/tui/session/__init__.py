"""The person at this window: their store and settings, the news, and what the terminal is told."""

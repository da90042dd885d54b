"""A personal Telegram account; importing this package imports nothing of Telethon."""

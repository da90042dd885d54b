"""Avito's messenger: its folder is the whole channel."""

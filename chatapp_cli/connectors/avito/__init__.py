"""Avito's messenger; everything about the channel is in this folder."""

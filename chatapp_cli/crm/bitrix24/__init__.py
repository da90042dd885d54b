"""Bitrix24: open-line connectors of a local server application."""

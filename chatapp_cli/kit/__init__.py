"""Shared by connectors: HTTP, webhook signatures, texts, phone numbers."""

"""What connectors share: HTTP, webhook signatures, texts, phone numbers."""

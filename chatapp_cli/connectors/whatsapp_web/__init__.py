"""WhatsApp as a linked device of a phone."""

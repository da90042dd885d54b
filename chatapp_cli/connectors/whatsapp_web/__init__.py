"""WhatsApp as one more linked device of a phone."""
